use std::io::Error;

use redress::retry;

#[retry]
fn call() -> Option<u32> {
    None
}

fn main() {}

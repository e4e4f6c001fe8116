use std::io::Error;

use redress::retry;

#[retry]
fn call() -> Result<(), Error> {
    break;
}

fn main() {}

use std::io::Error;

use redress::retry;

#[derive(Debug)]
struct Odd;

#[retry(abort_if = || false)]
fn call() -> Result<(), Odd> {
    Err(Odd)
}

fn main() {}

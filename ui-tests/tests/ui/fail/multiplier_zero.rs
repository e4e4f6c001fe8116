use std::io::Error;

use redress::retry;

#[retry(strategy = adaptive(fixed(1s), min_multiplier = 0))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

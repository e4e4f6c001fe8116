use std::io::Error;

use redress::retry;

#[retry(strategy = adaptive(fixed(1s), min_multiplier = 3, max_multiplier = 2.5))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

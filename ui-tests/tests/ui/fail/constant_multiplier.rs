use std::io::Error;

use redress::retry;

const MULTIPLIER: f64 = 0.0;

#[retry(strategy = adaptive(fixed(1s), min_multiplier = MULTIPLIER))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

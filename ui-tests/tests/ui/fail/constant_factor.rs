use std::io::Error;

use redress::retry;

const FACTOR: f64 = 0.9;

#[retry(strategy = full_jitter(5s, factor = FACTOR))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

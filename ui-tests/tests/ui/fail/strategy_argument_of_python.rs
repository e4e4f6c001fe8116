use std::io::Error;

use redress::retry;

#[retry(strategy = decorrelated_jitter(base_s = 0.25, max_s = 5))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

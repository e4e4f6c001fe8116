use std::io::Error;

use redress::retry;

const BASE: u64 = 5;

#[retry(strategy = equal_jitter(base = BASE, max = 1s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

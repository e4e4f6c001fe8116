use std::io::Error;

use redress::retry;

#[retry(strategy = equal_jitter(base = 5s, max = 1s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

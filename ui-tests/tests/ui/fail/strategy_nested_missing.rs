use std::io::Error;

use redress::retry;

#[retry(strategy = retry_after_or(jitter = 100ms))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

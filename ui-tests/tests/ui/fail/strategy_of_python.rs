use std::io::Error;

use redress::retry;

#[retry(strategy = exponential_backoff(100ms, 5s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

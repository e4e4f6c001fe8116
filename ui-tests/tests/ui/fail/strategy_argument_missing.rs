use std::io::Error;

use redress::retry;

#[retry(strategy = exponential(100ms))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

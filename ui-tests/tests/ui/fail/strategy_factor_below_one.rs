use std::io::Error;

use redress::retry;

#[retry(strategy = exponential(100ms, 5s, factor = 0.5))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

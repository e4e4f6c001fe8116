use std::io::Error;

use redress::retry;

#[retry(strategy = equal_jitter(5s, max = 6s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

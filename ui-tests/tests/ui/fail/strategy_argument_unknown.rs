use std::io::Error;

use redress::retry;

#[retry(strategy = equal_jitter(5s, colour = 3))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

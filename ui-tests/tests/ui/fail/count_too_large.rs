use std::io::Error;

use redress::retry;

#[retry(max_attempts = 5000000000)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

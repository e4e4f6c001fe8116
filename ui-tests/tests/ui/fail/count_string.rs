use std::io::Error;

use redress::retry;

#[retry(max_attempts = "3")]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

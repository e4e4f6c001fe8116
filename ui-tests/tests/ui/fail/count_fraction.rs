use std::io::Error;

use redress::retry;

#[retry(max_unknown_attempts = 1.5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

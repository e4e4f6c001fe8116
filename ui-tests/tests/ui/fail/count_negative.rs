use std::io::Error;

use redress::retry;

#[retry(max_attempts = -1)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

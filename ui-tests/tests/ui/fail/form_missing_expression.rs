use std::io::Error;

use redress::retry;

#[retry(max_attempts = , deadline = 3s)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

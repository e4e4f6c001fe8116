use std::io::Error;

use redress::retry;

#[retry(max_attempts = 3, deadline = 3s, max_attempts = 4)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

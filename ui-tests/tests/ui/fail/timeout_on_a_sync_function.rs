use std::io::Error;

use redress::retry;

#[retry(attempt_timeout = 5s)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

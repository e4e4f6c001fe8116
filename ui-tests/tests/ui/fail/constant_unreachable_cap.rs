use std::io::Error;

use redress::retry;

const RETRIES: u32 = 3;

#[retry(max_attempts = RETRIES, max_unknown_attempts = 4)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

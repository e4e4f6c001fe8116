use std::io::Error;

use redress::retry;

const RETRIES: u32 = 0;

#[retry(max_attempts = RETRIES)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

const TIMEOUT: f64 = 3.0;

#[retry(attempt_timeout = TIMEOUT, deadline = 2s)]
async fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(attempt_timeout = 2m)]
async fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

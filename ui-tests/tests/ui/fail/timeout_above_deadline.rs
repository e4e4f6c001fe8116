use std::io::Error;

use redress::retry;

#[retry(attempt_timeout = 5s, deadline = 5s)]
async fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

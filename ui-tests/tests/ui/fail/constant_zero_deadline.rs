use std::io::Error;

use redress::retry;

const LIMIT: std::time::Duration = std::time::Duration::ZERO;

#[retry(deadline = LIMIT)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

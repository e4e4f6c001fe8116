use std::io::Error;

use redress::retry;

const LIMIT: &str = "3s";

#[retry(deadline = LIMIT)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

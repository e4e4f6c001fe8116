use std::io::Error;

use redress::retry;

#[retry(policy = 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

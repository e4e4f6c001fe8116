use std::io::Error;

use redress::retry;

#[retry(deadline = -5s)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

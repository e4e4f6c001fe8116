use std::io::Error;

use redress::retry;

#[retry(deadline = 1d)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

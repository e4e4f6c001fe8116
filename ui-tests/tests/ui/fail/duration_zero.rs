use std::io::Error;

use redress::retry;

#[retry(deadline = 0)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

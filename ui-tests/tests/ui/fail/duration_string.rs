use std::io::Error;

use redress::retry;

#[retry(deadline = "30s")]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

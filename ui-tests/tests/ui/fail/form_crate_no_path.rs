use std::io::Error;

use redress::retry;

#[retry(crate = "redress")]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(knows())]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

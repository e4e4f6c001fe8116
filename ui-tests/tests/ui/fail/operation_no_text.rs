use std::io::Error;

use redress::retry;

#[retry(operation = 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

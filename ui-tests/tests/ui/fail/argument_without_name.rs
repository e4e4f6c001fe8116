use std::io::Error;

use redress::retry;

#[retry("three")]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

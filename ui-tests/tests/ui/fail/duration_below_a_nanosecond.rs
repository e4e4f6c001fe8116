use std::io::Error;

use redress::retry;

#[retry(deadline = 0.1ns)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

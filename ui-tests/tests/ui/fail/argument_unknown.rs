use std::io::Error;

use redress::retry;

#[retry(colour = 3)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

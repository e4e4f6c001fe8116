use std::io::Error;

use redress::retry;

#[retry(knows(std::fmt::Error))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

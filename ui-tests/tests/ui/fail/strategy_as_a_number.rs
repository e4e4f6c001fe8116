use std::io::Error;

use redress::retry;

#[retry(strategy = 5s)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

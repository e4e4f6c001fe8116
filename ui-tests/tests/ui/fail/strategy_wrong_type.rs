use std::io::Error;

use redress::retry;

#[retry(strategy = 5 + 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

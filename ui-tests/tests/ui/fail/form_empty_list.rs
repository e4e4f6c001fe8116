use std::io::Error;

use redress::retry;

#[retry(strategies())]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

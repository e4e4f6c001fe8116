use std::io::Error;

use redress::retry;

#[retry(strategies = fixed(1s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

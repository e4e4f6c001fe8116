use std::io::Error;

use redress::retry;

#[retry(strategy = fixed(1s, 2s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(strategy = fixed(0ms))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(max_attempts = N)]
fn call<const N: u32>() -> Result<(), Error> {
    Ok(())
}

fn main() {}

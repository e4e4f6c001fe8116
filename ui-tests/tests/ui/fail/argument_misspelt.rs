use std::io::Error;

use redress::retry;

#[retry(max_atempts = 3)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

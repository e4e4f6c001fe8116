use std::io::Error;

use redress::retry;

#[retry(max_attempts)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

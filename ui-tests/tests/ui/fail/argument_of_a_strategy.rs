use std::io::Error;

use redress::retry;

#[retry(max_s = 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

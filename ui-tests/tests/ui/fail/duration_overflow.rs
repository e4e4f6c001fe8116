use std::io::Error;

use redress::retry;

#[retry(deadline = 99999999999999999999h)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

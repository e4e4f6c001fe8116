use std::io::Error;

use redress::retry;

#[retry(deadline = 5sec)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

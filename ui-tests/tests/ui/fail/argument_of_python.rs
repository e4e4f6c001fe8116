use std::io::Error;

use redress::retry;

#[retry(deadline_s = 30)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

const LIMIT: f64 = -1.5;

#[retry(deadline = LIMIT)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

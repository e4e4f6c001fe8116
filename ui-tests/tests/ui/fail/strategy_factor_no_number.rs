use std::io::Error;

use redress::retry;

#[retry(strategy = full_jitter(5s, factor = "2"))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

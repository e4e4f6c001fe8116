use std::io::Error;

use redress::retry;

#[retry(strategy = bouncing(base = 5s))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

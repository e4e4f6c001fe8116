use std::io::Error;

use redress::retry;

#[retry(strategies(unknown = fixed(1s)), max_unknown_attempts = 1)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

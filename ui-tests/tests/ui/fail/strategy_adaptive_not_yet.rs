use std::io::Error;

use redress::retry;

#[retry(strategy = adaptive(fixed(1s), target_success = 0.9))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

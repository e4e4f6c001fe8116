use std::io::Error;

use redress::retry;

#[retry(max_attempts = 3, per_class_max_attempts(rate_limit = 4))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

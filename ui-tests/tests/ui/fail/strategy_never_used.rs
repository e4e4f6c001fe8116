use std::io::Error;

use redress::retry;

#[retry(strategies(rate_limit = fixed(1s)), per_class_max_attempts(rate_limit = 1))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(per_class_max_attempts(rate_limit = 10))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(per_class_max_attempts(RateLimit = 3))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(per_class_max_attempts(transient = none))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(per_class_max_attempts(auth = 2))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

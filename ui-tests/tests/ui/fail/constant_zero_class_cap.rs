use std::io::Error;

use redress::retry;

const CAP: u32 = 0;

#[retry(per_class_max_attempts(transient = CAP))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

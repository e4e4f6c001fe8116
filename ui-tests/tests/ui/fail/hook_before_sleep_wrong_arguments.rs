use std::io::Error;

use redress::retry;

#[retry(before_sleep = |_| ())]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

const COUNT: &str = "3";

#[retry(max_attempts = COUNT)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(classifier = 5)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(classifier = |_| true)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

#[retry(classifier = |_: &String| redress::ErrorClass::Transient)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

use std::io::Error;

use redress::retry;

fn by_text(_: &String) -> redress::ErrorClass {
    redress::ErrorClass::Transient
}

#[retry(classifier = by_text)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

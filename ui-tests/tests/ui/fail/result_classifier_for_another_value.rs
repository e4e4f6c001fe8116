use std::io::Error;

use redress::retry;

fn by_text(_: &String) -> Option<redress::ErrorClass> {
    None
}

#[retry(result_classifier = by_text)]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

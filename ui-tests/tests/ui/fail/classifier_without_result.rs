use std::io::Error;

use redress::retry;

struct Odd;
fn by_text(_: &String) -> redress::ErrorClass {
    redress::ErrorClass::Transient
}
fn big(_: &Odd) -> Option<redress::ErrorClass> {
    None
}

#[retry(classifier = by_text, result_classifier = big)]
fn call() -> Odd {
    Odd
}

fn main() {}

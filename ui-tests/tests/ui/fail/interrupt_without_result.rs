use std::io::Error;

use redress::retry;

#[retry(abort_if = || false, result_classifier = |n| (*n > 3).then_some(redress::ErrorClass::Transient))]
fn call() -> u32 {
    3
}

fn main() {}

use redress::{Classify, retry};

#[derive(Debug, Classify)]
#[classify(transient)]
struct ApiError;

impl std::fmt::Display for ApiError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for ApiError {}

fn class(_: &u32) -> Option<redress::ErrorClass> {
    None
}

#[retry(knows(ApiError), result_classifier = class)]
fn call() -> u32 {
    1
}

fn main() {}

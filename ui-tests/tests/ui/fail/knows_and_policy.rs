use std::io::Error;

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

#[retry(policy = POLICY, knows(ApiError, other::DbError))]
fn call() -> Result<(), Error> {
    Ok(())
}

fn main() {}

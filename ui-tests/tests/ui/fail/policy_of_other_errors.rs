use std::fmt;

use redress::{ErrorClass, Interrupt, Policy, retry, retry_block};

struct ApiError;

impl From<Interrupt> for ApiError {
    fn from(_: Interrupt) -> Self {
        Self
    }
}

fn class_of(_: &fmt::Error) -> ErrorClass {
    ErrorClass::Transient
}

#[retry(policy = Policy::builder().classifier(class_of).build().unwrap())]
fn other() -> Result<u32, ApiError> {
    Ok(1)
}

#[retry(policy = Policy::builder().result_classifier(|_: &u8| None::<ErrorClass>).build().unwrap())]
fn other_value() -> Result<u32, ApiError> {
    Ok(1)
}

#[retry(policy = Policy::new())]
fn plain() -> u32 {
    1
}

fn block(policy: &Policy<fn(&fmt::Error) -> ErrorClass>) {
    let _ = retry_block!(policy = policy, || Err::<u32, _>(ApiError));
}

fn main() {}

//! Values that count as failures, with and without a `Result` around them.
use std::io::Error;

use redress::{Classification, ErrorClass, retry};

fn big(value: &u32) -> Option<ErrorClass> {
    (*value > 2).then_some(ErrorClass::Transient)
}

fn down(calls: &mut u32) -> u32 {
    *calls += 1;
    6 - *calls
}

#[retry(strategy = instant(), result_classifier = big)]
fn value(calls: &mut u32) -> u32 {
    down(calls)
}

#[retry(strategy = instant(), result_classifier = |value| (*value > 3).then_some(ErrorClass::Transient))]
async fn value_async(calls: &mut u32) -> u32 {
    down(calls)
}

#[retry(strategy = instant(), result_classifier = |value| if *value > 1 { Some(Classification::new(ErrorClass::Transient)) } else { None })]
fn result(calls: &mut u32) -> Result<u32, Error> {
    Ok(down(calls))
}

type Answer<T> = Result<T, Error>;

#[retry(strategy = instant(), result_classifier = big, classifier = |_: &Error| ErrorClass::Permanent)]
fn both(calls: &mut u32) -> Answer<u32> {
    if *calls == 1 {
        *calls += 1;
        return Err(std::io::ErrorKind::TimedOut.into());
    }
    Ok(down(calls))
}

#[retry(strategy = instant(), result_classifier = |text| text.is_empty().then_some(ErrorClass::Transient), max_attempts = 2)]
fn unit_like<'a>(text: &'a str, calls: &mut u32) -> &'a str {
    *calls += 1;
    text
}

#[tokio::test]
async fn values_are_judged() {
    let mut calls = [0; 5];
    assert_eq!(value(&mut calls[0]), 2);
    assert_eq!(value_async(&mut calls[1]).await, 3);
    assert_eq!(result(&mut calls[2]).unwrap(), 1);
    both(&mut calls[3]).unwrap_err();
    assert_eq!(unit_like("", &mut calls[4]), "");
    assert_eq!(calls, [4, 3, 5, 2, 2]);
}

/// Generic over the judged value, so that no type names the failure.
#[retry(strategy = instant(), result_classifier = judge, max_attempts = 3)]
fn generic<T: PartialEq + Default>(
    make: impl Fn() -> T,
    calls: &mut u32,
    judge: fn(&T) -> Option<ErrorClass>,
) -> T {
    *calls += 1;
    make()
}

#[test]
fn generic_values_are_judged() {
    let mut calls = 0;
    assert_eq!(generic(|| 5, &mut calls, big), 5);
    assert_eq!(calls, 3);
}

//! `#[derive(Classify)]`: the meaning of every form of the attribute.
#![allow(dead_code)]
use std::error::Error as StdError;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use redress::{Classification, Classify, ErrorClass, retry};

#[derive(Debug, thiserror::Error, Classify)]
enum Api {
    #[error("slow down")]
    #[classify(rate_limit, retry_after = after)]
    Slow {
        after: Option<Duration>,
        why: &'static str,
    },
    #[error("busy")]
    #[classify(server_error)]
    #[classify(retry_after = 0)]
    Busy(u64),
    #[error("half a second")]
    #[classify(transient, retry_after = 0)]
    Half(f64),
    #[error("http {status}")]
    #[classify(http_status = status, retry_after = after)]
    Http { status: u16, after: Option<u32> },
    #[error("database")]
    #[classify(sqlstate = 1)]
    Database(u8, String),
    #[error("grpc")]
    #[classify(grpc_code = code)]
    Grpc { code: i32 },
    #[error(transparent)]
    #[classify(source)]
    Io(#[from] Error),
    #[error("boxed")]
    #[classify(source = 0)]
    Boxed(Box<dyn StdError + Send + Sync>, u32),
    #[error("boxed")]
    #[classify(source)]
    BoxedAnywhere {
        source: Box<dyn StdError>,
        code: u32,
    },
    #[error("boxed")]
    #[classify(source)]
    BoxedType(Box<Error>),
    #[error("any")]
    #[classify(source)]
    Any(anyhow::Error),
    #[error("own")]
    #[classify(with = by_parts)]
    Parts { code: u32, text: String },
    #[error("own")]
    #[classify(with = |code: &u32| if *code > 9 { ErrorClass::Auth } else { ErrorClass::Transient })]
    Closure(u32),
    #[error("unknown")]
    Nothing,
}

fn by_parts(code: &u32, text: &str) -> Classification {
    Classification::new(ErrorClass::Concurrency)
        .retry_after(Duration::from_secs(u64::from(*code) + text.len() as u64))
}

fn class(error: &impl Classify) -> ErrorClass {
    error.classify().class()
}

fn hint(error: &impl Classify) -> Option<Duration> {
    error.classify().retry_after_hint()
}

fn missing() -> Error {
    ErrorKind::NotFound.into()
}

#[test]
fn classes_and_hints() {
    let five = Duration::from_secs(5);
    let slow = Api::Slow {
        after: Some(five),
        why: "",
    };
    assert_eq!(
        (class(&slow), hint(&slow)),
        (ErrorClass::RateLimit, Some(five))
    );
    assert_eq!(
        hint(&Api::Slow {
            after: None,
            why: ""
        }),
        None
    );
    assert_eq!(
        (class(&Api::Busy(5)), hint(&Api::Busy(5))),
        (ErrorClass::ServerError, Some(five))
    );
    assert_eq!(hint(&Api::Half(0.5)), Some(Duration::from_millis(500)));
    assert_eq!(hint(&Api::Half(-0.5)), None);
    assert_eq!(class(&Api::Nothing), ErrorClass::Unknown);
}

#[test]
fn tables() {
    let http = Api::Http {
        status: 429,
        after: Some(5),
    };
    assert_eq!(
        (class(&http), hint(&http)),
        (ErrorClass::RateLimit, Some(Duration::from_secs(5)))
    );
    assert_eq!(
        class(&Api::Database(0, "40001".to_owned())),
        ErrorClass::Concurrency
    );
    assert_eq!(class(&Api::Grpc { code: 16 }), ErrorClass::Auth);
}

#[test]
fn sources() {
    assert_eq!(class(&Api::from(missing())), ErrorClass::Permanent);
    assert_eq!(
        class(&Api::Boxed(Box::new(missing()), 0)),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&Api::BoxedAnywhere {
            source: Box::new(missing()),
            code: 0
        }),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&Api::BoxedType(Box::new(missing()))),
        ErrorClass::Permanent
    );
    assert_eq!(class(&Api::Any(missing().into())), ErrorClass::Permanent);
}

#[test]
fn functions() {
    let parts = Api::Parts {
        code: 3,
        text: "ab".to_owned(),
    };
    assert_eq!(
        (class(&parts), hint(&parts)),
        (ErrorClass::Concurrency, Some(Duration::from_secs(5)))
    );
    assert_eq!(class(&Api::Closure(10)), ErrorClass::Auth);
    assert_eq!(class(&Api::Closure(1)), ErrorClass::Transient);
}

#[derive(Classify)]
#[classify(permanent)]
enum WithDefault {
    A,
    #[classify(transient)]
    B,
    C(u32),
}

#[derive(Classify)]
#[classify(with = WithFunction::judge)]
enum WithFunction {
    A,
    #[classify(auth)]
    B,
}

impl WithFunction {
    fn judge(&self) -> ErrorClass {
        ErrorClass::Permission
    }
}

#[derive(Classify)]
enum Never {}

#[test]
fn defaults_of_a_type() {
    assert_eq!(class(&WithDefault::A), ErrorClass::Permanent);
    assert_eq!(class(&WithDefault::B), ErrorClass::Transient);
    assert_eq!(class(&WithDefault::C(1)), ErrorClass::Permanent);
    assert_eq!(class(&WithFunction::A), ErrorClass::Permission);
    assert_eq!(class(&WithFunction::B), ErrorClass::Auth);
}

#[derive(Classify)]
#[classify(http_status = status)]
struct Response {
    status: u16,
}

#[derive(Classify)]
#[classify(concurrency, retry_after = 0)]
struct Conflict(Duration);

#[derive(Classify)]
#[classify(auth)]
struct Unit;

#[derive(Classify)]
#[classify(with = judge_struct)]
struct Own {
    code: u32,
}

fn judge_struct(own: &Own) -> ErrorClass {
    if own.code > 3 {
        ErrorClass::Permanent
    } else {
        ErrorClass::Transient
    }
}

#[test]
fn structs() {
    assert_eq!(class(&Response { status: 404 }), ErrorClass::Permanent);
    assert_eq!(
        hint(&Conflict(Duration::from_secs(1))),
        Some(Duration::from_secs(1))
    );
    assert_eq!(class(&Unit), ErrorClass::Auth);
    assert_eq!(class(&Own { code: 4 }), ErrorClass::Permanent);
}

#[derive(Classify)]
enum Wrapped<'a, E: StdError + 'static, const N: usize> {
    #[classify(source)]
    Inner(E),
    #[classify(transient)]
    Text(&'a str, [u8; N]),
}

#[derive(Classify)]
enum Open<E> {
    #[classify(source)]
    Inner(E),
}

#[test]
fn generics() {
    let inner: Wrapped<'_, _, 0> = Wrapped::Inner(missing());
    assert_eq!(class(&inner), ErrorClass::Permanent);
    assert_eq!(class(&Open::Inner(WithDefault::B)), ErrorClass::Transient);
}

#[retry(strategy = instant(), max_attempts = 4)]
fn call(error: fn() -> Api, calls: &mut u32) -> Result<(), Api> {
    *calls += 1;
    Err(error())
}

#[test]
fn the_attribute_finds_it() {
    let mut calls = [0; 3];
    call(|| Api::Grpc { code: 16 }, &mut calls[0]).unwrap_err();
    call(|| Api::Nothing, &mut calls[1]).unwrap_err();
    call(|| Api::Busy(0), &mut calls[2]).unwrap_err();
    assert_eq!(calls, [1, 2, 4]);
}

//! The classification of errors where no classifier is given, which depends on their type.
use std::error::Error as StdError;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;

use redress::{Classification, Classify, ErrorClass, retry};

#[derive(Debug)]
struct Known;

impl Classify for Known {
    fn classify(&self) -> Classification {
        ErrorClass::Permanent.into()
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("known")
    }
}

impl StdError for Known {}

#[retry(strategy = instant())]
fn classify(calls: &mut u32) -> Result<(), Known> {
    *calls += 1;
    Err(Known)
}

#[retry(strategy = instant())]
fn anyhow(calls: &mut u32) -> Result<(), anyhow::Error> {
    *calls += 1;
    Err(Error::from(ErrorKind::NotFound).into())
}

#[retry(strategy = instant())]
fn anyhow_alias(calls: &mut u32) -> anyhow::Result<()> {
    *calls += 1;
    anyhow::bail!("odd")
}

#[retry(strategy = instant(), knows(Known))]
fn anyhow_with_a_known_error(calls: &mut u32) -> anyhow::Result<()> {
    *calls += 1;
    Err(anyhow::Error::new(Known).context("odd"))
}

#[test]
fn anyhow_is_looked_into_for_known_errors() {
    let mut calls = 0;
    anyhow_with_a_known_error(&mut calls).unwrap_err();
    assert_eq!(calls, 1);
}

#[retry(strategy = instant())]
fn boxed(calls: &mut u32) -> Result<(), Box<dyn StdError + Send + Sync>> {
    *calls += 1;
    Err(Error::from(ErrorKind::TimedOut))?;
    Ok(())
}

#[retry(strategy = instant())]
fn std_error(calls: &mut u32) -> Result<(), Error> {
    *calls += 1;
    Err(ErrorKind::NotFound.into())
}

#[retry(strategy = instant())]
fn anything(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("odd")
}

#[retry(strategy = instant())]
fn generic<E: Classify>(error: fn() -> E, calls: &mut u32) -> Result<(), E> {
    *calls += 1;
    Err(error())
}

#[retry(strategy = instant())]
fn generic_error<E: StdError + 'static>(error: fn() -> E, calls: &mut u32) -> Result<(), E> {
    *calls += 1;
    Err(error())
}

/// An error with another error as its source.
#[derive(Debug)]
struct NotFound(Error);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not found")
    }
}

impl StdError for NotFound {}

impl AsRef<dyn StdError + Send + Sync> for NotFound {
    fn as_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &self.0
    }
}

#[retry(strategy = instant())]
fn itself_before_what_it_leads_to(calls: &mut u32) -> Result<(), NotFound> {
    *calls += 1;
    Err(NotFound(ErrorKind::TimedOut.into()))
}

#[retry(strategy = instant())]
fn shared(calls: &mut u32) -> Result<(), Arc<dyn StdError + Send + Sync>> {
    *calls += 1;
    Err(Arc::new(Error::from(ErrorKind::NotFound)))
}

macro_rules! returns {
    ($($name:ident: $Pointer:ident<$Any:ty>)*) => {$(
        #[retry(strategy = instant())]
        fn $name(calls: &mut u32) -> Result<(), $Pointer<$Any>> {
            *calls += 1;
            Err($Pointer::new(Error::from(ErrorKind::NotFound)))
        }
    )*};
}

returns! {
    boxed_any: Box<dyn StdError>
    boxed_send: Box<dyn StdError + Send>
    boxed_sync: Box<dyn StdError + Sync>
    shared_any: Arc<dyn StdError>
    shared_send: Arc<dyn StdError + Send>
    counted: Rc<dyn StdError>
}

#[retry(strategy = instant())]
fn by_question_mark(calls: &mut u32) -> Result<u32, Box<dyn StdError>> {
    *calls += 1;
    Ok("x".parse()?)
}

#[retry(strategy = instant())]
async fn later(calls: &mut u32) -> Result<u32, Box<dyn StdError>> {
    *calls += 1;
    Err("odd")?
}

#[tokio::test]
async fn pointers_to_errors_of_any_type_are_looked_through() {
    let mut calls = [0; 8];
    boxed_any(&mut calls[0]).unwrap_err();
    boxed_send(&mut calls[1]).unwrap_err();
    boxed_sync(&mut calls[2]).unwrap_err();
    shared_any(&mut calls[3]).unwrap_err();
    shared_send(&mut calls[4]).unwrap_err();
    counted(&mut calls[5]).unwrap_err();
    by_question_mark(&mut calls[6]).unwrap_err();
    later(&mut calls[7]).await.unwrap_err();
    assert_eq!(calls, [1, 1, 1, 1, 1, 1, 1, 2]);
}

#[test]
fn by_what_the_type_is() {
    let mut calls = [0; 10];
    classify(&mut calls[0]).unwrap_err();
    anyhow(&mut calls[1]).unwrap_err();
    anyhow_alias(&mut calls[2]).unwrap_err();
    boxed(&mut calls[3]).unwrap_err();
    std_error(&mut calls[4]).unwrap_err();
    anything(&mut calls[5]).unwrap_err();
    generic(|| Known, &mut calls[6]).unwrap_err();
    generic_error(|| Error::from(ErrorKind::NotFound), &mut calls[7]).unwrap_err();
    itself_before_what_it_leads_to(&mut calls[8]).unwrap_err();
    shared(&mut calls[9]).unwrap_err();
    assert_eq!(calls, [1, 1, 2, 6, 1, 2, 1, 1, 1, 1]);
}

fn permanent(_: &Error) -> ErrorClass {
    ErrorClass::Permanent
}

struct Client {
    permanent: bool,
}

impl Client {
    #[retry(strategy = instant(), classifier = |error: &Error| self.class_of(error))]
    fn by_self(&self, calls: &mut u32) -> Result<(), Error> {
        *calls += 1;
        Err(ErrorKind::TimedOut.into())
    }

    fn class_of(&self, _: &Error) -> ErrorClass {
        if self.permanent {
            ErrorClass::Permanent
        } else {
            ErrorClass::Transient
        }
    }
}

#[retry(strategy = instant(), classifier = permanent)]
fn by_function(calls: &mut u32) -> Result<(), Error> {
    *calls += 1;
    Err(ErrorKind::TimedOut.into())
}

#[retry(strategy = instant(), classifier = |error| if error.kind() == kind { ErrorClass::Permanent } else { ErrorClass::Transient })]
async fn by_closure(kind: ErrorKind, calls: &mut u32) -> std::io::Result<()> {
    *calls += 1;
    Err(ErrorKind::TimedOut.into())
}

#[tokio::test]
async fn by_a_classifier() {
    let mut calls = [0; 4];
    Client { permanent: true }
        .by_self(&mut calls[0])
        .unwrap_err();
    Client { permanent: false }
        .by_self(&mut calls[1])
        .unwrap_err();
    by_function(&mut calls[2]).unwrap_err();
    by_closure(ErrorKind::TimedOut, &mut calls[3])
        .await
        .unwrap_err();
    assert_eq!(calls, [1, 6, 1, 1]);
}

//! What the errors of each library mean, for every failure that a server can cause.

mod hyper_util;
mod reqwest;
pub(crate) mod tonic;
mod ureq;

use std::error::Error;
use std::fmt;

use redress::classify::{classify_dyn, classify_dyn_strict};
use redress::{Classification, Classify, ErrorClass};

/// An error of a user's, behind which another one stands.
#[derive(Debug)]
struct Wrapped<E>(E);

impl<E> fmt::Display for Wrapped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was not placed")
    }
}

impl<E: Error + 'static> Error for Wrapped<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn unsent(class: ErrorClass) -> Classification {
    Classification::new(class).unsent()
}

/// Compares what an error says itself, and what the default classifiers say of it, also where it is behind
/// another one.
#[track_caller]
fn means<E: Classify + Error + 'static>(what: &str, error: E, expected: impl Into<Classification>) {
    let expected = expected.into();
    assert_eq!(error.classify(), expected, "{what}: {error:?}");
    // By its name, the classifier may know what the error itself does not.
    if expected != Classification::new(ErrorClass::Unknown) {
        assert_eq!(classify_dyn(&error), expected, "{what}: {error:?}");
    }
    assert_eq!(classify_dyn_strict(&error), expected, "{what}: {error:?}");
    let wrapped = Wrapped(error);
    assert_eq!(
        classify_dyn_strict(&wrapped),
        expected,
        "{what}: {wrapped:?}"
    );
    let boxed: Box<dyn Error> = Box::new(Wrapped(wrapped));
    assert_eq!(
        classify_dyn_strict(boxed.as_ref()),
        expected,
        "{what}: {boxed:?}"
    );
}

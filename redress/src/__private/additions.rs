//! What the expansions need beside the drivers: types to infer from, checks in constants.

use std::convert::Infallible;
use std::time::Duration;

use super::{
    BackoffContext, Classification, Classifier, Judged, ResultClassifier, judge_both, judge_value,
};
use crate::Delay;

pub use std::assert;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::marker::Copy;

/// A `Result` of any name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "not a `Result`, so nothing says when an attempt has failed",
    note = "return a `Result<_, _>`, or say which values are failures with `result_classifier = ...`"
)]
pub trait ReturnsResult {
    /// What a success holds.
    type Value;
    /// What a failure holds.
    type Error;
}

impl<T, E> ReturnsResult for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// Gives `strategy = |ctx| ...` its signature.
pub fn strategy_fn<D: Into<Delay>, F>(strategy: F) -> F
where
    F: Fn(&BackoffContext<'_>) -> D + Send + Sync,
{
    strategy
}

/// Gives `classifier = |error| ...` its signature.
pub fn classifier_fn<R: ReturnsResult, K: Into<Classification>, F: Fn(&R::Error) -> K>(f: F) -> F {
    f
}

/// Gives `result_classifier = |value| ...` its signature, for the value in a `Result`.
pub fn result_fn<R, K, F>(f: F) -> F
where
    R: ReturnsResult,
    K: Into<Classification>,
    F: Fn(&R::Value) -> Option<K>,
{
    f
}

/// Gives `result_classifier = |value| ...` its signature, for a value that is no `Result`.
pub fn value_fn<T, K: Into<Classification>, F: Fn(&T) -> Option<K>>(f: F) -> F {
    f
}

/// What an attempt returned, to be judged by a result classifier: a `Result` by its own methods,
/// anything else by [`PlainValue`].
#[derive(Debug)]
pub struct Returned<'a, T>(pub &'a T);

impl<T, E> Returned<'_, Result<T, E>> {
    /// Judges the error as its type says, and the value.
    #[inline]
    pub fn judge<R: ResultClassifier<T>>(
        self,
        classify: impl FnOnce(&E) -> Classification,
        results: &R,
    ) -> Judged {
        judge_both(self.0, classify, results)
    }

    /// Judges the error by a classifier, and the value.
    #[inline]
    pub fn judge_with<C: Classifier<E>, R: ResultClassifier<T>>(
        self,
        classifier: &C,
        results: &R,
    ) -> Judged {
        judge_both(self.0, |error| classifier.classify(error), results)
    }
}

/// What is no `Result`.
pub trait PlainValue<T> {
    /// Judges the value. There is no error to classify.
    fn judge<R: ResultClassifier<T>>(
        self,
        classify: impl FnOnce(&Infallible) -> Classification,
        results: &R,
    ) -> Judged;

    /// Refuses a classifier of errors.
    fn judge_with<C, R: ResultClassifier<T>>(self, classifier: &C, results: &R) -> Judged
    where
        T: ReturnsResult;
}

impl<T> PlainValue<T> for Returned<'_, T> {
    #[inline]
    fn judge<R: ResultClassifier<T>>(
        self,
        _classify: impl FnOnce(&Infallible) -> Classification,
        results: &R,
    ) -> Judged {
        judge_value(self.0, results)
    }

    fn judge_with<C, R: ResultClassifier<T>>(self, _classifier: &C, results: &R) -> Judged
    where
        T: ReturnsResult,
    {
        judge_value(self.0, results)
    }
}

/// A length of time that is known when the program is compiled, in any form that [`Delay`] takes.
#[derive(Debug)]
pub struct Constant<T>(pub T);

macro_rules! constants {
    ($($type:ty: |$value:ident| $nanos:expr;)*) => {$(
        impl Constant<$type> {
            /// Returns the length; `None` for what is none.
            #[must_use]
            pub const fn nanos(self) -> Option<u128> {
                let $value = self.0;
                $nanos
            }

            /// Tells whether this is a length of time, and not zero.
            #[must_use]
            pub const fn is_above_zero(self) -> bool {
                matches!(self.nanos(), Some(1..))
            }

            /// Tells whether this is below `other`. What is no length is reported elsewhere.
            #[must_use]
            pub const fn below(self, other: Option<u128>) -> bool {
                match (self.nanos(), other) {
                    (Some(nanos), Some(other)) => nanos < other,
                    _ => true,
                }
            }

            /// Tells whether this is not above `other`.
            #[must_use]
            pub const fn at_most(self, other: Option<u128>) -> bool {
                match (self.nanos(), other) {
                    (Some(nanos), Some(other)) => nanos <= other,
                    _ => true,
                }
            }
        }
    )*};
}

constants! {
    Duration: |value| Some(value.as_nanos());
    u64: |value| Some(value as u128 * 1_000_000_000);
    u32: |value| Some(value as u128 * 1_000_000_000);
    i32: |value| if value < 0 { None } else { Some(value as u128 * 1_000_000_000) };
    f64: |value| if value < 0.0 || !value.is_finite() { None } else { Some((value * 1e9) as u128) };
    Delay: |value| match value.checked() {
        Ok(duration) => Some(duration.as_nanos()),
        Err(_) => None,
    };
}

//! Support for expansions that take what an attempt returned: types to infer from, errors to judge.

use std::convert::Infallible;

use super::{
    BackoffContext, Classification, Classifier, Operation, ResultClassifier, Verdict, judge_both,
    judge_value,
};
use crate::delay::Delay;

pub use std::assert;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::marker::Copy;

/// Stands in a branch that is never taken, to say of which type it is.
#[must_use]
pub fn never<T>() -> T {
    #[expect(clippy::empty_loop, reason = "never called")]
    loop {}
}

/// A `Result` of any name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "not a `Result`, so nothing says when an attempt has failed",
    note = "return a `Result<_, _>`, or declare which values are failures with `result_classifier = ...`"
)]
pub trait ReturnsResult {
    /// The type of the value of a success.
    type Value;
    /// The type of the error of a failure.
    type Error;
    /// Returns it as what it is.
    fn as_result(&self) -> &Result<Self::Value, Self::Error>;
}

impl<T, E> ReturnsResult for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn as_result(&self) -> &Self {
        self
    }
}

/// Makes a future whose output is known before its block is looked into.
pub fn future_of<R, F: Future<Output = R>>(make: impl FnOnce() -> F) -> F {
    make()
}

/// An attempt that was cut off.
pub const TIMED_OUT: Verdict = Verdict::TIMED_OUT;

/// Takes `operation = ...`.
pub fn operation<T: AsRef<str> + ?Sized>(name: &T) -> Operation<&str> {
    Operation(name.as_ref())
}

/// Gives `abort_if = || ...` its signature.
pub fn abort_check(check: impl Fn() -> bool) -> impl Fn() -> bool {
    check
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

/// Gives `result_classifier = |value| ...` its signature, for a value that is not a `Result`.
pub fn value_fn<T, K: Into<Classification>, F: Fn(&T) -> Option<K>>(f: F) -> F {
    f
}

/// The return value of an attempt, to be judged by a result classifier: a `Result` by its own methods,
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
    ) -> Verdict {
        judge_both(self.0, classify, results)
    }

    /// Judges the error by a classifier, and the value.
    #[inline]
    pub fn judge_with<C: Classifier<E>, R: ResultClassifier<T>>(
        self,
        classifier: &C,
        results: &R,
    ) -> Verdict {
        judge_both(self.0, |error| classifier.classify(error), results)
    }
}

/// A value that is not a `Result`.
pub trait PlainValue<T> {
    /// Judges the value. There is no error to classify.
    fn judge<R: ResultClassifier<T>>(
        self,
        classify: impl FnOnce(&Infallible) -> Classification,
        results: &R,
    ) -> Verdict;

    /// Refuses a classifier of errors.
    fn judge_with<C, R: ResultClassifier<T>>(self, classifier: &C, results: &R) -> Verdict
    where
        T: ReturnsResult;
}

impl<T> PlainValue<T> for Returned<'_, T> {
    #[inline]
    fn judge<R: ResultClassifier<T>>(
        self,
        _classify: impl FnOnce(&Infallible) -> Classification,
        results: &R,
    ) -> Verdict {
        judge_value(self.0, results)
    }

    fn judge_with<C, R: ResultClassifier<T>>(self, _classifier: &C, results: &R) -> Verdict
    where
        T: ReturnsResult,
    {
        judge_value(self.0, results)
    }
}

//! Errors that a `policy = ...` judges. One with the default classifier takes an error for what the
//! attribute takes it for without a policy: method resolution finds the method of such a policy, and
//! [`OwnClassifier`] for any other.

use super::{ByType, Policy, ResultClassifier, Verdict};
use crate::classify::{Classifier, DefaultClassifier};

/// The policy of a call.
#[derive(Debug)]
pub struct ByPolicy<'a, C, R>(pub &'a Policy<C, R>);

impl<R> ByPolicy<'_, DefaultClassifier, R> {
    /// Judges the error as its type says.
    #[inline]
    pub fn redress_judge<T, E, K>(self, returned: &Result<T, E>, by_type: &ByType<K>) -> Verdict
    where
        K: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.0.judge_errors_by(&by_type.0, returned)
    }
}

/// A policy with a classifier of its own.
pub trait OwnClassifier<C, R> {
    /// Judges the error by it.
    fn redress_judge<T, E, K>(self, returned: &Result<T, E>, by_type: &ByType<K>) -> Verdict
    where
        C: Classifier<E>,
        R: ResultClassifier<T>;
}

impl<C, R> OwnClassifier<C, R> for ByPolicy<'_, C, R> {
    #[inline]
    fn redress_judge<T, E, K>(self, returned: &Result<T, E>, _by_type: &ByType<K>) -> Verdict
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        use crate::drive::Judge as _;
        self.0.judge(returned)
    }
}

//! Errors of an operation with `policy = ...`: a policy that was given no classifier classifies as the
//! macros do without a policy, and any other asks its own. Which of the two it is, method resolution
//! finds out by the type of the policy, which is known at the macro's site.

use std::marker::PhantomData;
use std::ops::Deref;

use super::{ByClassify, ByType, ReturnsResult, by_type};
use crate::classify::{Classifier, DefaultClassifier, ResultClassifier};
use crate::drive::{Judge as _, Verdict};
use crate::policy::Policy;

/// Starts with a policy.
#[inline]
pub fn by_policy<C, R>(_policy: &Policy<C, R>) -> ByPolicy<C> {
    ByPolicy(ByOwn, PhantomData)
}

/// First: a policy with the default classifier.
#[derive(Debug)]
pub struct ByPolicy<C>(ByOwn, PhantomData<fn(&C)>);

/// Second: a policy with any other.
#[derive(Debug, Clone, Copy)]
pub struct ByOwn;

impl<C> Deref for ByPolicy<C> {
    type Target = ByOwn;

    #[inline]
    fn deref(&self) -> &ByOwn {
        &self.0
    }
}

impl ByPolicy<DefaultClassifier> {
    /// Goes on with what is known about the error's type.
    #[inline]
    pub fn redress_errors_of<Q: ReturnsResult>(self, returned: &Q) -> ByClassify<Q::Error> {
        by_type(returned)
    }
}

impl ByOwn {
    /// Goes on without looking at the error's type, which may not be known yet.
    #[inline]
    pub const fn redress_errors_of<Q>(self, _returned: &Q) -> Self {
        self
    }

    /// Ends the chain.
    #[inline]
    pub const fn redress_classifier(self) -> Self {
        self
    }

    /// Judges an attempt by the policy alone.
    #[inline]
    pub fn redress_judge<T, E, C, R>(
        self,
        policy: &Policy<C, R>,
        returned: &Result<T, E>,
    ) -> Verdict
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        policy.judge(returned)
    }
}

impl<K> ByType<K> {
    /// Judges an error as its type says, and a value by the policy.
    #[inline]
    pub fn redress_judge<T, E, C, R>(
        self,
        policy: &Policy<C, R>,
        returned: &Result<T, E>,
    ) -> Verdict
    where
        K: Classifier<E>,
        R: ResultClassifier<T>,
    {
        policy.judge_errors_by(&self.0, returned)
    }
}

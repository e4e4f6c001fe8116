//! Calls of services, which own their policy.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Policy;
use crate::classify::{Classification, Classifier, ResultClassifier};
use crate::drive::{Hooks, Judge, OwnedCall, Verdict};
use crate::error::Error;

/// What an attempt of a service has returned.
pub(crate) struct Ended<T, E> {
    pub(crate) returned: Result<T, E>,
    /// No other attempt can follow, whatever a classifier says.
    pub(crate) last: bool,
}

/// A call is to be applied at most once, or as its policy says.
#[derive(Clone, Copy)]
struct Once(bool);

impl Hooks for Once {
    #[inline]
    fn is_active(&self) -> bool {
        self.0
    }
    fn once(&self) -> bool {
        self.0
    }
}

/// Judges by the classifiers of a policy, and asks after a failure whether the request is spent.
struct Layered<'a, C, R, F> {
    policy: &'a Policy<C, R>,
    is_spent: &'a F,
}

impl<C, R, F> Clone for Layered<'_, C, R, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, R, F> Copy for Layered<'_, C, R, F> {}

impl<C, R, F, T, E> Judge<Ended<T, E>> for Layered<'_, C, R, F>
where
    F: Fn() -> bool,
    C: Classifier<E>,
    R: ResultClassifier<T>,
{
    fn judge(self, ended: &Ended<T, E>) -> Verdict {
        let said = |said: Classification| {
            if ended.last || (self.is_spent)() {
                said.no_retry()
            } else {
                said
            }
        };
        match &ended.returned {
            Ok(value) => Verdict::value(self.policy.values().classify(value).map(said)),
            Err(error) => Verdict::failed::<E>(said(self.policy.errors().classify(error))),
        }
    }
}

pin_project! {
    /// A call of a service under a policy that it owns.
    pub(crate) struct LayeredCall<C, R, F, T, E> {
        #[pin]
        call: OwnedCall<Policy<C, R>, Once, F, Ended<T, E>>,
    }
}

impl<C, R, F, T, E> LayeredCall<C, R, F, T, E>
where
    F: Future<Output = Ended<T, E>>,
{
    /// Creates a call, which starts when it is first polled.
    pub(crate) fn new(policy: Policy<C, R>, once: bool) -> Self {
        Self {
            call: OwnedCall::new(policy, Once(once)),
        }
    }

    /// Goes on with the call; `attempt` makes the next attempt, and `is_spent` says after one that has failed
    /// whether there can be no other.
    #[inline]
    pub(crate) fn poll_with<'p>(
        self: Pin<&'p mut Self>,
        cx: &mut Context<'_>,
        attempt: impl FnMut() -> F,
        is_spent: &'p impl Fn() -> bool,
    ) -> Poll<Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let call = self.project().call;
        let judge = |policy| Layered { policy, is_spent };
        call.poll_with(cx, judge, attempt, |run, ended: Option<Ended<T, E>>| {
            run.result(ended.map(|ended| ended.returned))
        })
    }
}

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

/// Judges by the classifiers of a policy.
struct Layered<'a, C, R>(&'a Policy<C, R>);

impl<C, R> Clone for Layered<'_, C, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, R> Copy for Layered<'_, C, R> {}

impl<C, R, T, E> Judge<Ended<T, E>> for Layered<'_, C, R>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
{
    fn judge(self, ended: &Ended<T, E>) -> Verdict {
        let said = |said: Classification| if ended.last { said.no_retry() } else { said };
        match &ended.returned {
            Ok(value) => Verdict::value(self.0.values().classify(value).map(said)),
            Err(error) => Verdict::failed::<E>(said(self.0.errors().classify(error))),
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

    /// Goes on with the call; `attempt` makes the next attempt.
    #[inline]
    pub(crate) fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        attempt: impl FnMut() -> F,
    ) -> Poll<Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let call = self.project().call;
        call.poll_with(cx, Layered, attempt, |run, ended: Option<Ended<T, E>>| {
            run.result(ended.map(|ended| ended.returned))
        })
    }
}

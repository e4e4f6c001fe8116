//! Calls of services, which own their policy.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Policy;
use crate::classify::{Classification, Classifier, ResultClassifier};
use crate::drive::{Hooks, Judge, OwnHooks, OwnedCall, Run, Verdict};
use crate::error::Error;

/// What an attempt of a service has returned.
pub(crate) struct Ended<T, E> {
    pub(crate) returned: Result<T, E>,
    /// No other attempt can follow, whatever a classifier says.
    pub(crate) last: bool,
}

/// What a call has beside its policy.
struct Own {
    /// It is to be applied at most once, also where its policy does not say so.
    once: bool,
    operation: Option<Cow<'static, str>>,
}

impl OwnHooks for Own {
    type Hooks<'a> = OfCall<'a>;

    #[inline]
    fn hooks(&self) -> OfCall<'_> {
        OfCall {
            once: self.once,
            operation: self.operation.as_deref(),
        }
    }
}

#[derive(Clone, Copy)]
struct OfCall<'a> {
    once: bool,
    operation: Option<&'a str>,
}

impl Hooks for OfCall<'_> {
    #[inline]
    fn is_active(&self) -> bool {
        false
    }
    #[inline]
    fn once(&self) -> bool {
        self.once
    }
    fn operation(&self) -> Option<&str> {
        self.operation
    }
}

/// Judges by the classifiers of a policy, after which the request has the last word.
struct Layered<'a, C, R, F> {
    policy: &'a Policy<C, R>,
    last_word: &'a F,
}

impl<C, R, F> Clone for Layered<'_, C, R, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, R, F> Copy for Layered<'_, C, R, F> {}

impl<C, R, F, T, E> Judge<Ended<T, E>> for Layered<'_, C, R, F>
where
    F: Fn(Classification) -> Classification,
    C: Classifier<E>,
    R: ResultClassifier<T>,
{
    fn judge(self, ended: &Ended<T, E>) -> Verdict {
        let said = |said: Classification| {
            let said = (self.last_word)(said);
            if ended.last { said.no_retry() } else { said }
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
        call: OwnedCall<Policy<C, R>, Own, F, Ended<T, E>>,
    }
}

impl<C, R, F, T, E> LayeredCall<C, R, F, T, E>
where
    F: Future<Output = Ended<T, E>>,
{
    /// Creates a call, which starts when it is first polled.
    pub(crate) fn new(
        policy: Policy<C, R>,
        once: bool,
        operation: Option<Cow<'static, str>>,
    ) -> Self {
        Self {
            call: OwnedCall::new(policy, Own { once, operation }),
        }
    }

    /// Goes on with the call. `attempt` makes the next attempt, which may run for so long, where it can know
    /// itself; `last_word` says what a failure means.
    #[inline]
    pub(crate) fn poll_with<'p>(
        self: Pin<&'p mut Self>,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(Option<Duration>) -> F,
        last_word: &'p impl Fn(Classification) -> Classification,
    ) -> Poll<Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let call = self.project().call;
        let judge = |policy| Layered { policy, last_word };
        let attempt = |run: &Run<'p, OfCall<'p>>| run.in_scope(|| attempt(run.attempt_limit()));
        call.poll_with(cx, judge, attempt, |run, ended: Option<Ended<T, E>>| {
            run.result(ended.map(|ended| ended.returned))
        })
    }
}

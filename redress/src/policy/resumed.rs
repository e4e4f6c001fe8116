use std::fmt;

use super::{AnyCall, CallContext};
use crate::classify::{Classifier, ResultClassifier};
use crate::engine::ResumeToken;
use crate::error::Error;
use crate::outcome::Outcome;

/// One call that goes on with an operation that was deferred, from
/// [`CallContext::resume`].
///
/// The token belongs to one operation, so this makes one call: a second one does not compile.
///
/// ```compile_fail,E0382
/// # fn second(policy: redress::Policy, token: redress::call::ResumeToken) {
/// let resumed = policy.context().resume(token);
/// resumed.execute(|| std::fs::read("a"));
/// resumed.execute(|| std::fs::read("b"));
/// # }
/// ```
///
/// A circuit breaker is asked before the attempt, as before any call, and after `abort_if`, as after a
/// pause. A budget is not asked: the retry was paid for when it was deferred. A call that is refused or aborted before its attempt has changed
/// nothing, so its token is still good; keep a copy.
#[must_use = "resumes nothing until it is called"]
pub struct ResumedCall<'a, C, R, M = AnyCall> {
    context: CallContext<'a, C, R, M>,
    token: ResumeToken,
}

impl<'a, C, R> ResumedCall<'a, C, R> {
    pub(super) const fn parts(&self) -> (&CallContext<'a, C, R>, &ResumeToken) {
        (&self.context, &self.token)
    }

    /// Calls a sync operation. See [`Policy::call`](crate::Policy::call).
    ///
    /// # Errors
    ///
    /// As [`Policy::call`](crate::Policy::call).
    pub fn call<T, E>(self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let hooks = self.context.shared.hooks_resuming(&self.token);
        self.context.policy.call_with(hooks, operation)
    }

    /// Calls a sync operation and reports how it ended. See
    /// [`Policy::execute`](crate::Policy::execute).
    pub fn execute<T, E>(self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let hooks = self.context.shared.hooks_resuming(&self.token);
        self.context.policy.execute_with(hooks, operation)
    }
}

impl<'a, C, R, M> ResumedCall<'a, C, R, M> {
    pub(super) const fn new(context: CallContext<'a, C, R, M>, token: ResumeToken) -> Self {
        Self { context, token }
    }

    /// Calls an async operation. See [`Policy::call_async`](crate::Policy::call_async).
    ///
    /// # Errors
    ///
    /// As [`Policy::call_async`](crate::Policy::call_async).
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::call_async`](crate::Policy::call_async). The attempt in progress is not counted
    /// anywhere: count it where the token is kept.
    pub async fn call_async<T, E, F>(self, operation: impl FnMut() -> F) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let hooks = self.context.shared.hooks_resuming(&self.token);
        self.context.policy.call_async_with(hooks, operation).await
    }

    /// Calls an async operation and reports how it ended. See
    /// [`Policy::execute_async`](crate::Policy::execute_async).
    ///
    /// # Cancel safety
    ///
    /// As [`call_async`](Self::call_async).
    pub async fn execute_async<T, E, F>(self, operation: impl FnMut() -> F) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let hooks = self.context.shared.hooks_resuming(&self.token);
        let call = self.context.policy.execute_async_with(hooks, operation);
        call.await
    }
}

impl<C, R, M> fmt::Debug for ResumedCall<'_, C, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumedCall")
            .field("context", &self.context)
            .field("token", &self.token)
            .finish()
    }
}

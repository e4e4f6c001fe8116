use std::sync::Arc;

use super::{CallContext, Policy, ResumedCall};
use crate::classify::{Classifier, ResultClassifier};
use crate::drive::{Compiled, Detached, Run, blocking};
use crate::engine::ResumeToken;
use crate::error::Error;
use crate::outcome::Outcome;

impl<C, R> Policy<C, R> {
    /// Calls a sync operation as [`call`](Self::call) does, and cuts its attempts off.
    ///
    /// An attempt that runs longer than the attempt timeout, or beyond the deadline, is abandoned: the
    /// call goes on as after any TRANSIENT failure. Nothing can stop the thread that it runs on, so it
    /// runs until the operation returns, and **what it returns then is dropped there**: it may
    /// overlap with the next attempt, and have its effect late or twice. Prefer a timeout of the
    /// client that the operation uses, where there is one.
    ///
    /// This blocks its thread, as [`call`](Self::call) does; the operation's is another, and none of an
    /// async runtime.
    ///
    /// # Threads
    ///
    /// Attempts run on threads that all policies share, and that end when they have been idle for
    /// 10 s. The attempts of one policy and its clones have
    /// [`max_detached_threads`](crate::PolicyBuilder::max_detached_threads) of them at most. An
    /// attempt that finds none free waits for one, up to the deadline. Once abandoned attempts have
    /// them all, calls are refused with [`StopReason::NoThread`](crate::StopReason::NoThread) until
    /// one returns, and so they are when the system gives no thread.
    ///
    /// # Time
    ///
    /// The limit of an attempt is kept by the policy's clock if that has a
    /// [`timeout_async`](crate::time::Clock::timeout_async), as `redress::testing::VirtualClock` has, and
    /// else by the machine's; a paused tokio clock does not move it.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call). There is no error inside if every attempt was cut off, or if
    /// there was none.
    ///
    /// # Panics
    ///
    /// If an attempt that was not abandoned panics, with what it panicked with.
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use redress::{Cause, Policy, strategies::instant};
    ///
    /// let policy = Policy::builder()
    ///     .attempt_timeout(0.01)
    ///     .strategy(instant())
    ///     .max_attempts(2)
    ///     .build()?;
    /// let hangs = || -> std::io::Result<()> {
    ///     thread::sleep(Duration::from_secs(1));
    ///     Ok(())
    /// };
    /// let error = policy.call_detached(hangs).unwrap_err();
    /// assert_eq!((error.attempts(), error.cause()), (2, Some(Cause::Timeout)));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn call_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.execute_detached(operation).into_result()
    }

    /// Calls a sync operation as [`call_detached`](Self::call_detached) does, and reports how it
    /// ended.
    ///
    /// # Panics
    ///
    /// As [`call_detached`](Self::call_detached).
    pub fn execute_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.context().execute_detached(operation)
    }
}

impl<C, R> CallContext<'_, C, R> {
    /// Calls a sync operation whose attempts can be cut off. See [`Policy::call_detached`]. The hooks
    /// run in the caller's thread.
    ///
    /// # Errors
    ///
    /// As [`Policy::call_detached`].
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn call_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.execute_detached(operation).into_result()
    }

    /// Calls a sync operation whose attempts can be cut off, and reports how it ended. See
    /// [`Policy::execute_detached`]. The hooks run in the caller's thread.
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn execute_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        run(self, None, operation)
    }
}

impl<C, R> ResumedCall<'_, C, R> {
    /// Calls a sync operation whose attempts can be cut off. See [`Policy::call_detached`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call_detached`].
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn call_detached<T, E>(
        self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.execute_detached(operation).into_result()
    }

    /// Calls a sync operation whose attempts can be cut off, and reports how it ended. See
    /// [`Policy::execute_detached`].
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn execute_detached<T, E>(
        self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (context, token) = self.parts();
        run(context, Some(token), operation)
    }
}

fn run<C, R, T, E>(
    context: &CallContext<'_, C, R>,
    resume: Option<&ResumeToken>,
    operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
) -> Outcome<T, E>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
    T: Send + 'static,
    E: Send + 'static,
{
    let policy = &*context.policy;
    let detached = Detached::new(policy.compiled());
    let hooks = context.shared.hooks_detached(resume, &detached);
    let operation = Arc::new(operation);
    let mut run = Run::new_timed(policy, hooks);
    let attempt = |run: &Run<'_, _>| detached.attempt(run.surround(), &operation);
    let returned = blocking::call_cut_off(&mut run, policy, attempt);
    run.outcome(returned)
}

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::context_hooks::{ContextHooks, ContextSettings, Polls};
use super::sessions::NO_CONTEXT;
use super::{AnyCall, CallContext, Policy};
use crate::classify::{Classifier, ResultClassifier};
use crate::delay::Delay;
use crate::drive::{Judge, Run, Verdict, blocking, future};
use crate::error::Error;
use crate::reason::StopReason;

impl Policy {
    /// Creates a policy for [waiting](Self::until_async) until something is ready, for at most `limit`, a
    /// `Duration` or seconds. All else has its default.
    ///
    /// A limit that is infinite or NaN is none; one that is negative is zero, and gives one look. For other
    /// settings build any policy: its deadline is the limit.
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// let polling = Policy::polling(300);
    /// assert_eq!(polling.snapshot().deadline, Some(std::time::Duration::from_secs(300)));
    /// ```
    #[must_use]
    pub fn polling(limit: impl Into<Delay>) -> Self {
        let builder = Self::builder();
        let builder = match limit.into().saturate() {
            Duration::MAX => builder.no_deadline(),
            limit => builder.deadline(limit),
        };
        builder.build_unchecked()
    }
}

/// Says whether what was waited for is ready: `true`, `false`, or not before some time.
///
/// ```
/// use redress::call::Readiness;
///
/// struct Job { done: bool, retry_after: Option<u32> }
///
/// fn readiness(job: &Job) -> Readiness {
///     match job.retry_after {
///         Some(seconds) if !job.done => Readiness::not_for(seconds),
///         _ => job.done.into(),
///     }
/// }
/// assert!(!readiness(&Job { done: false, retry_after: Some(5) }).is_ready());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    ready: bool,
    hint: Option<Duration>,
}

impl Readiness {
    /// It is not ready, and the other side asks to be left alone for so long, as a `Duration` or in
    /// seconds. The next look is then, or [`StopReason::NotReady`](crate::StopReason::NotReady) if that is
    /// beyond the deadline.
    #[must_use]
    pub fn not_for(time: impl Into<Delay>) -> Self {
        Self {
            ready: false,
            hint: Some(time.into().saturate()),
        }
    }

    /// Returns `true` if it is ready.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        self.ready
    }
}

impl From<bool> for Readiness {
    fn from(ready: bool) -> Self {
        Self { ready, hint: None }
    }
}

/// The error of [`Policy::until`]: why the call stopped, and the last value, which was not ready.
///
/// `?` makes an [`Error`] of it, without the value.
///
/// ```
/// use redress::{Policy, StopReason, testing::VirtualClock};
///
/// let policy = Policy::builder().deadline(10).clock(VirtualClock::new()).build()?;
/// let mut percent = 0;
/// let waited = policy.until(
///     || {
///         percent += 1;
///         Ok::<_, std::io::Error>(percent)
///     },
///     |percent| *percent >= 100,
/// );
/// let error = waited.unwrap_err();
/// assert_eq!(error.stop_reason(), StopReason::NotReady);
/// assert!(error.last_value().is_some_and(|percent| *percent > 5));
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct UntilError<T, E> {
    error: Error<E>,
    last: Option<T>,
}

impl<T, E> UntilError<T, E> {
    /// Returns why the call stopped.
    #[must_use]
    pub fn stop_reason(&self) -> StopReason {
        self.error.stop_reason()
    }

    /// Returns the last value, which was not ready; `None` if the last attempt that returned anything
    /// returned an error.
    #[must_use]
    pub const fn last_value(&self) -> Option<&T> {
        self.last.as_ref()
    }

    /// Takes the last value.
    #[must_use]
    pub fn into_last_value(self) -> Option<T> {
        self.last
    }

    /// Returns why the call stopped, and the last error if there was one.
    #[must_use]
    pub const fn error(&self) -> &Error<E> {
        &self.error
    }

    /// Takes it, without the value.
    #[must_use]
    pub fn into_error(self) -> Error<E> {
        self.error
    }
}

impl<T, E> From<UntilError<T, E>> for Error<E> {
    fn from(error: UntilError<T, E>) -> Self {
        error.error
    }
}

impl<T, E: fmt::Debug> fmt::Debug for UntilError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilError")
            .field("error", &self.error)
            .field("last_value", &self.last.is_some())
            .finish()
    }
}

impl<T, E: fmt::Display> fmt::Display for UntilError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T, E: std::error::Error + 'static> std::error::Error for UntilError<T, E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<C, R> Policy<C, R> {
    /// Calls a sync operation until its value is ready, or the policy stops it.
    ///
    /// A value that is not ready is **no failure**: it counts against no cap, costs no budget, is a success
    /// for the circuit breaker, and forgets what failed before it. Errors between are retried as ever.
    /// Only the deadline ends the waiting, with the last value.
    ///
    /// `ready` says whether a value is ready: a `bool`, or a [`Readiness`] where the other side says when
    /// to ask again. A value that the result classifier takes for a failure is one.
    ///
    /// # How often
    ///
    /// The delay before the next look is drawn from 28% to 36% of the time since the first one, and at
    /// least 0.1 s to 0.15 s: 5 s after a quarter of a minute, and more for what takes longer. So a job of
    /// any length is noticed late by a share of its own length, after 1.4 times its time at worst, by few looks:
    ///
    /// | the job takes | seen after, in the mean | looks, at most |
    /// |---|---|---|
    /// | 1 s | 1.15 s | 8 |
    /// | 1 min | 71 s | 22 |
    /// | 1 h | 69 min | 37 |
    ///
    /// A hint is obeyed exactly, or ends the waiting. The last look is just before the deadline.
    ///
    /// Events show each look as an attempt with number 1 that succeeds, and
    /// [`NotYet`](crate::EventName::NotYet) after it; only after an error do numbers go up. A sleep handler
    /// is not asked: nothing has failed.
    ///
    /// There is no `#[retry]` that waits: a function's own error has no place for the last value.
    ///
    /// # Errors
    ///
    /// An [`UntilError`] says why the call stopped, and has the last value.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call); a panic of `ready` counts as one of the operation.
    ///
    /// ```
    /// use redress::{Policy, testing::VirtualClock};
    ///
    /// let policy = Policy::builder().deadline(300).clock(VirtualClock::new()).build()?;
    /// let mut looks = 0;
    /// let done = policy.until(
    ///     || {
    ///         looks += 1;
    ///         Ok::<_, std::io::Error>(looks)
    ///     },
    ///     |looks| *looks == 3,
    /// );
    /// assert_eq!(done.unwrap(), 3);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn until<T, E, Q>(
        &self,
        operation: impl FnMut() -> Result<T, E>,
        ready: impl Fn(&T) -> Q,
    ) -> Result<T, UntilError<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        Q: Into<Readiness>,
    {
        self.until_with(&NO_CONTEXT, operation, ready)
    }

    /// Calls an async operation until its value is ready, or the policy stops it: see
    /// [`until`](Self::until).
    ///
    /// # Errors
    ///
    /// As for [`until`](Self::until).
    ///
    /// # Panics
    ///
    /// As for [`until`](Self::until).
    ///
    /// # Cancel safety
    ///
    /// As for [`call_async`](Self::call_async).
    ///
    /// ```
    /// # struct Job { state: u32 }
    /// # impl Job { fn done(&self) -> bool { self.state == 2 } }
    /// # struct Client(std::cell::Cell<u32>);
    /// # impl Client { async fn job(&self, _id: u32) -> std::io::Result<Job> { self.0.set(self.0.get() + 1); Ok(Job { state: self.0.get() }) } }
    /// use redress::Policy;
    ///
    /// async fn finished(client: &Client, id: u32) -> Result<Job, redress::Error<std::io::Error>> {
    ///     let polling = Policy::polling(300); // seconds
    ///     let job = polling.until_async(|| client.job(id), |job| job.done()).await?;
    ///     Ok(job)
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() { assert!(finished(&Client(0.into()), 7).await.is_ok()); }
    /// ```
    pub fn until_async<T, E, F, Q>(
        &self,
        operation: impl FnMut() -> F,
        ready: impl Fn(&T) -> Q,
    ) -> impl Future<Output = Result<T, UntilError<T, E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
        Q: Into<Readiness>,
    {
        self.until_async_with(&NO_CONTEXT, operation, ready)
    }

    fn until_with<T, E, Q>(
        &self,
        context: &ContextSettings<'_>,
        operation: impl FnMut() -> Result<T, E>,
        ready: impl Fn(&T) -> Q,
    ) -> Result<T, UntilError<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        Q: Into<Readiness>,
    {
        let mut run = Run::new(self, context.hooks_for(Polls));
        let judge = Looks {
            policy: self,
            ready: &ready,
        };
        let returned = blocking::call(&mut run, judge, operation);
        waited(&mut run, returned)
    }

    fn until_async_with<'c, 'a, T, E, F, Q>(
        &'c self,
        context: &'c ContextSettings<'a>,
        operation: impl FnMut() -> F,
        ready: impl Fn(&T) -> Q,
    ) -> impl Future<Output = Result<T, UntilError<T, E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
        Q: Into<Readiness>,
        'a: 'c,
    {
        let run = Run::prepare(self, context.hooks_for(Polls), false);
        let judge = Looks {
            policy: self,
            ready: Arc::new(ready),
        };
        future::CallFuture::new(judge, run, operation, waited)
    }
}

/// Returns the value that is ready, or why there is none.
fn waited<T, E>(
    run: &mut Run<'_, ContextHooks<'_, '_, Polls>>,
    returned: Option<Result<T, E>>,
) -> Result<T, UntilError<T, E>> {
    let report = run.report();
    let (last, source) = match returned {
        Some(Ok(value)) if report.stop_reason.is_none() => return Ok(value),
        Some(Ok(value)) => (Some(value), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    Err(UntilError {
        error: Error::new(source, report),
        last,
    })
}

/// Judges a look: what is no failure may not be ready yet.
struct Looks<'p, C, R, P> {
    policy: &'p Policy<C, R>,
    ready: P,
}

impl<C, R, P: Clone> Clone for Looks<'_, C, R, P> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy,
            ready: self.ready.clone(),
        }
    }
}

impl<C, R, P: Copy> Copy for Looks<'_, C, R, P> {}

impl<C, R, P, T, E, Q> Judge<Result<T, E>> for Looks<'_, C, R, P>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
    P: std::ops::Deref<Target: Fn(&T) -> Q>,
    Q: Into<Readiness>,
{
    fn judge(self, returned: &Result<T, E>) -> Verdict {
        let verdict = self.policy.judge(returned);
        let (Verdict(None), Ok(value)) = (&verdict, returned) else {
            return verdict;
        };
        match (*self.ready)(value).into() {
            Readiness { ready: true, .. } => verdict,
            Readiness { hint, .. } => Verdict::not_ready(hint),
        }
    }
}

impl<C, R> CallContext<'_, C, R, AnyCall> {
    /// Calls a sync operation until its value is ready. See [`Policy::until`].
    ///
    /// ```
    /// use redress::{Policy, testing::VirtualClock};
    ///
    /// let policy = Policy::builder().deadline(300).clock(VirtualClock::new()).build()?;
    /// let context = policy.context().operation("import");
    /// let mut looks = 0;
    /// let look = || {
    ///     looks += 1;
    ///     Ok::<_, std::io::Error>(looks)
    /// };
    /// assert_eq!(context.until(look, |looks| *looks == 3).unwrap(), 3);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Policy::until`].
    pub fn until<T, E, Q>(
        &self,
        operation: impl FnMut() -> Result<T, E>,
        ready: impl Fn(&T) -> Q,
    ) -> Result<T, UntilError<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        Q: Into<Readiness>,
    {
        self.policy.until_with(&self.shared, operation, ready)
    }
}

impl<C, R, M> CallContext<'_, C, R, M> {
    /// Calls an async operation until its value is ready. See [`Policy::until_async`].
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = Policy::polling(300); // seconds
    /// let context = policy.context().operation("import");
    /// let look = || async { Ok::<_, std::io::Error>(5) };
    /// assert_eq!(context.until_async(look, |value| *value == 5).await.unwrap(), 5);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Policy::until_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::until_async`].
    pub fn until_async<T, E, F, Q>(
        &self,
        operation: impl FnMut() -> F,
        ready: impl Fn(&T) -> Q,
    ) -> impl Future<Output = Result<T, UntilError<T, E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
        Q: Into<Readiness>,
    {
        self.policy.until_async_with(&self.shared, operation, ready)
    }
}

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use super::context_hooks::{Capture, ContextSettings};
use super::{Policy, ResumedCall};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::{Classifier, ResultClassifier};
use crate::drive::{SleepDecision, Sleeper};
use crate::engine::ResumeToken;
use crate::error::Error;
use crate::gate::Gate;
use crate::observe::{AttemptEnd, AttemptStart, Observer, OnAttemptEnd, OnAttemptStart, Timeline};
use crate::outcome::Outcome;
use crate::strategies::BackoffContext;

/// The settings of one call, or of many that share them: a name, hooks, a way to stop.
///
/// It borrows its policy (that of a `PolicyHandle` owns it) and may borrow what
/// its hooks use. One context serves calls of many types, sync and async.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use redress::{Policy, StopReason};
///
/// let shutdown = AtomicBool::new(true);
/// let policy = Policy::new();
/// let context = policy.context().operation("sync_user").abort_if(|| shutdown.load(Relaxed));
/// let outcome = context.execute(|| Ok::<_, std::io::Error>(()));
/// assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
/// assert_eq!(outcome.attempts, 0);
/// ```
///
/// A context that holds something to be awaited serves async calls only: its `M` is [`AsyncOnly`],
/// and it has no [`call`](Self::call).
pub struct CallContext<'a, C, R, M = AnyCall> {
    /// Owned by the context of a handle, whose policy changes while calls run.
    pub(super) policy: Cow<'a, Policy<C, R>>,
    pub(super) shared: ContextSettings<'a>,
    calls: PhantomData<M>,
}

/// Marks a [`CallContext`] for sync and async calls.
#[derive(Debug, Clone, Copy)]
pub struct AnyCall;

/// Marks a [`CallContext`] with a hook that is awaited, for async calls only.
///
/// ```compile_fail,E0599
/// let policy = redress::Policy::new();
/// let context = policy.context().before_sleep_async(|_, _| async {});
/// context.call(|| Ok::<_, std::io::Error>(())); // nothing awaits the hook here
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AsyncOnly;

impl<'a, C, R> CallContext<'a, C, R> {
    pub(crate) fn new(policy: Cow<'a, Policy<C, R>>) -> Self {
        Self {
            policy,
            shared: ContextSettings::default(),
            calls: PhantomData,
        }
    }
}

impl<'a, C, R, M> CallContext<'a, C, R, M> {
    /// Names the operation in events. Default: the policy's name.
    #[must_use]
    pub fn operation(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.shared.operation = Some(name.into());
        self
    }

    /// Gives each outcome a timeline of its own.
    #[must_use]
    pub fn capture_timeline(mut self) -> Self {
        self.shared.hooked().timeline = Capture::Outcome;
        self
    }

    /// Adds the events of each call to `timeline`, which the caller keeps and may use again:
    /// [`Timeline::clear`] keeps its memory. Outcomes have none of their own then.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use redress::observe::Timeline;
    /// use redress::{EventName, Policy};
    ///
    /// let (policy, timeline) = (Policy::new(), Mutex::new(Timeline::new()));
    /// let context = policy.context().capture_timeline_into(&timeline);
    /// for _ in 0..2 {
    ///     context.call(|| Ok::<_, std::io::Error>(())).unwrap();
    ///     let mut timeline = timeline.lock().unwrap();
    ///     assert_eq!(timeline.events().len(), 1);
    ///     assert_eq!(timeline.events()[0].name, EventName::Success);
    ///     timeline.clear();
    /// }
    /// ```
    #[must_use]
    pub fn capture_timeline_into(mut self, timeline: &'a Mutex<Timeline>) -> Self {
        self.shared.hooked().timeline = Capture::Into(timeline);
        self
    }

    /// Stops the call when `abort` says so: asked before each attempt and after each failure. It does
    /// not interrupt a pause or an attempt in progress; [`abort_on`](Self::abort_on) interrupts a
    /// pause. A call that an open circuit breaker refuses
    /// anyway is refused, even if `abort` returns `true`.
    #[must_use]
    pub fn abort_if(mut self, abort: impl Fn() -> bool + Send + Sync + 'a) -> Self {
        self.shared.hooked().abort_if = Some(Box::new(abort));
        self
    }

    /// Stops each call when a future ends, which `abort` makes for it: asked where
    /// [`abort_if`](Self::abort_if) is asked, and in an async call a pause ends at once. An attempt
    /// in progress is left to end by itself. A sync call asks, but nothing wakes it from a pause.
    ///
    /// A token of `tokio-util` is `abort_on(|| token.cancelled())`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use redress::{Policy, StopReason, strategies::fixed};
    ///
    /// let policy = Policy::builder().strategy(fixed(30)).build().unwrap();
    /// let (shutdown, stopping) = tokio::sync::watch::channel(false);
    /// let context = policy.context().abort_on(|| {
    ///     let mut stopping = stopping.clone();
    ///     // A sender that is gone stops nothing; one that says so does.
    ///     async move { if stopping.wait_for(|stop| *stop).await.is_err() { std::future::pending().await } }
    /// });
    /// let down = || async { Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)) };
    /// let call = context.execute_async(down);
    /// let (outcome, _) = tokio::join!(call, async { shutdown.send(true) });
    /// assert_eq!(outcome.stop_reason, Some(StopReason::Aborted)); // 30 s before its time
    /// # }
    /// ```
    #[must_use]
    pub fn abort_on<F>(mut self, abort: impl Fn() -> F + Send + Sync + 'a) -> Self
    where
        F: Future<Output = ()> + Send + 'a,
    {
        self.shared.hooked().abort_on = Some(Box::new(move || Box::pin(abort())));
        self
    }

    /// Sets what async calls wait with, in place of the policy's sleeper and clock: their pauses and
    /// the time of their attempts.
    #[must_use]
    pub fn sleeper(mut self, sleeper: impl Sleeper + 'a) -> Self {
        self.shared.hooked().sleeper = Some(Box::new(sleeper));
        self
    }

    /// Sets what sync calls pause with, in place of the policy's clock: a function that returns when
    /// the time is over, or earlier.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use std::time::Duration;
    /// use redress::{Policy, strategies::fixed};
    ///
    /// let policy = Policy::builder().strategy(fixed(1)).max_attempts(2).build()?;
    /// let slept = Mutex::new(Duration::ZERO);
    /// policy
    ///     .context()
    ///     .blocking_sleeper(|pause| *slept.lock().unwrap() += pause)
    ///     .execute(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)));
    /// assert_eq!(*slept.lock().unwrap(), Duration::from_secs(1));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn blocking_sleeper(mut self, sleep: impl Fn(Duration) + Send + Sync + 'a) -> Self {
        self.shared.hooked().blocking_sleeper = Some(Box::new(sleep));
        self
    }

    /// Sets a function that decides before each sleep: sleep, defer the rest of the operation, or stop.
    #[must_use]
    pub fn sleep_handler(
        mut self,
        handler: impl Fn(&BackoffContext<'_>, Duration) -> SleepDecision + Send + Sync + 'a,
    ) -> Self {
        self.shared.hooked().sleep_handler = Some(Box::new(handler));
        self
    }

    /// Adds a hook that is called before each sleep that really happens.
    #[must_use]
    pub fn before_sleep(
        mut self,
        hook: impl Fn(&BackoffContext<'_>, Duration) + Send + Sync + 'a,
    ) -> Self {
        self.shared.hooked().before_sleep = Some(Box::new(hook));
        self
    }

    /// Adds a hook that is awaited before each sleep that really happens; the sleep starts when it
    /// has ended. The context then serves async calls only. A panic in it ends it and changes
    /// nothing. The deadline cuts it off, and ends the call where the hook has left no time for the
    /// pause.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use redress::{Policy, testing::VirtualClock};
    ///
    /// let policy = Policy::builder().clock(VirtualClock::new()).build().unwrap();
    /// let (told, mut told_of) = tokio::sync::mpsc::channel(1);
    /// let context = policy.context().before_sleep_async(|ctx, _sleep| {
    ///     let (told, attempt) = (told.clone(), ctx.attempt);
    ///     async move { told.send(attempt).await.unwrap_or(()) }
    /// });
    /// let mut failures = 1;
    /// context
    ///     .call_async(|| {
    ///         failures -= 1;
    ///         let down = || Err(std::io::Error::from(std::io::ErrorKind::TimedOut));
    ///         std::future::ready(if failures == 0 { down() } else { Ok(()) })
    ///     })
    ///     .await
    ///     .unwrap();
    /// assert_eq!(told_of.recv().await, Some(1));
    /// # }
    /// ```
    #[must_use]
    pub fn before_sleep_async<F>(
        mut self,
        hook: impl Fn(&BackoffContext<'_>, Duration) -> F + Send + Sync + 'a,
    ) -> CallContext<'a, C, R, AsyncOnly>
    where
        F: Future<Output = ()> + Send + 'a,
    {
        self.shared.hooked().before_sleep_async =
            Some(Box::new(move |ctx, sleep| Box::pin(hook(ctx, sleep))));
        CallContext {
            policy: self.policy,
            shared: self.shared,
            calls: PhantomData,
        }
    }

    /// Adds an observer for these calls, beside the policy's own: a closure `|event: &Event<'_>| ...`,
    /// or an [`Observer`] that also sees attempts.
    #[must_use]
    pub fn on_event(mut self, observer: impl Observer + 'a) -> Self {
        self.shared.hooked().observers.push(Box::new(observer));
        self
    }

    /// Adds a hook that sees each attempt of these calls start.
    #[must_use]
    pub fn on_attempt_start(self, hook: impl Fn(&AttemptStart<'_>) + Send + Sync + 'a) -> Self {
        self.on_event(OnAttemptStart(hook))
    }

    /// Adds a hook that sees each attempt of these calls end: exactly one end for each start.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use redress::observe::AttemptStatus;
    /// use redress::Policy;
    ///
    /// let seen = Mutex::new(Vec::new());
    /// let policy = Policy::new();
    /// policy
    ///     .context()
    ///     .on_attempt_end(|attempt| seen.lock().unwrap().push((attempt.attempt(), attempt.status())))
    ///     .execute(|| Ok::<_, std::io::Error>(()));
    /// assert_eq!(*seen.lock().unwrap(), [(1, AttemptStatus::Succeeded)]);
    /// ```
    #[must_use]
    pub fn on_attempt_end(self, hook: impl Fn(&AttemptEnd<'_>) + Send + Sync + 'a) -> Self {
        self.on_event(OnAttemptEnd(hook))
    }

    /// Asks this circuit breaker in place of the policy's, and tells it how each call ended. See
    /// [`PolicyBuilder::circuit_breaker`](crate::PolicyBuilder::circuit_breaker).
    ///
    /// One policy serves several dependencies so, each with a breaker of its own:
    ///
    /// ```
    /// use redress::{CircuitBreaker, Policy, StopReason};
    ///
    /// let (policy, shards) = (Policy::new(), [CircuitBreaker::new(), CircuitBreaker::new()]);
    /// shards[1].force_open();
    /// let read = |shard: usize| {
    ///     let context = policy.context().circuit_breaker(shards[shard].clone());
    ///     context.execute(|| Ok::<_, std::io::Error>(shard))
    /// };
    /// assert!(read(0).is_ok());
    /// assert_eq!(read(1).stop_reason, Some(StopReason::CircuitOpen));
    /// ```
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: impl Into<CircuitBreaker>) -> Self {
        self.shared.breaker = Some(breaker.into());
        self
    }

    /// Spends the retries of these calls from this budget in place of the policy's.
    ///
    /// Settings of the budget that are wrong are not reported here: it then allows fewer retries
    /// rather than more.
    ///
    /// ```
    /// use redress::{Budget, Policy, StopReason};
    ///
    /// let (policy, no_retries) = (Policy::new(), Budget::rolling(0, 60));
    /// let outcome = policy
    ///     .context()
    ///     .budget(no_retries)
    ///     .execute(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)));
    /// assert_eq!(outcome.stop_reason, Some(StopReason::BudgetExhausted));
    /// ```
    #[must_use]
    pub fn budget(mut self, budget: impl Into<Budget>) -> Self {
        self.shared.budget = Some(budget.into());
        self
    }

    /// Lets these calls wait at this gate in place of the policy's: that of the account or the model that
    /// they are about.
    ///
    /// ```
    /// use redress::{Gate, Policy, StopReason};
    ///
    /// let (policy, account) = (Policy::new(), Gate::named("account"));
    /// account.close_for(120); // twice as long as the deadline
    /// let outcome = policy.context().gate(account).execute(|| Ok::<_, std::io::Error>(()));
    /// assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    /// assert!(outcome.retry_after.unwrap().as_secs() > 118);
    /// assert_eq!(outcome.attempts, 0);
    /// ```
    #[must_use]
    pub fn gate(mut self, gate: impl Into<Gate>) -> Self {
        self.shared.gate = Some(gate.into());
        self
    }

    /// Applies the operation at most once: as [`PolicyBuilder::once`](crate::PolicyBuilder::once), for
    /// these calls.
    ///
    /// ```
    /// use redress::{Policy, StopReason};
    ///
    /// let policy = Policy::new();
    /// let reset = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    /// let outcome = policy.context().once().execute(reset);
    /// assert_eq!(outcome.attempts, 1); // the request may have arrived
    /// assert_eq!(outcome.stop_reason, Some(StopReason::MayHaveBeenApplied));
    /// ```
    #[must_use]
    pub fn once(mut self) -> Self {
        self.shared.once = true;
        self
    }

    /// Goes on with an operation that was deferred, once its delay has passed. Say everything else
    /// before: what this returns makes one call.
    ///
    /// ```
    /// use redress::{Policy, SleepDecision, StopReason, strategies::fixed};
    ///
    /// let policy = Policy::builder().strategy(fixed(2)).max_attempts(2).build()?;
    /// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    /// let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    /// let outcome = deferring.execute(down);
    /// assert_eq!(outcome.next_sleep.unwrap().as_secs(), 2);
    ///
    /// let token = outcome.resume_token().unwrap();
    /// let outcome = policy.context().resume(token).execute(down);
    /// assert_eq!(outcome.attempts, 2);
    /// assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub const fn resume(self, token: ResumeToken) -> ResumedCall<'a, C, R, M> {
        ResumedCall::new(self, token)
    }
}

impl<C, R> CallContext<'_, C, R> {
    /// Calls a sync operation. See [`Policy::call`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call`].
    pub fn call<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.policy.call_with(self.shared.hooks(), operation)
    }

    /// Calls a sync operation and reports how it ended. See [`Policy::execute`].
    pub fn execute<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.policy.execute_with(self.shared.hooks(), operation)
    }
}

impl<C, R, M> CallContext<'_, C, R, M> {
    /// Calls an async operation. See [`Policy::call_async`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::call_async`].
    pub fn call_async<T, E, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.policy.call_async_with(self.shared.hooks(), operation)
    }

    /// Calls an async operation and reports how it ended. See [`Policy::execute_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::call_async`].
    pub fn execute_async<T, E, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.policy
            .execute_async_with(self.shared.hooks(), operation)
    }
}

impl<'a, C, R> From<&'a Policy<C, R>> for CallContext<'a, C, R> {
    /// As [`Policy::context`].
    fn from(policy: &'a Policy<C, R>) -> Self {
        policy.context()
    }
}

impl<'a, C, R, F> From<&'a LazyLock<Policy<C, R>, F>> for CallContext<'a, C, R>
where
    F: FnOnce() -> Policy<C, R>,
{
    /// As [`Policy::context`], for a policy in a static.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use redress::{CallContext, Policy};
    ///
    /// static ORDERS: LazyLock<Policy> = LazyLock::new(Policy::recommended);
    ///
    /// let call = CallContext::from(&ORDERS);
    /// assert_eq!(call.call(|| Ok::<_, std::io::Error>(5)).unwrap(), 5);
    /// ```
    fn from(policy: &'a LazyLock<Policy<C, R>, F>) -> Self {
        policy.context()
    }
}

impl<C, R, M> fmt::Debug for CallContext<'_, C, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("operation", &self.shared.operation)
            .finish_non_exhaustive()
    }
}

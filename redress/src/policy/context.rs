use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use super::Policy;
use crate::drive::{Hooks, shielded};
use crate::{
    AttemptEnd, AttemptStart, BackoffContext, Classifier, Error, Event, Observer, Outcome,
    ResultClassifier, SleepDecision, Timeline,
};

/// The settings of one call, or of many that share them: a name, hooks, a way to stop.
///
/// It borrows its policy and may borrow what its hooks use. One context serves calls of many
/// types, sync and async.
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
pub struct CallContext<'a, C, R> {
    policy: &'a Policy<C, R>,
    operation: Option<Cow<'a, str>>,
    timeline: bool,
    abort_if: Option<Box<dyn Fn() -> bool + Send + Sync + 'a>>,
    sleep_handler: Option<SleepHandler<'a>>,
    before_sleep: Option<Box<SleepHook<'a>>>,
    observers: Vec<Box<dyn Observer + 'a>>,
}

type SleepHandler<'a> =
    Box<dyn Fn(&BackoffContext<'_>, Duration) -> SleepDecision + Send + Sync + 'a>;
type SleepHook<'a> = dyn Fn(&BackoffContext<'_>, Duration) + Send + Sync + 'a;

impl<'a, C, R> CallContext<'a, C, R> {
    pub(super) const fn new(policy: &'a Policy<C, R>) -> Self {
        Self {
            policy,
            operation: None,
            timeline: false,
            abort_if: None,
            sleep_handler: None,
            before_sleep: None,
            observers: Vec::new(),
        }
    }

    /// Names the operation in events. Default: the policy's name.
    #[must_use]
    pub fn operation(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Gives each outcome a timeline of its own.
    #[must_use]
    pub fn capture_timeline(mut self) -> Self {
        self.timeline = true;
        self
    }

    /// Stops the call when `abort` says so: asked before each attempt and after each failure. It does
    /// not interrupt a pause or an attempt in progress. A call that an open circuit breaker refuses
    /// anyway is refused, whatever `abort` says.
    #[must_use]
    pub fn abort_if(mut self, abort: impl Fn() -> bool + Send + Sync + 'a) -> Self {
        self.abort_if = Some(Box::new(abort));
        self
    }

    /// Decides before each sleep whether to sleep, to leave the wait to somebody else, or to stop.
    #[must_use]
    pub fn sleep_handler(
        mut self,
        handler: impl Fn(&BackoffContext<'_>, Duration) -> SleepDecision + Send + Sync + 'a,
    ) -> Self {
        self.sleep_handler = Some(Box::new(handler));
        self
    }

    /// Adds a hook that is called before each sleep that really happens.
    #[must_use]
    pub fn before_sleep(
        mut self,
        hook: impl Fn(&BackoffContext<'_>, Duration) + Send + Sync + 'a,
    ) -> Self {
        self.before_sleep = Some(Box::new(hook));
        self
    }

    /// Adds an observer for these calls, beside the policy's own.
    #[must_use]
    pub fn on_event(mut self, observer: impl Observer + 'a) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

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
        self.policy.call_with(self.hooks(), operation)
    }

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
        self.policy.call_async_with(self.hooks(), operation)
    }

    /// Calls a sync operation and reports how it ended. See [`Policy::execute`].
    pub fn execute<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.policy.execute_with(self.hooks(), operation)
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
        self.policy.execute_async_with(self.hooks(), operation)
    }
}

/// The hooks of one call: those of its context, and a timeline of its own.
struct ContextHooks<'a, C, R> {
    context: &'a CallContext<'a, C, R>,
    timeline: Option<Box<RefCell<Timeline>>>,
}

impl<'a, C, R> CallContext<'a, C, R> {
    fn hooks(&'a self) -> ContextHooks<'a, C, R> {
        ContextHooks {
            context: self,
            timeline: self.timeline.then(Box::default),
        }
    }

    /// One broken observer must not hide an event from the next.
    fn each_observer(&self, see: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            shielded((), || see(observer.as_ref()));
        }
    }
}

impl<C, R> Hooks for ContextHooks<'_, C, R> {
    fn operation(&self) -> Option<&str> {
        self.context.operation.as_deref()
    }

    fn take_timeline(&mut self) -> Option<Timeline> {
        self.timeline.take().map(|timeline| timeline.into_inner())
    }

    fn abort(&self) -> bool {
        self.context.abort_if.as_ref().is_some_and(|abort| abort())
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(timeline) = &self.timeline {
            timeline.borrow_mut().push(event);
        }
        self.context
            .each_observer(|observer| observer.on_event(event));
    }

    fn attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.context
            .each_observer(|observer| observer.on_attempt_start(attempt));
    }

    fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.context
            .each_observer(|observer| observer.on_attempt_end(attempt));
    }

    fn sleep_decision(&self, ctx: &BackoffContext<'_>, sleep: Duration) -> SleepDecision {
        match &self.context.sleep_handler {
            Some(handler) => handler(ctx, sleep),
            None => SleepDecision::Sleep,
        }
    }

    fn before_sleep(&self, ctx: &BackoffContext<'_>, sleep: Duration) {
        if let Some(hook) = &self.context.before_sleep {
            hook(ctx, sleep);
        }
    }
}

impl<C, R> fmt::Debug for CallContext<'_, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

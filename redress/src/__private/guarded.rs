use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{AttemptEnd, AttemptStart, BackoffContext, Budget, CircuitBreaker, Event, Gate, Hooks};
use crate::drive::SleepDecision;
use crate::observe::{CallEnd, CallObserver, CallStart, Timeline};

/// Hooks beside what else is the call's own: a breaker, a budget, a gate, that it is `once`.
#[derive(Debug)]
pub struct Guarded<'a, H> {
    /// The breaker; `None` leaves the policy's.
    pub breaker: Option<&'a CircuitBreaker>,
    /// The budget; `None` leaves the policy's.
    pub budget: Option<&'a Budget>,
    /// The gate; `None` leaves the policy's.
    pub gate: Option<&'a Gate>,
    /// Only what is unsent is retried; `false` leaves it to the policy.
    pub once: bool,
    /// Everything else.
    pub hooks: H,
}

impl<H: Hooks> Hooks for Guarded<'_, H> {
    #[inline]
    fn is_active(&self) -> bool {
        self.hooks.is_active()
    }

    #[inline]
    fn is_guarded(&self) -> bool {
        true
    }

    #[inline]
    fn breaker(&self) -> Option<&CircuitBreaker> {
        self.breaker
    }

    #[inline]
    fn budget(&self) -> Option<&Budget> {
        self.budget
    }

    #[inline]
    fn gate(&self) -> Option<&Gate> {
        self.gate
    }

    #[inline]
    fn once(&self) -> bool {
        self.once
    }

    fn operation(&self) -> Option<&str> {
        self.hooks.operation()
    }

    fn take_timeline(&mut self) -> Option<Timeline> {
        self.hooks.take_timeline()
    }

    fn abort(&self) -> bool {
        self.hooks.abort()
    }

    fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.hooks.poll_abort(cx)
    }

    fn call_start(&self, call: &CallStart<'_>, watchers: &mut Vec<Arc<dyn CallObserver>>) {
        self.hooks.call_start(call, watchers);
    }

    fn call_end(&self, call: &CallEnd<'_>) {
        self.hooks.call_end(call);
    }

    fn event(&self, event: &Event<'_>) {
        self.hooks.event(event);
    }

    fn attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.hooks.attempt_start(attempt);
    }

    fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.hooks.attempt_end(attempt);
    }

    fn sleep_decision(&self, ctx: &BackoffContext<'_>, sleep: Duration) -> SleepDecision {
        self.hooks.sleep_decision(ctx, sleep)
    }

    fn before_sleep(&self, ctx: &BackoffContext<'_>, sleep: Duration) {
        self.hooks.before_sleep(ctx, sleep);
    }
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::{AttemptEnd, AttemptStart, BackoffContext, Budget, CircuitBreaker, Event, Timeline};

/// What a sleep handler decides before a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SleepDecision {
    /// Sleep, then try again.
    Sleep,
    /// Stop with [`StopReason::Scheduled`](crate::StopReason::Scheduled): somebody else waits and
    /// comes back later.
    Defer,
    /// Stop with [`StopReason::Aborted`](crate::StopReason::Aborted).
    Abort,
}

/// What one call brings of its own, beside its policy.
pub trait Hooks {
    /// Tells whether there is anything to call at all.
    #[inline]
    fn is_active(&self) -> bool {
        true
    }
    /// Tells whether there is a breaker or a budget of the call's own.
    #[inline]
    fn is_guarded(&self) -> bool {
        false
    }
    /// Returns the call's own circuit breaker; `None` leaves the policy's.
    #[inline]
    fn breaker(&self) -> Option<&CircuitBreaker> {
        None
    }
    /// Returns the call's own budget; `None` leaves the policy's.
    #[inline]
    fn budget(&self) -> Option<&Budget> {
        None
    }
    /// Names the operation; `None` leaves the policy's name.
    fn operation(&self) -> Option<&str> {
        None
    }
    /// Gives the timeline away that was asked for.
    fn take_timeline(&mut self) -> Option<Timeline> {
        None
    }
    /// Tells whether the call should stop.
    fn abort(&self) -> bool {
        false
    }
    /// Sees an event.
    fn event(&self, _event: &Event<'_>) {}
    /// Sees an attempt start.
    fn attempt_start(&self, _attempt: &AttemptStart<'_>) {}
    /// Sees an attempt end.
    fn attempt_end(&self, _attempt: &AttemptEnd<'_>) {}
    /// Decides about a sleep.
    fn sleep_decision(&self, _ctx: &BackoffContext<'_>, _sleep: Duration) -> SleepDecision {
        SleepDecision::Sleep
    }
    /// Sees that a sleep follows.
    fn before_sleep(&self, _ctx: &BackoffContext<'_>, _sleep: Duration) {}
}

impl Hooks for () {
    #[inline]
    fn is_active(&self) -> bool {
        false
    }
}

/// Calls a user's hook. A panic in it is caught and gives `fallback`.
pub(crate) fn shielded<T>(fallback: T, hook: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(hook)).unwrap_or(fallback)
}

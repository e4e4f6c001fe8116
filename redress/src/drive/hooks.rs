use std::task::{Context, Poll};
use std::time::Duration;

use super::drivers::Detached;
use super::wait::Sleeper;

use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::engine::ResumeToken;
use crate::observe::{AttemptEnd, AttemptStart, Event, Timeline};
use crate::strategies::BackoffContext;

/// What a sleep handler decides before a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SleepDecision {
    /// Sleep, then try again.
    Sleep,
    /// Stop with [`StopReason::Scheduled`](crate::StopReason::Scheduled): somebody else waits and
    /// comes back later, with the [resume token](crate::Outcome::resume_token) that `execute` returns
    /// and `call` does not.
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
    /// Returns where the operation stopped that the call goes on with.
    fn resumed(&self) -> Option<&ResumeToken> {
        None
    }
    /// Returns the threads that the attempts run on, where they run on others than the call's own.
    #[expect(private_interfaces, reason = "only this crate has such a call")]
    fn detached(&self) -> Option<&Detached<'_>> {
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
    /// Tells whether [`before_sleep`](Self::before_sleep) has left something to be awaited.
    fn prepares_sleep(&self) -> bool {
        false
    }
    /// Awaits what [`before_sleep`](Self::before_sleep) has left.
    fn poll_before_sleep(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
    /// Waits until the call should stop; [`abort`](Self::abort) says the same from then on.
    fn poll_abort(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
    /// Returns what async calls wait with; `None` leaves it to the policy.
    fn sleeper(&self) -> Option<&dyn Sleeper> {
        None
    }
    /// Returns what sync calls sleep with; `None` leaves it to the policy.
    fn blocking_sleeper(&self) -> Option<&dyn Fn(Duration)> {
        None
    }
}

impl Hooks for () {
    #[inline]
    fn is_active(&self) -> bool {
        false
    }
}

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::drivers::Detached;
use super::session::SessionWatch;
use super::wait::Sleeper;

use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::engine::ResumeToken;
use crate::gate::Gate;
use crate::observe::{AttemptEnd, AttemptStart, CallEnd, CallObserver, CallStart, Event, Timeline};
use crate::strategies::BackoffContext;

/// The decision of a sleep handler before a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SleepDecision {
    /// Sleep, then try again.
    Sleep,
    /// Stop with [`StopReason::Scheduled`](crate::StopReason::Scheduled): another call continues later,
    /// from the [resume token](crate::Outcome::resume_token) that `execute` returns and `call` does not.
    Defer,
    /// Stop with [`StopReason::Aborted`](crate::StopReason::Aborted).
    Abort,
}

/// The hooks and resources of one call, beside those of its policy.
pub trait Hooks {
    /// Returns `true` if there is a hook to call. Without one, a call may still be
    /// [guarded](Self::is_guarded), [`once`](Self::once), or have a name and a sleeper.
    #[inline]
    fn is_active(&self) -> bool {
        true
    }
    /// Returns `true` if the call has a breaker, a budget or a gate of its own.
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
    /// Returns the call's own gate; `None` leaves the policy's.
    #[inline]
    fn gate(&self) -> Option<&Gate> {
        None
    }
    /// Returns `true` if the call is to be applied at most once, also where its policy does not say so.
    #[inline]
    fn once(&self) -> bool {
        false
    }
    /// Returns the token from which this call continues, if it resumes an operation.
    fn resumed(&self) -> Option<&ResumeToken> {
        None
    }
    /// Returns the threads of a call whose attempts are detached.
    #[expect(private_interfaces, reason = "only this crate has such a call")]
    fn detached(&self) -> Option<&Detached<'_>> {
        None
    }
    /// Returns what watches the attempts of a call that is a session.
    #[expect(private_interfaces, reason = "only this crate has such a call")]
    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        None
    }
    /// Returns `true` if a value may be one that is not ready yet.
    #[inline]
    fn polls(&self) -> bool {
        false
    }
    /// Returns the operation's name; `None` leaves the policy's.
    fn operation(&self) -> Option<&str> {
        None
    }
    /// Takes the timeline, if the call captures one.
    fn take_timeline(&mut self) -> Option<Timeline> {
        None
    }
    /// Returns `true` if the call should stop.
    fn abort(&self) -> bool {
        false
    }
    /// Sees the call start, and adds what watches it alone.
    fn call_start(&self, _call: &CallStart<'_>, _watchers: &mut Vec<Arc<dyn CallObserver>>) {}
    /// Sees the call end.
    fn call_end(&self, _call: &CallEnd<'_>) {}
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
    /// Returns `true` if [`before_sleep`](Self::before_sleep) has left a future to be awaited.
    fn prepares_sleep(&self) -> bool {
        false
    }
    /// Polls the future that [`before_sleep`](Self::before_sleep) has left.
    fn poll_before_sleep(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
    /// Is ready once the call should stop; [`abort`](Self::abort) returns `true` from then on.
    fn poll_abort(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
    /// Returns the sleeper of async calls; `None` leaves the policy's.
    fn sleeper(&self) -> Option<&dyn Sleeper> {
        None
    }
    /// Returns the function with which sync calls sleep; `None` leaves the policy's clock.
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

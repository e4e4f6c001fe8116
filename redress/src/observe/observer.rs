use std::sync::Arc;

use super::{AttemptEnd, AttemptStart, CallEnd, CallObserver, CallStart, Event, Interest};
use crate::breaker::CircuitChange;

/// Sees every decision, every attempt and every call. Any `Fn(&Event<'_>)` is one, and so are several in
/// a tuple.
///
/// Each method does nothing unless it is written: an observer has those for what it wants to see. What
/// it does not want, it says in [`interest`](Self::interest), so that calls do not pay for it.
///
/// Each call is shown to an observer in this order: its start; for each attempt the start, the end, then
/// the decision that follows; its end. There is exactly one end for each start, also of a call that is
/// cancelled, refused or deferred, or that panics.
///
/// A panic in an observer is caught and changes nothing. Observers run on the caller's thread,
/// between attempts: keep them short.
///
/// ```
/// use redress::observe::{AttemptEnd, CallEnd};
/// use redress::{Event, Observer, Policy};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn on_event(&self, event: &Event<'_>) {
///         println!("{} after attempt {}", event.name(), event.attempt());
///     }
///     fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
///         println!("attempt {} took {:?}", attempt.attempt(), attempt.duration());
///     }
///     fn on_call_end(&self, call: &CallEnd<'_>) {
///         println!("{} with {} retries", call.result(), call.retries());
///     }
/// }
/// let policy = Policy::builder().on_event(Log).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an observer",
    label = "not an observer",
    note = "an observer is a closure `|event: &Event<'_>| ...` or a type that implements `redress::Observer`"
)]
pub trait Observer: Send + Sync {
    /// Sees a decision.
    fn on_event(&self, event: &Event<'_>) {
        let _ = event;
    }

    /// Sees an attempt start.
    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        let _ = attempt;
    }

    /// Sees the same attempt end, also when it panics or its future is dropped.
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let _ = attempt;
    }

    /// Sees a call start, before anything is decided about it. May return what watches this call alone;
    /// `None`, the default, allocates nothing.
    fn on_call_start(&self, call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        let _ = call;
        None
    }

    /// Sees the same call end, once, however it ends.
    fn on_call_end(&self, call: &CallEnd<'_>) {
        let _ = call;
    }

    /// Sees a circuit breaker change its state: any breaker of the program, whatever has changed it, a
    /// call, a [`Permit`](crate::breaker::Permit) or [`force_open`](crate::CircuitBreaker::force_open).
    /// Only for an observer that is the [default](super::set_default); to watch one breaker there is
    /// [`on_change`](crate::breaker::CircuitBreakerBuilder::on_change).
    fn on_circuit_change(&self, change: &CircuitChange<'_>) {
        let _ = change;
    }

    /// Returns what it wants to see. Asked once, when a policy is built. Default: everything.
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    /// Adds itself to the observers of a policy: a tuple adds its parts, each with its own interest.
    #[doc(hidden)]
    fn add_to(self, all: &mut Vec<Arc<dyn Observer>>)
    where
        Self: Sized + 'static,
    {
        all.push(Arc::new(self));
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event<'_>) {
        self(event);
    }

    fn interest(&self) -> Interest {
        Interest::ALL.without_attempts()
    }
}

/// Adapts a function of attempt starts.
pub(crate) struct OnAttemptStart<F>(pub(crate) F);

impl<F: Fn(&AttemptStart<'_>) + Send + Sync> Observer for OnAttemptStart<F> {
    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        (self.0)(attempt);
    }
}

/// Adapts a function of attempt ends.
pub(crate) struct OnAttemptEnd<F>(pub(crate) F);

impl<F: Fn(&AttemptEnd<'_>) + Send + Sync> Observer for OnAttemptEnd<F> {
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        (self.0)(attempt);
    }
}

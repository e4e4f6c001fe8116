use std::sync::Arc;

use super::{AttemptEnd, AttemptStart, Event};

/// Sees every decision and every attempt of every call. Any `Fn(&Event<'_>)` is one.
///
/// Each method does nothing unless it is written: an observer has those for what it wants to see.
///
/// A panic in an observer is caught and changes nothing. Observers run on the caller's thread,
/// between attempts: keep them short.
///
/// ```
/// use redress::observe::AttemptEnd;
/// use redress::{Event, Observer, Policy};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn on_event(&self, event: &Event<'_>) {
///         println!("{} after attempt {}", event.name(), event.attempt());
///     }
///     fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
///         println!("attempt {} took until {:?}", attempt.attempt(), attempt.elapsed());
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

    /// Returns `true` if showing it attempts is of any use. Asked once, when a policy is built: a
    /// policy whose observers are all closures of events spares its calls the attempts.
    ///
    /// Not for implementors, whose every method is called: only the closures of this crate know that
    /// they have none.
    #[doc(hidden)]
    fn sees_attempts(&self) -> bool {
        true
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event<'_>) {
        self(event);
    }

    fn sees_attempts(&self) -> bool {
        false
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

/// The observers of a policy.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    all: Vec<Arc<dyn Observer>>,
    /// Those that see attempts, too: most are closures, which see none.
    of_attempts: Vec<Arc<dyn Observer>>,
}

impl Observers {
    pub(crate) fn push(&mut self, observer: Arc<dyn Observer>) {
        if observer.sees_attempts() {
            self.of_attempts.push(Arc::clone(&observer));
        }
        self.all.push(observer);
    }

    /// Returns those that see events, which is all of them.
    #[inline]
    pub(crate) fn of_events(&self) -> &[Arc<dyn Observer>] {
        &self.all
    }

    /// Returns those that see attempts.
    #[inline]
    pub(crate) fn of_attempts(&self) -> &[Arc<dyn Observer>] {
        &self.of_attempts
    }
}

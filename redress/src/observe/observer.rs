use std::sync::Arc;

use super::{AttemptEnd, AttemptStart, Event};

/// Sees every decision of every call. Any `Fn(&Event<'_>)` is one.
///
/// A panic in an observer is caught and changes nothing. Observers run on the caller's thread,
/// between attempts: keep them short.
///
/// ```
/// use redress::{AttemptEnd, Event, Observer, Policy};
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
    fn on_event(&self, event: &Event<'_>);

    /// Sees an attempt start.
    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        let _ = attempt;
    }

    /// Sees the same attempt end, also when it panics or its future is dropped.
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let _ = attempt;
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Adapts a function of attempt starts.
pub(crate) struct OnAttemptStart<F>(pub(crate) F);

impl<F: Fn(&AttemptStart<'_>) + Send + Sync> Observer for OnAttemptStart<F> {
    fn on_event(&self, _event: &Event<'_>) {}

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        (self.0)(attempt);
    }
}

/// Adapts a function of attempt ends.
pub(crate) struct OnAttemptEnd<F>(pub(crate) F);

impl<F: Fn(&AttemptEnd<'_>) + Send + Sync> Observer for OnAttemptEnd<F> {
    fn on_event(&self, _event: &Event<'_>) {}

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        (self.0)(attempt);
    }
}

/// The observers of a policy.
pub(crate) type Observers = Vec<Arc<dyn Observer>>;

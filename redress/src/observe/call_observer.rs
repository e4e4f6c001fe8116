use super::{AttemptEnd, AttemptStart, CallEnd, Event};

/// Watches one call: the state that an [`Observer`](super::Observer) keeps for each, such as its span.
///
/// [`Observer::on_call_start`](super::Observer::on_call_start) returns it, and the call drops it after
/// [`on_call_end`](Self::on_call_end). What a call shows, it shows to its observers first, then to those
/// that watch it alone. They are shared, not exclusive, because a
/// [detached](crate::Policy::call_detached) attempt runs on another thread.
///
/// A panic is caught and changes nothing.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use redress::observe::{CallEnd, CallObserver, CallStart};
/// use redress::{Event, Observer, Policy};
///
/// /// Adds up the pauses of each call.
/// struct Pauses;
///
/// #[derive(Default)]
/// struct Waited {
///     millis: AtomicU64,
/// }
///
/// impl Observer for Pauses {
///     fn on_call_start(&self, _call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
///         Some(Arc::new(Waited::default()))
///     }
/// }
///
/// impl CallObserver for Waited {
///     fn on_event(&self, event: &Event<'_>) {
///         let millis = u64::try_from(event.sleep().as_millis()).unwrap_or(u64::MAX);
///         self.millis.fetch_add(millis, Ordering::Relaxed);
///     }
///     fn on_call_end(&self, call: &CallEnd<'_>) {
///         let millis = self.millis.load(Ordering::Relaxed);
///         println!("{} of {:?} were pauses of {millis} ms", call.result(), call.duration());
///     }
/// }
/// let policy = Policy::builder().on_event(Pauses).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub trait CallObserver: Send + Sync {
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

    /// Sees the call end, once, however it ends. Nothing follows.
    fn on_call_end(&self, call: &CallEnd<'_>) {
        let _ = call;
    }

    /// Runs a part of an attempt: a whole sync one, or one poll of an async one. What it makes current
    /// around `run`, such as a span, is current for the operation. Called on the thread on which the
    /// attempt runs, also where that is [detached](crate::Policy::call_detached).
    ///
    /// The attempt runs once, whether `run` is called once, more often or not at all. A panic of the
    /// operation goes through the caller of the policy, not through this.
    ///
    /// A sync call whose observers all want no successes, see [`Interest`](super::Interest), has no scopes.
    /// In a function with `#[retry]` the attempts are part of the function, and run in a scope if it is
    /// marked `#[retry(span)]`.
    fn scope(&self, attempt: u32, run: &mut dyn FnMut()) {
        let _ = attempt;
        run();
    }

    /// Runs what shows an event or the end of the call to everything that watches it. What it makes
    /// current around `show`, such as the span of the call, is current for lines of logs that other
    /// observers write.
    ///
    /// Shown once, whether `show` is called once, more often or not at all.
    fn call_scope(&self, show: &mut dyn FnMut()) {
        show();
    }
}

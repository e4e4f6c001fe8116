use crate::strategies::BackoffContext;

/// Learns from how the attempts of a policy end. What a [`Strategy`](crate::Strategy) learns with
/// is its [`learner`](crate::Strategy::learner).
///
/// A policy tells each learner of its strategies every success, also that of a first attempt, and
/// tells the learner of a failure's strategy that failure, just before it asks for a delay. It is
/// told of the last failure too, for which there is no delay. It is not told of failures that were
/// never going to be retried, such as those of a terminal class.
///
/// One that several strategies of a policy share is told of a success once.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use redress::strategies::Learner;
/// use redress::time::Delay;
/// use redress::{BackoffContext, Policy, Strategy};
///
/// /// Waits a second for every failure since the last success.
/// #[derive(Default)]
/// struct Streak(AtomicU32);
///
/// impl Learner for Streak {
///     fn on_success(&self) {
///         self.0.store(0, Relaxed);
///     }
///     fn on_failure(&self, _ctx: &BackoffContext<'_>) {
///         self.0.fetch_add(1, Relaxed);
///     }
/// }
///
/// impl Strategy for Streak {
///     fn delay(&self, _ctx: &BackoffContext<'_>) -> Delay {
///         Delay::from(self.0.load(Relaxed))
///     }
///     fn learner(&self) -> Option<&dyn Learner> {
///         Some(self)
///     }
/// }
/// let policy = Policy::builder().strategy(Streak::default()).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub trait Learner: Send + Sync {
    /// Learns that a call succeeded. Every call pays for it: keep it short.
    fn on_success(&self);

    /// Learns of the failure in `ctx`.
    fn on_failure(&self, ctx: &BackoffContext<'_>);
}

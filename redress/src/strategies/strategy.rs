use std::sync::Arc;
use std::time::Duration;

use super::{DelayBounds, Description};
use crate::classify::Classification;
use crate::clock::Clock;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::reason::Cause;
use crate::strategies::Learner;

/// The facts of a call from which a strategy chooses a delay.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BackoffContext<'a> {
    /// The attempt that failed, counted from 1.
    pub attempt: u32,
    /// How many failures of this class the call has seen, this one included.
    pub class_attempt: u32,
    /// How many failures the strategy's slot has seen in this call, this one included: those of
    /// its class, or for the default strategy those of all classes without one of their own.
    pub slot_attempt: u32,
    /// The class, the hint and the details of the failure.
    pub classification: &'a Classification,
    /// The previous delay that this slot asked for in this call.
    pub prev_sleep: Option<Duration>,
    /// The time left until the deadline, if there is one.
    pub remaining: Option<Duration>,
    /// Whether an error, a value or a timeout was the failure.
    pub cause: Cause,
}

impl<'a> BackoffContext<'a> {
    /// Creates the context of a first failure, to call a strategy by hand, as in a test.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::fixed};
    ///
    /// let transient = Classification::new(ErrorClass::Transient);
    /// let delay = fixed(0.5).delay(&BackoffContext::first(&transient));
    /// assert_eq!(delay.saturate(), Duration::from_millis(500));
    /// ```
    #[must_use]
    pub const fn first(classification: &'a Classification) -> Self {
        Self {
            attempt: 1,
            class_attempt: 1,
            slot_attempt: 1,
            classification,
            prev_sleep: None,
            remaining: None,
            cause: Cause::Error,
        }
    }
}

/// Chooses how long to wait before the next attempt. Any function of [`BackoffContext`] that
/// returns a [`Duration`] or a number of seconds is one.
///
/// A strategy is shared by all calls of a policy; what belongs to one call arrives in the context.
///
/// ```
/// use redress::{BackoffContext, Policy};
///
/// let policy = Policy::builder()
///     .strategy(|ctx: &BackoffContext<'_>| 0.1 * f64::from(ctx.attempt))
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a strategy",
    label = "not a strategy",
    note = "use one of `redress::strategies`, or a closure `|ctx: &BackoffContext<'_>| ...` that returns a `Duration` or seconds"
)]
pub trait Strategy: Send + Sync {
    /// Returns the delay after the failure in `ctx`.
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay;

    /// Reports what is wrong with the strategy's own settings. The builder calls it.
    fn check(&self, problems: &mut Problems) {
        let _ = problems;
    }

    /// Returns what is told of successes and failures. Default: nothing is, and it costs nothing.
    fn learner(&self) -> Option<&dyn Learner> {
        None
    }

    /// Returns `true` if the delay is the other side's hint wherever there is one, as that of
    /// [`retry_after_or`](crate::strategies::retry_after_or()) is. What wraps such a strategy leaves
    /// hints as they are. Default: no.
    fn honours_hints(&self) -> bool {
        false
    }

    /// Returns the name and the settings, for people and for [`Policy::lint`](crate::Policy::lint).
    /// Default: [`Description::custom`], of which nothing is known.
    fn describe(&self) -> Description {
        Description::custom()
    }

    /// Returns the bounds of the delay after the `failures`-th failure that the slot has seen in a
    /// call, counted from 1 and without hints; `previous` are those of the delay before. Default:
    /// `None`, unknown.
    fn delay_bounds(&self, failures: u32, previous: Option<DelayBounds>) -> Option<DelayBounds> {
        let _ = (failures, previous);
        None
    }

    /// Returns a strategy with the same settings that has learned nothing yet and goes by `clock`: for
    /// a simulation. Default: `None`, which uses this one as it is, as is right for a strategy that
    /// neither learns nor reads a clock.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Instant;
    /// use redress::time::Clock;
    /// use redress::{Strategy, strategies::{adaptive, fixed}};
    ///
    /// struct Stopped(Instant);
    /// impl Clock for Stopped {
    ///     fn now(&self) -> Instant {
    ///         self.0
    ///     }
    /// }
    /// let clock: Arc<dyn Clock> = Arc::new(Stopped(Instant::now()));
    /// assert!(fixed(1).renewed(&clock).is_none());
    /// assert!(adaptive(fixed(1)).renewed(&clock).is_some());
    /// ```
    fn renewed(&self, clock: &Arc<dyn Clock>) -> Option<Arc<dyn Strategy>> {
        let _ = clock;
        None
    }
}

impl<F, D> Strategy for F
where
    F: Fn(&BackoffContext<'_>) -> D + Send + Sync,
    D: Into<Delay>,
{
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        self(ctx).into()
    }
}

impl<S: Strategy + ?Sized> Strategy for Arc<S> {
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        (**self).delay(ctx)
    }

    fn check(&self, problems: &mut Problems) {
        (**self).check(problems);
    }

    fn learner(&self) -> Option<&dyn Learner> {
        (**self).learner()
    }

    fn honours_hints(&self) -> bool {
        (**self).honours_hints()
    }

    fn describe(&self) -> Description {
        (**self).describe()
    }

    fn delay_bounds(&self, failures: u32, previous: Option<DelayBounds>) -> Option<DelayBounds> {
        (**self).delay_bounds(failures, previous)
    }

    fn renewed(&self, clock: &Arc<dyn Clock>) -> Option<Arc<dyn Strategy>> {
        (**self).renewed(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{delay, problems};
    use super::super::{Fixed, equal_jitter, fixed, retry_after_or};
    use super::*;

    #[test]
    fn a_shared_strategy_delays_and_is_checked_like_its_own() {
        let shared: Arc<dyn Strategy> = Arc::new(fixed(-1));
        assert_eq!(delay(&shared, |_| ()), Delay::from(-1));
        assert_eq!(problems(&shared), problems(&fixed(-1)));
        let slots = [Arc::clone(&shared), Arc::new(equal_jitter(1).base(5))];
        assert!(slots.iter().all(|slot| problems(slot).len() == 1));
        assert_eq!(problems(&retry_after_or(shared)).len(), 1);
    }

    #[test]
    fn a_function_is_a_strategy_whether_shared_or_not() {
        fn steady(_: &BackoffContext<'_>) -> Duration {
            Duration::from_secs(3)
        }
        assert_eq!(delay(&steady, |_| ()), Delay::from(3));
        assert_eq!(delay(&Arc::new(steady), |_| ()), Delay::from(3));
        let by_attempt = |ctx: &BackoffContext<'_>| ctx.attempt;
        assert_eq!(delay(&by_attempt, |ctx| ctx.attempt = 4), Delay::from(4));
        let wrapped: Arc<Fixed> = Arc::new(fixed(2));
        let of_another = move |ctx: &BackoffContext<'_>| wrapped.delay(ctx);
        assert_eq!(delay(&of_another, |_| ()), Delay::from(2));
    }
}

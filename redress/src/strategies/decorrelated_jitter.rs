use std::time::Duration;

use super::bounds::Bounds;
use super::{DelayBounds, Description, jitter};
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Strategy};

/// Waits between `base` and three times the previous delay, up to `max`. The default strategy, with
/// a `max` of 5 s.
///
/// After each failure: U(`base`, min(`max`, 3 x previous delay)), with a
/// [`base`](DecorrelatedJitter::base) of 250 ms (`max` where that is less), which also stands for
/// the previous delay at first. Times are a [`Duration`](std::time::Duration), or seconds.
///
/// The range of each client follows from its own last delay, so that clients drift apart, and none
/// ever waits less than `base`. This is the "decorrelated jitter" of the AWS Architecture Blog,
/// "Exponential Backoff And Jitter", 2015, but that `max` bounds the range and not the draw: delays
/// do not pile up at `max`.
///
/// A previous delay that another strategy chose, such as a long Retry-After hint, counts as the
/// nearest between `base` and `max`.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy};
/// use redress::strategies::decorrelated_jitter;
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let mut ctx = BackoffContext::first(&transient);
/// let backoff = decorrelated_jitter(5.0).base(0.1);
/// let first = backoff.delay(&ctx).saturate();
/// assert!(Duration::from_millis(100) <= first && first <= Duration::from_millis(300));
/// ctx.prev_sleep = Some(first);
/// assert!(backoff.delay(&ctx).saturate() <= 3 * first);
/// ```
#[must_use]
pub fn decorrelated_jitter(max: impl Into<Delay>) -> DecorrelatedJitter {
    DecorrelatedJitter {
        bounds: Bounds::up_to(max),
    }
}

/// Waits between a base and three times the previous delay: see [`decorrelated_jitter()`].
#[derive(Debug, Clone, PartialEq)]
pub struct DecorrelatedJitter {
    bounds: Bounds,
}

impl DecorrelatedJitter {
    /// Sets the shortest delay: a [`Duration`](std::time::Duration), or seconds; above zero and at
    /// most `max`. The default is 250 ms, or `max` where that is less.
    #[must_use]
    pub fn base(mut self, base: impl Into<Delay>) -> Self {
        self.bounds.set_base(base);
        self
    }

    /// Sets the longest delay: a [`Duration`](std::time::Duration), or seconds; above zero.
    #[must_use]
    pub fn max(mut self, max: impl Into<Delay>) -> Self {
        self.bounds.set_max(max);
        self
    }

    fn longest(&self, previous: Option<Duration>) -> Duration {
        let base = self.bounds.base();
        // A previous sleep below the base would empty the range: all delays would be the base.
        let previous = previous.map_or(base, |previous| previous.max(base));
        let tripled = previous.saturating_mul(defaults::DECORRELATED_FACTOR);
        tripled.min(self.bounds.max())
    }
}

impl Strategy for DecorrelatedJitter {
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        jitter::between(self.bounds.base(), self.longest(ctx.prev_sleep)).into()
    }

    fn check(&self, problems: &mut Problems) {
        self.bounds.check(problems);
    }

    fn describe(&self) -> Description {
        self.bounds
            .describe("decorrelated_jitter")
            .with_jitter(true)
    }

    /// The expected delay is the one after the expected previous delay. That is exact until `max`
    /// cuts the range, and from there on a little more than the mean.
    fn delay_bounds(&self, _failures: u32, previous: Option<DelayBounds>) -> Option<DelayBounds> {
        let base = self.bounds.base();
        let after = |of: fn(DelayBounds) -> Duration| self.longest(previous.map(of));
        let expected = DelayBounds::uniform(base, after(DelayBounds::expected)).expected();
        let longest = after(DelayBounds::longest);
        Some(DelayBounds::new(base, expected, longest))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::delay;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The shortest and the longest of many delays after `previous`, with a base of 1 s and a max of
    /// 10 s.
    fn range_after(previous: Option<Duration>) -> (Duration, Duration) {
        jitter::seed(11);
        let strategy = decorrelated_jitter(10).base(1);
        let draw = || delay(&strategy, |ctx| ctx.prev_sleep = previous).saturate();
        let draws: Vec<_> = std::iter::repeat_with(draw).take(2000).collect();
        (*draws.iter().min().unwrap(), *draws.iter().max().unwrap())
    }

    #[track_caller]
    fn assert_fills((shortest, longest): (Duration, Duration), low: Duration, high: Duration) {
        let slack = (high - low) / 100;
        assert!(low <= shortest && shortest <= low + slack, "{shortest:?}");
        assert!(high - slack <= longest && longest <= high, "{longest:?}");
    }

    #[test]
    fn the_range_reaches_from_base_to_three_times_the_previous_delay() {
        assert_fills(range_after(None), SECOND, 3 * SECOND);
        assert_fills(range_after(Some(2 * SECOND)), SECOND, 6 * SECOND);
        assert_fills(range_after(Some(4 * SECOND)), SECOND, 10 * SECOND);
    }

    #[test]
    fn a_previous_delay_of_another_strategy_counts_as_the_nearest_in_bounds() {
        assert_fills(range_after(Some(Duration::ZERO)), SECOND, 3 * SECOND);
        assert_fills(range_after(Some(SECOND / 2)), SECOND, 3 * SECOND);
        assert_fills(range_after(Some(60 * SECOND)), SECOND, 10 * SECOND);
        assert_fills(range_after(Some(Duration::MAX)), SECOND, 10 * SECOND);
    }
}

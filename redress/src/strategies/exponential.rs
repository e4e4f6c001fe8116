use std::time::Duration;

use super::bounds::Bounds;
use super::{DelayBounds, Description, jitter};
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Strategy};

/// Waits `base` after the first failure and twice as long after each further one, up to `max`.
///
/// After the n-th failure: min(`max`, `base` x `factor`^(n-1)), with a [`factor`](Exponential::factor)
/// of 2 as in Ethernet and TCP. Times are a [`Duration`], or seconds.
///
/// There is no jitter: clients that failed together come back together. Prefer
/// [`equal_jitter`](super::equal_jitter()) or [`full_jitter`](super::full_jitter()) where there are
/// many.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::exponential};
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let mut ctx = BackoffContext::first(&transient);
/// let backoff = exponential(0.1, 30);
/// assert_eq!(backoff.delay(&ctx).saturate(), Duration::from_millis(100));
/// ctx.slot_attempt = 4;
/// assert_eq!(backoff.delay(&ctx).saturate(), Duration::from_millis(800));
/// ctx.slot_attempt = 400;
/// assert_eq!(backoff.delay(&ctx).saturate(), Duration::from_secs(30));
/// ```
#[must_use]
#[inline]
pub fn exponential(base: impl Into<Delay>, max: impl Into<Delay>) -> Exponential {
    Exponential::new("exponential", max, defaults::FACTOR, Jitter::None).base(base)
}

/// Waits longer after each failure, up to a maximum: see [`exponential()`],
/// [`full_jitter()`](super::full_jitter()), [`equal_jitter()`](super::equal_jitter()) and
/// [`token_backoff()`](super::token_backoff()).
///
/// They share the cap min(`max`, `base` x `factor`^(n-1)) after the n-th failure that the strategy's
/// slot has seen in the call, and differ in what they draw below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exponential {
    name: &'static str,
    bounds: Bounds,
    factor: f64,
    jitter: Jitter,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Jitter {
    None,
    Full,
    Equal,
}

impl Exponential {
    #[inline]
    pub(super) fn new(
        name: &'static str,
        max: impl Into<Delay>,
        factor: f64,
        jitter: Jitter,
    ) -> Self {
        Self {
            name,
            bounds: Bounds::up_to(max),
            factor,
            jitter,
        }
    }

    /// Sets the first cap: a [`Duration`], or seconds; above zero and at most `max`. The default is
    /// 250 ms, or `max` where that is less.
    #[must_use]
    #[inline]
    pub fn base(mut self, base: impl Into<Delay>) -> Self {
        self.bounds.set_base(base);
        self
    }

    /// Sets the last cap: a [`Duration`], or seconds; above zero. No delay is longer.
    #[must_use]
    #[inline]
    pub fn max(mut self, max: impl Into<Delay>) -> Self {
        self.bounds.set_max(max);
        self
    }

    /// Sets by how much the cap grows with each failure: a finite number of at least 1. The default
    /// is 2, and 1.5 for [`token_backoff()`](super::token_backoff()).
    #[must_use]
    #[inline]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    #[inline]
    fn cap(&self, attempt: u32) -> Duration {
        let (base, max) = (self.bounds.base(), self.bounds.max());
        if attempt <= 1 {
            return base;
        }
        // In floating point, since no integer holds the power: what is too big for a Duration is
        // beyond `max`, and so is the NaN of settings that `check` refuses. The clamp takes back
        // what rounding added to a base of years.
        let growth = power(self.factor, attempt - 1);
        Duration::try_from_secs_f64(base.as_secs_f64() * growth)
            .map_or(max, |cap| cap.clamp(base, max))
    }

    fn range(&self, attempt: u32) -> (Duration, Duration) {
        let cap = self.cap(attempt);
        let low = match self.jitter {
            Jitter::None => cap,
            Jitter::Full => Duration::ZERO,
            Jitter::Equal => cap / 2,
        };
        (low, cap)
    }
}

/// Multiplies, which gives the same on every machine and with every optimization; of `f64::powi` the
/// last digit may differ.
fn power(mut factor: f64, mut times: u32) -> f64 {
    let mut power = 1.0;
    while times > 0 {
        if times & 1 == 1 {
            power *= factor;
        }
        factor *= factor;
        times >>= 1;
    }
    power
}

impl Strategy for Exponential {
    #[inline]
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        let (low, high) = self.range(ctx.slot_attempt);
        jitter::between(low, high).into()
    }

    fn describe(&self) -> Description {
        let description = self.bounds.describe(self.name);
        let description = description.number("factor", self.factor);
        description.with_jitter(self.jitter != Jitter::None)
    }

    fn delay_bounds(&self, failures: u32, _previous: Option<DelayBounds>) -> Option<DelayBounds> {
        let (low, high) = self.range(failures);
        Some(DelayBounds::uniform(low, high))
    }

    #[inline]
    fn check(&self, problems: &mut Problems) {
        self.bounds.check(problems);
        if !(self.factor.is_finite() && self.factor >= 1.0) {
            problems.add(
                "factor",
                format!(
                    "is {}: give a finite number of at least 1, such as {}",
                    self.factor,
                    defaults::FACTOR
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{delay, problems};
    use super::super::{equal_jitter, full_jitter};
    use super::*;

    fn at(strategy: &Exponential, attempt: u32) -> Duration {
        delay(strategy, |ctx| ctx.slot_attempt = attempt).saturate()
    }

    #[test]
    fn the_delay_doubles_up_to_max() {
        let strategy = exponential(0.1, 1);
        let delays: Vec<_> = (1..=6).map(|n| at(&strategy, n).as_nanos()).collect();
        assert_eq!(
            delays,
            [
                100_000_000,
                200_000_000,
                400_000_000,
                800_000_000,
                1_000_000_000,
                1_000_000_000
            ]
        );
    }

    #[test]
    fn the_factor_is_the_growth() {
        let strategy = exponential(1, 100).factor(3.0);
        let delays: Vec<_> = (1..=6).map(|n| at(&strategy, n).as_secs()).collect();
        assert_eq!(delays, [1, 3, 9, 27, 81, 100]);
        assert_eq!(at(&exponential(1, 100).factor(1.0), u32::MAX).as_secs(), 1);
    }

    #[test]
    fn the_slot_counts_and_not_the_call() {
        let strategy = exponential(1, 100);
        let second_of_its_slot = delay(&strategy, |ctx| {
            ctx.attempt = 6;
            ctx.class_attempt = 4;
            ctx.slot_attempt = 2;
        });
        assert_eq!(second_of_its_slot, Delay::from(2));
    }

    #[test]
    fn no_attempt_number_overflows() {
        for attempt in [65, 66, 1023, 1024, 1025, 5000, 1 << 31, u32::MAX] {
            assert_eq!(at(&exponential(1, 7), attempt).as_secs(), 7);
            assert_eq!(at(&exponential(1, Duration::MAX), attempt), Duration::MAX);
        }
        assert_eq!(at(&exponential(1, 7), 0).as_secs(), 1);
    }

    #[test]
    fn no_duration_overflows() {
        let longest = exponential(Duration::MAX, Duration::MAX);
        let years = exponential(Duration::new(1 << 60, 1), Duration::new(1 << 60, 2));
        for attempt in [1, 2, 60, u32::MAX] {
            assert_eq!(at(&longest, attempt), Duration::MAX);
            assert!(at(&years, attempt) >= Duration::new(1 << 60, 1));
            assert!(at(&years, attempt) <= Duration::new(1 << 60, 2));
        }
    }

    #[test]
    fn a_factor_that_does_not_grow_is_one_problem() {
        for factor in [f64::NAN, f64::INFINITY, 0.0, -2.0, 0.999] {
            assert_eq!(
                problems(&full_jitter(5).factor(factor)),
                [format!(
                    "factor: is {factor}: give a finite number of at least 1, such as 2"
                )]
            );
        }
        assert_eq!(problems(&full_jitter(5).factor(1.0)), [""; 0]);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let strategy = equal_jitter(f64::NAN).base(-1).factor(0.0);
        assert_eq!(problems(&strategy).len(), 3);
    }

    #[test]
    fn settings_that_were_never_checked_stay_within_max() {
        for factor in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -2.0, 0.5] {
            for attempt in [0, 1, 2, 3, u32::MAX] {
                let strategy = exponential(1, 7).factor(factor);
                assert!((1..=7).contains(&at(&strategy, attempt).as_secs()));
            }
        }
        assert_eq!(at(&exponential(5, 1), 1).as_secs(), 1);
        assert_eq!(at(&exponential(f64::NAN, 1), 9).as_secs(), 1);
        assert_eq!(at(&exponential(1, f64::NAN), 2000), Duration::MAX);
    }
}

use std::sync::Arc;
use std::time::Duration;

use super::bounds::check_length;
use super::{DelayBounds, Description, jitter};
use crate::clock::Clock;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Learner, Strategy};

/// Waits as long as the other side asked for, and otherwise as long as `fallback` says.
///
/// With a hint, as from a `Retry-After` header: hint + U(0, [`jitter`](RetryAfterOr::jitter)), with
/// a jitter of 250 ms. It is never less than the hint, and no `max` of the fallback shortens it: a
/// hint that would reach the deadline ends the call instead. A hint of zero waits for the jitter
/// alone. Without a hint, it is the fallback's delay as it is.
///
/// The hint is that of the [classification](crate::Classification::retry_after).
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy};
/// use redress::strategies::{fixed, retry_after_or};
///
/// let backoff = retry_after_or(fixed(1)).jitter(0.5);
///
/// let asked = Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_secs(7));
/// let delay = backoff.delay(&BackoffContext::first(&asked)).saturate();
/// assert!(Duration::from_secs(7) <= delay && delay <= Duration::from_millis(7500));
///
/// let silent = Classification::new(ErrorClass::RateLimit);
/// let delay = backoff.delay(&BackoffContext::first(&silent)).saturate();
/// assert_eq!(delay, Duration::from_secs(1));
/// ```
#[must_use]
pub fn retry_after_or<S: Strategy>(fallback: S) -> RetryAfterOr<S> {
    RetryAfterOr {
        fallback,
        jitter: Delay::from_duration(defaults::RETRY_AFTER_JITTER),
    }
}

/// Waits as long as the other side asked for: see [`retry_after_or()`].
#[derive(Debug, Clone, PartialEq)]
pub struct RetryAfterOr<S> {
    fallback: S,
    jitter: Delay,
}

impl<S> RetryAfterOr<S> {
    /// Sets what is at most added to a hint, so that clients told the same time do not come back in
    /// the same instant: a [`Duration`], or seconds. Zero honours hints to the nanosecond. The
    /// default is 250 ms.
    #[must_use]
    pub fn jitter(mut self, jitter: impl Into<Delay>) -> Self {
        self.jitter = jitter.into();
        self
    }
}

impl<S: Strategy> Strategy for RetryAfterOr<S> {
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        let Some(hint) = ctx.classification.retry_after_hint() else {
            return self.fallback.delay(ctx);
        };
        hint.saturating_add(jitter::between(Duration::ZERO, self.jitter.saturate()))
            .into()
    }

    fn check(&self, problems: &mut Problems) {
        check_length(self.jitter, "jitter", problems);
        problems.within("fallback", |problems| self.fallback.check(problems));
    }

    fn learner(&self) -> Option<&dyn Learner> {
        self.fallback.learner()
    }

    fn honours_hints(&self) -> bool {
        true
    }

    fn describe(&self) -> Description {
        let description = Description::new("retry_after_or").fallback(self.fallback.describe());
        description.time("jitter", self.jitter.saturate())
    }

    fn delay_bounds(&self, failures: u32, previous: Option<DelayBounds>) -> Option<DelayBounds> {
        self.fallback.delay_bounds(failures, previous)
    }

    fn renewed(&self, clock: &Arc<dyn Clock>) -> Option<Arc<dyn Strategy>> {
        let fallback = self.fallback.renewed(clock)?;
        let jitter = self.jitter;
        Some(Arc::new(RetryAfterOr { fallback, jitter }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::problems;
    use super::super::{equal_jitter, fixed};
    use super::*;
    use crate::classify::{Classification, ErrorClass};

    fn delay(strategy: &dyn Strategy, hint: Option<Duration>) -> Duration {
        let limited = Classification::new(ErrorClass::RateLimit).retry_after(hint);
        strategy.delay(&BackoffContext::first(&limited)).saturate()
    }

    #[test]
    fn a_hint_without_jitter_is_honoured_exactly() {
        let strategy = retry_after_or(equal_jitter(5)).jitter(0.0);
        for hint in [Duration::ZERO, Duration::new(7, 1), Duration::MAX] {
            assert_eq!(delay(&strategy, Some(hint)), hint);
        }
    }

    #[test]
    fn jitter_is_added_to_a_hint_and_nothing_else() {
        jitter::seed(13);
        let strategy = retry_after_or(fixed(1)).jitter(2);
        let hint = Duration::from_secs(7);
        let delays: Vec<_> = (0..1000).map(|_| delay(&strategy, Some(hint))).collect();
        let (shortest, longest) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
        assert!((7.0..7.1).contains(&shortest.as_secs_f64()));
        assert!((8.9..=9.0).contains(&longest.as_secs_f64()));
        assert_eq!(delay(&strategy, None), Duration::from_secs(1));
    }

    #[test]
    fn the_longest_hint_takes_no_jitter_and_does_not_overflow() {
        assert_eq!(
            delay(&retry_after_or(fixed(1)), Some(Duration::MAX)),
            Duration::MAX
        );
    }

    #[test]
    fn a_function_is_a_fallback() {
        let strategy = retry_after_or(|_: &BackoffContext<'_>| 0.5);
        assert_eq!(delay(&strategy, None), Duration::from_millis(500));
        assert_eq!(problems(&strategy), [""; 0]);
    }

    #[test]
    fn mistakes_of_the_fallback_are_reported_under_its_name() {
        let strategy = retry_after_or(retry_after_or(equal_jitter(1).base(5))).jitter(-1);
        assert_eq!(
            problems(&strategy),
            [
                "jitter: is -1, which is no length of time: give a Duration, or seconds such as 0.5",
                "fallback.fallback.base: is 5s, above max (1s): lower base or raise max",
            ]
        );
    }
}

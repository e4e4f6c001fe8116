use super::bounds::check_length;
use super::{DelayBounds, Description};
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Strategy};

/// Waits `delay` after every failure: a [`Duration`](std::time::Duration), or seconds.
///
/// There is no jitter: clients that failed together come back together.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::fixed};
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let delay = fixed(0.5).delay(&BackoffContext::first(&transient));
/// assert_eq!(delay, Duration::from_millis(500).into());
/// ```
#[must_use]
#[inline]
pub fn fixed(delay: impl Into<Delay>) -> Fixed {
    Fixed {
        delay: delay.into(),
    }
}

/// Tries again at once. Only the number of attempts and the deadline bound such a call.
///
/// Meant for failures that waiting does not cure, such as a lost optimistic lock, and for tests.
///
/// ```
/// use redress::time::Delay;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy};
/// use redress::strategies::instant;
///
/// let conflict = Classification::new(ErrorClass::Concurrency);
/// assert_eq!(instant().delay(&BackoffContext::first(&conflict)), Delay::ZERO);
/// ```
#[must_use]
#[inline]
pub const fn instant() -> Fixed {
    Fixed { delay: Delay::ZERO }
}

/// Waits the same time after every failure: see [`fixed()`] and [`instant()`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    delay: Delay,
}

impl Strategy for Fixed {
    #[inline]
    fn delay(&self, _ctx: &BackoffContext<'_>) -> Delay {
        self.delay
    }

    #[inline]
    fn check(&self, problems: &mut Problems) {
        check_length(self.delay, "delay", problems);
    }

    fn describe(&self) -> Description {
        let description = if self.delay == Delay::ZERO {
            Description::new("instant")
        } else {
            Description::new("fixed").time("delay", self.delay.saturate())
        };
        description.with_jitter(false)
    }

    fn delay_bounds(&self, _failures: u32, _previous: Option<DelayBounds>) -> Option<DelayBounds> {
        Some(DelayBounds::exactly(self.delay.saturate()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::test_support::{delay, problems};
    use super::*;

    #[test]
    fn every_failure_waits_the_same() {
        for attempt in [1, 2, 60, u32::MAX] {
            let at = |ctx: &mut BackoffContext<'_>| ctx.slot_attempt = attempt;
            assert_eq!(delay(&fixed(1), at), Duration::from_secs(1).into());
            assert_eq!(delay(&fixed(Duration::MAX), at), Duration::MAX.into());
            assert_eq!(delay(&instant(), at), Delay::ZERO);
        }
    }

    #[test]
    fn zero_is_a_delay() {
        assert_eq!(problems(&fixed(0)), [""; 0]);
        assert_eq!(problems(&instant()), [""; 0]);
        assert_eq!(fixed(0), instant());
    }

    #[test]
    fn what_is_no_length_of_time_is_one_problem_and_never_a_short_delay() {
        assert_eq!(
            problems(&fixed(-0.5)),
            ["delay: is -0.5, which is no length of time: give a Duration, or seconds such as 0.5"]
        );
        for seconds in [f64::NAN, f64::INFINITY] {
            assert_eq!(problems(&fixed(seconds)).len(), 1);
            assert_eq!(delay(&fixed(seconds), |_| ()).saturate(), Duration::MAX);
        }
    }
}

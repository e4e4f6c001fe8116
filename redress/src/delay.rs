use std::time::Duration;

use crate::problems::Problems;

/// A duration that a caller gives as a [`Duration`] or as a number of seconds.
///
/// Nothing is lost on the way in: a number that is not a valid duration (negative, infinite, NaN) is
/// kept, and the builder that receives it reports it.
///
/// ```
/// use std::time::Duration;
/// use redress::time::Delay;
///
/// assert_eq!(Delay::from(0.5), Delay::from(Duration::from_millis(500)));
/// assert_eq!(Delay::from(5), Delay::from(Duration::from_secs(5)));
/// assert_eq!(Delay::from(f64::NAN).saturate(), Duration::MAX);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay(Repr);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Repr {
    Valid(Duration),
    Invalid(f64),
}

impl Delay {
    /// Creates a delay of zero.
    pub const ZERO: Self = Self(Repr::Valid(Duration::ZERO));

    pub(crate) const fn from_duration(duration: Duration) -> Self {
        Self(Repr::Valid(duration))
    }

    /// Returns the duration.
    ///
    /// # Errors
    ///
    /// A number that is negative, infinite or NaN comes back as it was given.
    pub const fn checked(self) -> Result<Duration, f64> {
        match self.0 {
            Repr::Valid(duration) => Ok(duration),
            Repr::Invalid(seconds) => Err(seconds),
        }
    }

    /// Returns the nearest duration: a finite negative number is zero; an infinite one and NaN are
    /// [`Duration::MAX`], so that a broken calculation ends a call instead of making it spin.
    #[must_use]
    pub fn saturate(self) -> Duration {
        match self.0 {
            Repr::Valid(duration) => duration,
            Repr::Invalid(seconds) if seconds.is_finite() => Duration::ZERO,
            Repr::Invalid(_) => Duration::MAX,
        }
    }
}

impl From<Duration> for Delay {
    fn from(duration: Duration) -> Self {
        Self::from_duration(duration)
    }
}

impl From<f64> for Delay {
    /// Takes seconds. More seconds than a `Duration` holds are `Duration::MAX`.
    fn from(seconds: f64) -> Self {
        if !seconds.is_finite() || seconds < 0.0 {
            return Self(Repr::Invalid(seconds));
        }
        Self::from_duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

impl From<u64> for Delay {
    /// Takes seconds.
    fn from(seconds: u64) -> Self {
        Self::from_duration(Duration::from_secs(seconds))
    }
}

impl From<u32> for Delay {
    /// Takes seconds.
    fn from(seconds: u32) -> Self {
        Self::from(u64::from(seconds))
    }
}

impl From<i32> for Delay {
    /// Takes seconds.
    fn from(seconds: i32) -> Self {
        u64::try_from(seconds).map_or_else(|_| Self::from(f64::from(seconds)), Self::from)
    }
}

/// Takes the times that a builder is given, and remembers those that are no length of time until
/// [`check`](Self::check).
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenTimes {
    invalid: Vec<(&'static str, f64)>,
}

impl GivenTimes {
    pub(crate) const NONE: Self = Self {
        invalid: Vec::new(),
    };

    /// Takes the time of `setting`, in place of an earlier one.
    pub(crate) fn take(&mut self, setting: &'static str, time: impl Into<Delay>) -> Duration {
        let time = time.into();
        self.invalid.retain(|(other, _)| *other != setting);
        self.invalid
            .extend(time.checked().err().map(|seconds| (setting, seconds)));
        time.saturate()
    }

    /// Reports the time of `setting` if it is zero or no length of time. `instead` says how to
    /// write that there shall be no limit, if that is possible.
    pub(crate) fn check(
        &self,
        problems: &mut Problems,
        setting: &str,
        time: Duration,
        instead: Option<&str>,
    ) {
        let instead = instead.map_or_else(String::new, |instead| format!(" ({instead})"));
        let invalid = self.invalid.iter().find(|(other, _)| *other == setting);
        if let Some((_, seconds)) = invalid {
            let message =
                format!("{seconds} s is no length of time: give a Duration or seconds{instead}");
            problems.add(setting, message);
        } else if time.is_zero() {
            problems.add(setting, format!("must be longer than zero{instead}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_given_for_a_setting_is_the_one_that_is_checked() {
        let report = |given: &[f64]| {
            let mut times = GivenTimes::default();
            let mut taken = Duration::ZERO;
            for time in given {
                taken = times.take("window", *time);
            }
            let mut problems = Problems::default();
            times.check(&mut problems, "window", taken, None);
            problems.into_vec().len()
        };
        assert_eq!(report(&[5.0]), 0);
        assert_eq!(report(&[f64::NAN]), 1);
        assert_eq!(report(&[-1.0]), 1);
        assert_eq!(report(&[0.0]), 1);
        assert_eq!(report(&[f64::NAN, 5.0]), 0);
        assert_eq!(report(&[5.0, f64::INFINITY]), 1);
    }
}

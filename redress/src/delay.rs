use std::time::Duration;

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

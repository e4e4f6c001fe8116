use std::time::Duration;

/// The shortest, the expected and the longest of the delays that a strategy may choose.
///
/// [`Strategy::delay_bounds`](crate::Strategy::delay_bounds) returns it.
///
/// ```
/// use std::time::Duration;
/// use redress::{Strategy, strategies::{DelayBounds, full_jitter}};
///
/// let second = full_jitter(30).base(1).delay_bounds(2, None).unwrap();
/// assert_eq!(second, DelayBounds::uniform(Duration::ZERO, Duration::from_secs(2)));
/// assert_eq!(second.expected(), Duration::from_secs(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayBounds {
    shortest: Duration,
    expected: Duration,
    longest: Duration,
}

impl DelayBounds {
    /// Bounds a delay of which the mean is known. What is out of order is put between the others.
    #[must_use]
    pub fn new(shortest: Duration, expected: Duration, longest: Duration) -> Self {
        let longest = longest.max(shortest);
        Self {
            shortest,
            expected: expected.clamp(shortest, longest),
            longest,
        }
    }

    /// Bounds a delay that is always the same.
    #[must_use]
    pub const fn exactly(delay: Duration) -> Self {
        Self {
            shortest: delay,
            expected: delay,
            longest: delay,
        }
    }

    /// Bounds a delay that is drawn uniformly, both ends included.
    #[must_use]
    pub fn uniform(shortest: Duration, longest: Duration) -> Self {
        let mean = shortest.saturating_add(longest.saturating_sub(shortest) / 2);
        Self::new(shortest, mean, longest)
    }

    /// Returns the shortest delay.
    #[must_use]
    pub const fn shortest(self) -> Duration {
        self.shortest
    }

    /// Returns the mean delay.
    #[must_use]
    pub const fn expected(self) -> Duration {
        self.expected
    }

    /// Returns the longest delay.
    #[must_use]
    pub const fn longest(self) -> Duration {
        self.longest
    }
}

use super::exponential::{Exponential, Jitter};
use crate::defaults;
use crate::delay::Delay;

/// Waits anything from nothing to a cap that doubles with each failure, up to `max`.
///
/// After the n-th failure: U(0, min(`max`, `base` x `factor`^(n-1))), with a
/// [`base`](Exponential::base) of 250 ms (`max` where that is less) and a
/// [`factor`](Exponential::factor) of 2. Times are a [`Duration`](std::time::Duration), or seconds.
///
/// It spreads many clients most evenly, which costs the other side the least work, but a single
/// retry may come at once. This is the "full jitter" of the AWS Architecture Blog, "Exponential
/// Backoff And Jitter", 2015; Ethernet (IEEE 802.3) backs off from a collision in the same way.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::full_jitter};
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let delay = full_jitter(30).base(0.1).delay(&BackoffContext::first(&transient));
/// assert!(delay.saturate() <= Duration::from_millis(100));
/// ```
#[must_use]
#[inline]
pub fn full_jitter(max: impl Into<Delay>) -> Exponential {
    Exponential::new("full_jitter", max, defaults::FACTOR, Jitter::Full)
}

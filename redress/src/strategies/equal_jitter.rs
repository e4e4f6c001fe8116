use super::exponential::{Exponential, Jitter};
use crate::defaults;
use crate::delay::Delay;

/// Waits between half of and the whole of a cap that doubles with each failure, up to `max`.
///
/// After the n-th failure: U(cap/2, cap) with cap = min(`max`, `base` x `factor`^(n-1)), a
/// [`base`](Exponential::base) of 250 ms (`max` where that is less) and a
/// [`factor`](Exponential::factor) of 2. Times are a [`Duration`](std::time::Duration), or seconds.
///
/// It spreads clients and still always waits a fair part of the cap. This is the "equal jitter" of
/// the AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::equal_jitter};
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let delay = equal_jitter(30).base(0.1).delay(&BackoffContext::first(&transient)).saturate();
/// assert!(Duration::from_millis(50) <= delay && delay <= Duration::from_millis(100));
/// ```
#[must_use]
#[inline]
pub fn equal_jitter(max: impl Into<Delay>) -> Exponential {
    Exponential::new("equal_jitter", max, defaults::FACTOR, Jitter::Equal)
}

use super::exponential::{Exponential, Jitter};
use crate::defaults;
use crate::delay::Delay;

/// Waits between half of and the whole of a cap that grows by half with each failure, up to `max`.
///
/// After the n-th failure: U(cap/2, cap) with cap = min(`max`, `base` x `factor`^(n-1)), a
/// [`base`](Exponential::base) of 250 ms (`max` where that is less) and a
/// [`factor`](Exponential::factor) of 1.5. Times are a [`Duration`](std::time::Duration), or
/// seconds.
///
/// It is [`equal_jitter`](super::equal_jitter()) with a gentler growth, for limits whose tokens come
/// back at a steady rate: waiting twice as long each time would leave them unused.
///
/// ```
/// use std::time::Duration;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::token_backoff};
///
/// let limited = Classification::new(ErrorClass::RateLimit);
/// let mut ctx = BackoffContext::first(&limited);
/// ctx.slot_attempt = 2;
/// let delay = token_backoff(30).base(1).delay(&ctx).saturate();
/// assert!(Duration::from_millis(750) <= delay && delay <= Duration::from_millis(1500));
/// ```
#[must_use]
#[inline]
pub fn token_backoff(max: impl Into<Delay>) -> Exponential {
    Exponential::new("token_backoff", max, defaults::TOKEN_FACTOR, Jitter::Equal)
}

//! How long to wait: backoff strategies.
//!
//! Every constructor takes its lengths of time as a [`Duration`](std::time::Duration) or as a
//! number of seconds. With n the number of failures that the strategy's slot has seen in this call
//! and cap = min(`max`, `base` x `factor`^(n-1)), the delay is:
//!
//! | strategy | delay | settings, unless given |
//! |---|---|---|
//! | [`instant()`] | none | |
//! | [`fixed(d)`](fixed()) | `d` | |
//! | [`exponential(base, max)`](exponential()) | cap | `factor` 2 |
//! | [`full_jitter(max)`](full_jitter()) | U(0, cap) | `base` 250 ms, `factor` 2 |
//! | [`equal_jitter(max)`](equal_jitter()) | U(cap/2, cap) | `base` 250 ms, `factor` 2 |
//! | [`token_backoff(max)`](token_backoff()) | U(cap/2, cap) | `base` 250 ms, `factor` 1.5 |
//! | [`decorrelated_jitter(max)`](decorrelated_jitter()) | U(`base`, min(`max`, 3 x previous delay)) | `base` 250 ms |
//! | [`retry_after_or(fallback)`](retry_after_or()) | hint + U(0, `jitter`), else the fallback's | `jitter` 250 ms |
//! | [`adaptive(fallback)`](adaptive()) | the fallback's x 1 to 5, as recent attempts fail | `window` 60 s, `target_success` 0.9 |
//!
//! U(low, high) is drawn uniformly, both ends included, to the nanosecond. Jitter is drawn inside
//! the cap: no delay is ever above `max`. A `max` below 250 ms lowers the default `base` to itself;
//! a `base` that is given and above `max` is refused when the policy is built.
//!
//! Without jitter, clients that failed together come back together. Where there are many of them,
//! prefer a strategy with jitter.

mod adaptive;
#[cfg(test)]
mod adaptive_tests;
mod bounds;
mod decorrelated_jitter;
mod delay_bounds;
mod description;
mod equal_jitter;
mod exponential;
mod fixed;
mod full_jitter;
pub(crate) mod jitter;
mod learner;
#[cfg(redress_loom)]
#[cfg(test)]
mod loom;
mod recent;
mod retry_after_or;
mod strategy;
#[cfg(test)]
mod test_support;
mod token_backoff;

pub use crate::problems::{Problem, Problems};
pub use adaptive::{Adaptive, adaptive};
pub use decorrelated_jitter::{DecorrelatedJitter, decorrelated_jitter};
pub use delay_bounds::DelayBounds;
pub use description::Description;
pub(crate) use description::length;
pub use equal_jitter::equal_jitter;
pub use exponential::{Exponential, exponential};
pub use fixed::{Fixed, fixed, instant};
pub use full_jitter::full_jitter;
pub use learner::Learner;
pub use retry_after_or::{RetryAfterOr, retry_after_or};
pub use strategy::{BackoffContext, Strategy};
pub use token_backoff::token_backoff;

//! Tools for the tests of code that uses this crate: no real sleep, no randomness.

mod breaker;
mod policies;
mod seed;
mod virtual_clock;

pub use breaker::{Admission, breaker_in, script_breaker};
pub use policies::{instant_retries, no_retries};
pub use seed::seed_jitter;
pub use virtual_clock::VirtualClock;

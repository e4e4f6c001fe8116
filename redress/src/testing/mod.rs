//! Tools for the tests of code that uses this crate: no real sleep, no randomness.

mod seed;
mod virtual_clock;

pub use seed::seed_jitter;
pub use virtual_clock::VirtualClock;

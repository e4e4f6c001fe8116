//! What follows an attempt: the engine's decision, what it means for the breaker and the budget, and
//! what is shown of it. Nothing here waits.

mod active_call;
mod attempt_end;
mod events;
mod guards;
mod verdict;

pub(crate) use active_call::{ActiveCall, Stopped};
pub(crate) use guards::Refused;
pub use verdict::{Judge, Verdict};

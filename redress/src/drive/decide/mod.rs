//! Decides what follows an attempt: asks the engine, the breaker and the budget, and shows the
//! decision. Nothing here waits.

mod active_call;
mod attempt_end;
mod ends;
mod events;
mod gate;
mod guards;
mod polling;
mod session;
mod verdict;

pub(crate) use active_call::{ActiveCall, Stopped};
pub(crate) use guards::Refused;
pub use verdict::{Judge, Verdict};

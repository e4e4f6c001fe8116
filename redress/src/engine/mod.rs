//! Decides what a call does next. It has no clock, no sleep, no futures and no types of the user's.

mod call;
mod polling;
mod resume;
mod rules;
mod session;
mod tally;

pub use call::Attempted;
pub(crate) use call::{Call, Failed, LastFailure, Retry};
pub use resume::ResumeToken;
pub(crate) use resume::Sleeps;
pub(crate) use rules::{Rules, Slot, Successes};
pub(crate) use session::{Cut, Ended, Look, Session, SessionRules, Signs};
use tally::Tally;

//! One call's state and decisions: no clock, no sleep, no futures, no user types.

mod call;
mod per_class;
mod resume;
mod rules;
mod step;
mod tally;

pub use call::Attempted;
pub(crate) use call::{Call, Failed, Failure};
pub(crate) use per_class::PerClass;
pub use resume::ResumeToken;
pub(crate) use resume::Sleeps;
pub(crate) use rules::{Rules, Slot, Successes};
pub use step::{Step, Steps};
use tally::Tally;

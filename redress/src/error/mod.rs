//! How a call ended without a success, as its caller is told.

mod call_error;
mod interrupt;
mod report;
#[cfg(feature = "config")]
mod unknown_policy;

pub use call_error::Error;
pub use interrupt::{FromInterrupt, Interrupt};
pub(crate) use report::Report;
#[cfg(feature = "config")]
pub use unknown_policy::UnknownPolicy;

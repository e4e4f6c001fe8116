//! Who runs the loop: a thread, a future, an expansion of the macros, a pool of threads, or the
//! caller. All of them take the same step, [`Run`], and differ in how they wait; [`Steps`], for a
//! caller that owns time and execution, asks the engine itself.

mod after;
pub(crate) mod blocking;
mod detached;
pub(crate) mod future;
#[cfg(feature = "tower-service-0_3")]
mod owned;
mod report;
mod run;
mod start;
mod steps;

pub use after::After;
pub(crate) use detached::{Detached, Threads};
#[cfg(feature = "tower-service-0_3")]
pub(crate) use owned::{OwnHooks, OwnedCall};
pub use run::Run;
pub use steps::{Step, Steps};

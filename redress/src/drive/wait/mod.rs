//! Sleepers: how calls wait.

mod sleeper;
mod thread_timer;
#[cfg(feature = "tokio")]
mod tokio_timer;

pub use sleeper::Sleeper;
pub(crate) use sleeper::{sleep_here, yield_now};

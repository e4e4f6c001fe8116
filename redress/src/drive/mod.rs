//! The only code that waits: the blocking and the future driver, and what they wait with.

mod after;
pub(crate) mod blocking;
mod detached;
mod ending;
mod flow;
mod frame;
pub(crate) mod future;
mod guards;
mod hooks;
mod judged;
mod marks;
mod progress;
mod report;
mod run;
mod shown;
mod sleeper;
mod start;
mod thread_timer;

pub use after::After;
pub(crate) use detached::{Detached, Threads};
pub(crate) use hooks::shielded;
pub use hooks::{Hooks, SleepDecision};
pub use judged::{Judge, Judged};
pub use run::Run;
pub use sleeper::Sleeper;
#[cfg(feature = "testing")]
pub(crate) use sleeper::sleep_here;

//! The only code that waits: the blocking and the future driver, and what they wait with.

mod after;
pub(crate) mod blocking;
mod compiled;
mod detached;
mod ending;
mod flow;
mod frame;
pub(crate) mod future;
mod guards;
mod hooks;
mod marks;
mod progress;
mod report;
mod run;
mod shown;
mod sleeper;
mod start;
mod steps;
mod thread_timer;
mod verdict;

pub use after::After;
pub use compiled::CompiledPolicy;
pub(crate) use compiled::{Compiled, Start};
pub(crate) use detached::{Detached, Threads};
pub use hooks::{Hooks, SleepDecision};
pub use run::Run;
pub use sleeper::Sleeper;
#[cfg(feature = "testing")]
pub(crate) use sleeper::sleep_here;
pub use steps::{Step, Steps};
pub use verdict::{Judge, Verdict};

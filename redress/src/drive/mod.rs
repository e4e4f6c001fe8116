//! The only code that waits: the blocking and the future driver, and what they wait with.

pub(crate) mod blocking;
mod flow;
pub(crate) mod future;
mod hooks;
mod run;
mod sleeper;
mod thread_timer;

pub use flow::Judged;
pub(crate) use hooks::shielded;
pub use hooks::{Hooks, SleepDecision};
pub use run::Run;
pub use sleeper::Sleeper;

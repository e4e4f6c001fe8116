//! The state of a call: in its future, and on the heap.

mod call_state;
mod compiled;
mod frame;
mod marks;
mod scoped;
#[cfg(feature = "tower-service-0_3")]
mod suspended;
mod watch;

pub(crate) use call_state::CallState;
pub use compiled::CompiledPolicy;
pub(crate) use compiled::{Compiled, Start};
pub(crate) use frame::Frame;
pub(crate) use marks::Marks;
pub(crate) use scoped::Scoped;
#[cfg(feature = "tower-service-0_3")]
pub(crate) use suspended::Suspended;
pub(crate) use watch::Watch;

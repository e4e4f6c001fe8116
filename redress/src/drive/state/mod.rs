//! The state of a call: in its future, and on the heap.

mod call_state;
mod compiled;
mod frame;
mod marks;
mod scoped;
mod watch;

pub(crate) use call_state::CallState;
pub use compiled::CompiledPolicy;
pub(crate) use compiled::{Compiled, Start};
pub(crate) use frame::Frame;
pub(crate) use marks::Marks;
pub(crate) use scoped::Scoped;
pub(crate) use watch::Watch;

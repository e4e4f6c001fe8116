//! Gates: what one call learns of a rate limit holds for all.
//!
//! [`Gate`] is the start; a policy takes one by [`PolicyBuilder::gate`](crate::PolicyBuilder::gate).

// `pacer` decides and is pure, by `slow_start` and then `pace`: time is an argument. `shared` puts it behind a lock that no call takes
// while the gate is open.

mod builder;
mod handle;
#[cfg(all(test, redress_loom))]
mod models;
mod pace;
mod pacer;
mod pass;
mod queue;
mod settings;
mod shared;
mod slow_start;
#[cfg(all(test, not(redress_loom)))]
mod tests;

pub use builder::GateBuilder;
pub use handle::Gate;
pub(crate) use pacer::{GateEnd, GateTicket};
pub use pass::{GateClosed, GatePass};
pub(crate) use queue::Place;
pub use settings::{GateSettings, GateSnapshot};
pub(crate) use shared::SharedGate;

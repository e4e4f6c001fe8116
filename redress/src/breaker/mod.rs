//! Circuit breakers: they refuse calls to a dependency that keeps failing.
//!
//! [`CircuitBreaker`] is the start; a policy takes one by
//! [`PolicyBuilder::circuit_breaker`](crate::PolicyBuilder::circuit_breaker).

// `machine` decides and is pure: time is an argument. `shared` puts it behind a lock that a closed
// breaker's success never takes, and publishes what admission needs in one `word`.

mod admissions;
mod builder;
mod changes;
mod checks;
mod handle;
mod machine;
#[cfg(all(test, redress_loom))]
mod models;
mod permit;
mod probes;
mod ramp;
mod rate;
mod recovery;
mod registry;
mod ring;
mod settings;
mod setup;
mod shared;
mod snapshot;
mod stripes;
#[cfg(test)]
mod tests;
mod throttle;
mod ticket;
mod windows;
mod word;

#[cfg(feature = "testing")]
pub(crate) use admissions::Admissions;
pub use builder::CircuitBreakerBuilder;
pub use changes::CircuitChange;
pub(crate) use changes::{OnChange, set_listener};
pub use handle::CircuitBreaker;
pub(crate) use machine::Change;
pub use permit::{Permit, Rejected};
pub use registry::named;
pub use settings::BreakerSettings;
pub(crate) use shared::SharedBreaker;
pub use snapshot::{CircuitSnapshot, CircuitState};
pub(crate) use ticket::{PermitKind, PermitTicket};

//! Endpoints: replicas of one service, of which each attempt goes to one that is well.
//!
//! [`Endpoints`] is the start. It is a list, and no load balancer: it finds no replicas, knows no zones and
//! weighs nothing.

// `load` is what is known of one of them, and is all that calls write; `choice` chooses by it and is pure.

mod builder;
mod choice;
#[cfg(feature = "config")]
mod known;
mod list;
mod load;
#[cfg(all(test, redress_loom))]
mod models;
mod route;
mod taken;

pub use builder::EndpointsBuilder;
#[cfg(feature = "config")]
pub(crate) use known::{Known, Replica};
pub use list::{EndpointSnapshot, Endpoints};
use load::Load;
pub use route::Route;
pub use taken::Endpoint;

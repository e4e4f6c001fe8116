//! Simulations: real policies, breakers and budgets against models of what they are for.
//!
//! They run in virtual time, on one thread, from a seed: the same numbers every time.

pub mod blip;
pub mod collapse;
pub mod contention;
pub mod maintenance;
pub mod outage;
pub mod quota;
mod random;
mod ways;
mod world;

pub use random::Random;
pub use ways::{WAYS, Way};
pub use world::{Timer, World};

//! Simulations: real policies, breakers and budgets against models of the failures they are for.
//!
//! They run in virtual time, on one thread, from a seed, so every run gives the same numbers.

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

//! Exact virtual time for the observability example, whose observers have to be told: a simulation of
//! `redress::simulate` tells none.

mod random;
mod world;

pub use random::Random;
pub use world::{Timer, World};

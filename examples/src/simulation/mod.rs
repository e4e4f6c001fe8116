//! Exact virtual time for the observability example, whose observers have to be told: a simulation of
//! `redress::simulate` tells none. And connections that are to stay, which that does not know.

mod random;
pub mod sessions;
mod world;

pub use random::Random;
pub use world::{Timer, World};

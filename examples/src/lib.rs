//! Runnable programs that use `redress`: on real servers, and on simulated ones.

pub mod picture;
pub mod redis_server;
pub mod simulation;

/// The programs of the README, which is tested here for the crates that they use.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}

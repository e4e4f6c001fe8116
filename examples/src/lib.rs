//! Runnable programs that use `redress`: on real servers, and on simulated ones.

pub mod simulation;

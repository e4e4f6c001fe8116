//! The integration tests of `redress`, in one binary.

mod classify;
mod conformance;
mod cost;
mod executors;
mod faults;
mod hooks;
mod strategies;
mod support;
mod time;

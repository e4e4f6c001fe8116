//! The integration tests of `redress`, in one binary.

mod classify;
mod conformance;
mod strategies;

//! The integration tests of `redress`, in one binary.

mod architecture;
mod breaker;
mod breaker_cancel;
mod breaker_stress;
mod budget;
mod budget_cancel;
mod budget_threads;
mod classify;
mod config;
mod conformance;
mod context;
mod contrib;
mod cost;
mod detached;
mod executors;
mod faults;
mod hooks;
mod inspect;
mod lint;
mod resume;
mod resume_split;
mod resume_text;
mod strategies;
mod support;
mod testing_kit;
mod time;

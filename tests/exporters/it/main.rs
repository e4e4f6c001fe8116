//! Observers that record metrics and traces, against the crates that they are for.

mod calls;
mod prometheus_0_14;
mod series;

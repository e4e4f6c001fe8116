//! What all integrations that record metrics share: the names, and which event adds to what.
//!
//! An integration implements [`Exporter`], a handful of primitives; a [`Recorder`] over it is the
//! observer. `metrics.rs` is the table of names, which a test compares with
//! `redress/observability/metrics.tsv`.

mod exporter;
mod metrics;
mod names;
mod observer;
mod operation;
mod other;
mod recorder;
mod states;

pub(super) use exporter::{Exporter, Metric, Shift};
pub(super) use metrics::{
    ATTEMPT_DURATION, BUDGET_REMAINING, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT,
    CIRCUIT_STATE, CIRCUIT_TRANSITIONS, RETRIES, RETRY_DELAY,
};
pub(super) use observer::metrics_observer;
pub(super) use recorder::Recorder;
pub(super) use states::{STATES, budgets, circuits};

//! Observers that record metrics, traces and breadcrumbs, against the crates that they are for.

mod cadence_1;
mod calls;
mod ends;
#[path = "../../every_end/mod.rs"]
mod every_end;
mod metrics_0_24;
mod names;
mod opentelemetry_0_33;
mod other;
mod prometheus_0_14;
mod prometheus_client_0_26;
mod sentry_0_48;
mod series;

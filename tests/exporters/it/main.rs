//! Observers that record metrics, traces and breadcrumbs, against the crates that they are for.

mod calls;
mod metrics_0_24;
mod prometheus_0_14;
mod sentry_0_48;
mod series;

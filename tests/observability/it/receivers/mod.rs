//! What the exporters send to. Each is started by a test and ends with it.

mod http;
mod otlp;
mod process;
mod prometheus;
mod sentry;
mod stamped;
mod statsd;

pub(crate) use process::until;
pub(crate) use prometheus::{Labels, Prometheus};
pub(crate) use stamped::Stamped;

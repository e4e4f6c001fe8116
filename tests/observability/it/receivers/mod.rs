//! What the exporters send to. Each is started by a test and ends with it.

pub(crate) mod http;
mod otlp;
mod process;
mod prometheus;
mod sentry;
mod stamped;
mod statsd;

pub(crate) use otlp::{Measured, Otlp, Span, Status};
pub(crate) use process::until;
pub(crate) use prometheus::{Labels, Prometheus, lint};
pub(crate) use sentry::Sentry;
pub(crate) use stamped::Stamped;
pub(crate) use statsd::{Kind, Line, Statsd};

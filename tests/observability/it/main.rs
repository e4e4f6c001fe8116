//! Whether what the exporters record arrives: real client crates, and real receivers as child processes
//! on free ports of this machine. `.ci/receivers` brings the receivers.

mod alerts;
mod otlp_exporters;
mod program;
mod prometheus_exporters;
mod receivers;
mod sentry_exporters;
mod statsd_exporters;

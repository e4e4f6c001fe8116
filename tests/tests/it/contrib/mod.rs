//! The integrations with other crates, one file for each feature.

mod http_1;
mod log_0_4;
mod tracing_0_1;

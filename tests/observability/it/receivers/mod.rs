//! What the exporters send to. Each is started by a test and ends with it.

mod endpoint;
mod http;
mod otlp;
mod process;
mod prometheus;
mod sentry;
mod statsd;

use endpoint::Endpoint;
use process::until;

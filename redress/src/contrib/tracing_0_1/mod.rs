//! Events and spans for [`tracing`](::tracing_0_1) 0.1. Feature `tracing-0_1`.
//!
//! [`events`] writes what goes wrong, [`spans`] shows each call with its attempts. In `main`, after the
//! subscriber is set and before the first call:
//!
//! ```
//! # extern crate tracing_0_1 as tracing; // as users name it
//! use redress::contrib::tracing_0_1::{events, spans};
//! use redress::observe;
//!
//! # fn main() -> Result<(), observe::DefaultIsSet> {
//! // tracing_subscriber::fmt().init();
//! observe::set_default((events(), spans()))?;
//! # Ok(())
//! # }
//! ```
//!
//! With both, the events of a call are in its span. All of them have the target `redress`. To watch one
//! policy there is [`PolicyBuilder::on_event`](crate::PolicyBuilder::on_event).
//!
//! # Where it leads
//!
//! To OpenTelemetry by `tracing-opentelemetry`: its `otel.name` and `otel.status_code` are set, so a call
//! is a span with the name of its operation. To Sentry by `sentry-tracing`: INFO and WARN become
//! breadcrumbs, ERROR an issue, which is why no event is an ERROR unless the
//! [levels](Events::levels) say so.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | `error.type` is not set on what succeeds, also after retries | OpenTelemetry, semantic conventions, "Recording errors" |
//! | a call that fails after its retries is one warning | the same, "Exceptions in logs" |
//! | `otel.name`, `otel.status_code` | `tracing-opentelemetry`, "Special fields" |

mod events;
mod level;
mod spans;

pub use events::{Events, default_level, events};
pub use spans::{Spans, spans};

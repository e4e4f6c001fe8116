//! What the integrations with logs write lines about: [`Line`].
//!
//! Which lines there are, and how bad each is unless the user says otherwise, is the same for
//! `tracing-0_1`, `log-0_4` and `sentry-0_48`:
//!
//! | line | level of `tracing-0_1` and `log-0_4` | breadcrumb of `sentry-0_48` |
//! |---|---|---|
//! | `retry` | INFO | warning |
//! | `success` after retries | INFO | info |
//! | `success` at the first attempt | TRACE, if asked for | none |
//! | `aborted`, `scheduled` | INFO | info |
//! | `circuit_rejected` | DEBUG: an outage has one for each call | none |
//! | any other stop | WARN | error |
//! | `circuit_opened` | WARN | error |
//! | `circuit_half_open`, `circuit_closed` | INFO | info |
//! | `unclassified` | WARN | warning |
//! | `cancelled`: the future of a call that had failed was dropped | DEBUG | none |
//! | `panicked`: a call that had failed panicked | WARN | none |
//!
//! None is an error: the caller gets the error and knows what it means. Single attempts have no lines of
//! their own, as the retry or the stop says how each ended.
//!
//! The fields have the names of OpenTelemetry's attributes. A line has those that it has a value for:
//!
//! | field | value |
//! |---|---|
//! | `redress.operation` | the name of the operation |
//! | `redress.attempt` | the attempt after which it happened, from 1 |
//! | `error.type` | the class of the failure |
//! | `redress.cause` | `error`, `result`, `timeout` |
//! | `redress.error_type` | the type of the error |
//! | `redress.stop_reason` | why the call stopped |
//! | `redress.delay` | the pause before the next attempt, in seconds |
//! | `redress.retry_after` | how long the other side asked to wait, in seconds |
//! | `redress.elapsed` | the time since the operation's start, in seconds; some milliseconds off |
//! | `redress.details` | what the classifier noted, as `http_status=429` |
//! | `redress.breaker` | the name of the circuit breaker that has changed |

mod fields;
mod line;
mod once;
#[cfg(any(feature = "log-0_4", feature = "tracing-0_1"))]
mod severity;

#[cfg(feature = "tracing-0_1")]
pub(super) use fields::Details;
pub(super) use fields::Fields;
#[cfg(any(feature = "log-0_4", feature = "sentry-0_48"))]
pub(super) use fields::Value;
pub use line::Line;
pub(super) use once::Lines;
#[cfg(any(feature = "log-0_4", feature = "tracing-0_1"))]
pub(super) use severity::Severity;

//! What the span of a call says at its end, of `tracing-0_1` and of `opentelemetry-0_33` alike.

use crate::classify::ErrorClass;
use crate::observe::{CallEnd, CallResult};
use crate::reason::StopReason;

/// Returns why the call has ended, unless it succeeded.
pub(super) fn stop_reason(call: &CallEnd<'_>) -> Option<&'static str> {
    match call.result() {
        CallResult::Cancelled => Some("CANCELLED"),
        CallResult::Panicked => Some("PANICKED"),
        _ => call.stop_reason().map(StopReason::as_str),
    }
}

/// Returns what the call failed with: its class, or why it stopped if it has none. `None` for a call that
/// did not fail: a success, also after retries, and what was given up or put off on purpose.
pub(super) fn error_type(call: &CallEnd<'_>) -> Option<&'static str> {
    match call.result() {
        CallResult::Success
        | CallResult::SuccessAfterRetry
        | CallResult::Aborted
        | CallResult::Scheduled
        | CallResult::Cancelled => None,
        _ => call
            .class()
            .map(ErrorClass::as_str)
            .or_else(|| stop_reason(call)),
    }
}

use std::time::Duration;

use super::CallResult;
use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// The start of a call, as an observer sees it.
#[derive(Debug, Clone)]
pub struct CallStart<'a> {
    pub(crate) operation: Option<&'a str>,
    pub(crate) attempts: u32,
    pub(crate) is_late: bool,
}

impl<'a> CallStart<'a> {
    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }

    /// Returns how many attempts earlier calls have made of the operation: 0, unless this call
    /// [resumes](crate::CallContext::resume) one.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns `true` if the call has started before and fails for the first time now, because the
    /// observer wants no [successes](super::Interest::without_successes).
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.is_late
    }
}

/// The end of a call, as an observer sees it: exactly one for each [`CallStart`], however the call ends.
#[derive(Debug, Clone)]
pub struct CallEnd<'a> {
    pub(crate) operation: Option<&'a str>,
    pub(crate) result: CallResult,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) attempts: u32,
    pub(crate) attempts_before: u32,
    pub(crate) duration: Duration,
    pub(crate) last_class: Option<ErrorClass>,
    pub(crate) cause: Option<Cause>,
    pub(crate) retry_after: Option<Duration>,
}

impl<'a> CallEnd<'a> {
    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }

    /// Returns how the call ended: one of a closed set of names, fit for the label of a metric.
    #[must_use]
    pub const fn result(&self) -> CallResult {
        self.result
    }

    /// Returns why the call stopped; `None` after a success, and where it was cancelled or panicked.
    #[must_use]
    pub const fn stop_reason(&self) -> Option<StopReason> {
        self.stop_reason
    }

    /// Returns how many attempts the operation has had, those of earlier calls included where this one
    /// resumed it. 0 if the call was refused.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns how many retries this call has made: its attempts that were not the operation's first.
    #[must_use]
    pub const fn retries(&self) -> u32 {
        let first = if self.attempts_before == 0 {
            1
        } else {
            self.attempts_before
        };
        self.attempts.saturating_sub(first)
    }

    /// Returns how long the call took, its pauses included. Of a call that resumes an operation, only
    /// its own time.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the class of the last failure that the call has seen, also where it succeeded after it:
    /// the class that its retries have saved.
    #[must_use]
    pub const fn last_class(&self) -> Option<ErrorClass> {
        self.last_class
    }

    /// Returns the class that ended the call: that of its last failure, unless it succeeded. A refusal
    /// of the breaker and an abort have none of their own.
    #[must_use]
    pub const fn class(&self) -> Option<ErrorClass> {
        match self.result {
            CallResult::Success
            | CallResult::SuccessAfterRetry
            | CallResult::Aborted
            | CallResult::CircuitRejected
            | CallResult::Cancelled
            | CallResult::Panicked => None,
            _ => self.last_class,
        }
    }

    /// Returns what made the last attempt that failed a failure.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// Returns for how long the circuit breaker refuses, if it refused the call.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

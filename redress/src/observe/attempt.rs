use std::fmt;
use std::time::Duration;

use crate::classify::{Classification, ErrorClass};
use crate::reason::Cause;

/// The start of an attempt, as an observer sees it.
#[derive(Debug, Clone)]
pub struct AttemptStart<'a> {
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
    pub(crate) operation: Option<&'a str>,
}

impl<'a> AttemptStart<'a> {
    /// Returns the attempt's number, counted from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the time since the operation's start: the call's, or that of the first call where this one
    /// goes on with a deferred operation.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptStatus {
    /// It returned a success.
    Succeeded,
    /// It failed: see [`AttemptEnd::class`] and [`AttemptEnd::cause`].
    Failed,
    /// It asked to stop the whole call.
    Aborted,
    /// It never returned: its future was dropped, or it panicked.
    Cancelled,
}

/// The end of an attempt, as an observer sees it: exactly one for each [`AttemptStart`].
#[derive(Clone)]
pub struct AttemptEnd<'a> {
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
    pub(crate) duration: Duration,
    pub(crate) operation: Option<&'a str>,
    pub(crate) status: AttemptStatus,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) cause: Option<Cause>,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) classification: Option<&'a Classification>,
}

impl<'a> AttemptEnd<'a> {
    /// Returns the attempt's number, counted from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the time since the operation's start: the call's, or that of the first call where this one
    /// goes on with a deferred operation.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }

    /// Returns how long the attempt took.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns how the attempt ended.
    #[must_use]
    pub const fn status(&self) -> AttemptStatus {
        self.status
    }

    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> Option<ErrorClass> {
        self.class
    }

    /// Returns what made the attempt a failure.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// Returns the name of the error's type, if an error was the failure. As
    /// [`Event::error_type`](super::Event::error_type), it is not for a metric.
    #[must_use]
    pub const fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    /// Returns what the classifier said of the failure, with its hint and its details; of an attempt that
    /// was cut off, TRANSIENT. `None` for a success, an abort and a cancelled attempt.
    #[must_use]
    pub const fn classification(&self) -> Option<&'a Classification> {
        self.classification
    }
}

/// Leaves out the details of the classification, which are the user's text.
impl fmt::Debug for AttemptEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = self
            .classification
            .and_then(Classification::retry_after_hint);
        f.debug_struct("AttemptEnd")
            .field("attempt", &self.attempt)
            .field("elapsed", &self.elapsed)
            .field("duration", &self.duration)
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("class", &self.class)
            .field("cause", &self.cause)
            .field("error_type", &self.error_type)
            .field("retry_after", &hint)
            .finish()
    }
}

use std::fmt;
use std::time::Duration;

use super::EventName;
use crate::classify::{Classification, ErrorClass};
use crate::reason::{Cause, StopReason};

/// One decision of one call, as an observer sees it.
///
/// It never holds a message or a value. Fit for the label of a metric are its
/// [`name`](Self::name), [`class`](Self::class), [`stop_reason`](Self::stop_reason),
/// [`cause`](Self::cause) and, where it is one of a few, [`operation`](Self::operation). The rest is
/// for logs and traces.
#[derive(Clone)]
pub struct Event<'a> {
    pub(crate) name: EventName,
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
    pub(crate) sleep: Duration,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) cause: Option<Cause>,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) classification: Option<&'a Classification>,
    pub(crate) operation: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// Returns what happened.
    #[must_use]
    pub const fn name(&self) -> EventName {
        self.name
    }

    /// Returns the attempt after which it happened; 0 before the first.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the time since the call's start; of a [resumed](crate::call::ResumeToken) call, since the
    /// operation's.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the delay before the next attempt; zero if there is none.
    #[must_use]
    pub const fn sleep(&self) -> Duration {
        self.sleep
    }

    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> Option<ErrorClass> {
        self.class
    }

    /// Returns why the call stopped, if it stopped without a success.
    #[must_use]
    pub const fn stop_reason(&self) -> Option<StopReason> {
        self.stop_reason
    }

    /// Returns what made the attempt a failure.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// Returns the name of the error's type, if an error was the failure. It is
    /// [`type_name`](std::any::type_name)'s, which is long and may change with the compiler: for logs
    /// and traces, not for a metric.
    #[must_use]
    pub const fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    /// Returns what the classifier said of the failure, with its hint and its details, if the event is
    /// the answer to one: a retry, or a stop right after an attempt.
    #[must_use]
    pub const fn classification(&self) -> Option<&'a Classification> {
        self.classification
    }

    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }
}

/// Leaves out the details of the classification, which are the user's text.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = self
            .classification
            .and_then(Classification::retry_after_hint);
        f.debug_struct("Event")
            .field("name", &self.name)
            .field("attempt", &self.attempt)
            .field("elapsed", &self.elapsed)
            .field("sleep", &self.sleep)
            .field("class", &self.class)
            .field("stop_reason", &self.stop_reason)
            .field("cause", &self.cause)
            .field("error_type", &self.error_type)
            .field("retry_after", &hint)
            .field("operation", &self.operation)
            .finish()
    }
}

use std::time::Duration;

use crate::classify::ErrorClass;
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
#[derive(Debug, Clone)]
pub struct AttemptEnd<'a> {
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
    pub(crate) operation: Option<&'a str>,
    pub(crate) status: AttemptStatus,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) cause: Option<Cause>,
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
}

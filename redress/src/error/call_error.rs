use std::fmt;
use std::time::Duration;

use super::{Interrupt, Report};
use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// What [`Policy::call`](crate::Policy::call) fails with: the operation's own error, and why the
/// call stopped.
///
/// `{}` says why the call stopped and leaves the operation's error to
/// [`source`](std::error::Error::source); `{:#}` says both. Where no attempt returned an error, an
/// [`Interrupt`] is the source.
///
/// ```
/// use redress::{ErrorClass, Policy};
///
/// let error = Policy::new()
///     .call(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound)))
///     .unwrap_err();
/// assert_eq!(error.class(), Some(ErrorClass::Permanent));
/// assert_eq!(error.to_string(), "stopped after 1 attempt: NON_RETRYABLE_CLASS");
/// assert_eq!(error.into_source().unwrap().kind(), std::io::ErrorKind::NotFound);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error<E> {
    source: Option<E>,
    interrupt: Interrupt,
}

impl<E> Error<E> {
    pub(crate) const fn new(source: Option<E>, report: Report) -> Self {
        Self {
            source,
            interrupt: Interrupt::new(report),
        }
    }

    /// Returns why the call stopped.
    #[must_use]
    pub fn stop_reason(&self) -> StopReason {
        self.interrupt.report.stop_reason()
    }

    /// Returns how many attempts were started, those before a deferral included; 0 if the call was
    /// refused.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.interrupt.report.attempts
    }

    /// Returns the class of the last failure that was counted; `None` if there was none. An attempt
    /// that was aborted is not counted.
    #[must_use]
    pub const fn class(&self) -> Option<ErrorClass> {
        self.interrupt.report.class
    }

    /// Returns what made that attempt a failure; `None` if there was none.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        self.interrupt.report.cause
    }

    /// Returns how long to wait before the circuit breaker that refused the call may admit one;
    /// `None` if it was not the breaker that stopped the call.
    /// See [`Rejected::retry_after`](crate::Rejected::retry_after).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.interrupt.report.retry_after
    }

    /// Returns the last error that an attempt of this call returned. There is none only if no attempt
    /// returned one: the call was refused, got no thread, was aborted before its first attempt, went
    /// on with a deferred operation whose time was over, or every attempt timed out.
    #[must_use]
    pub const fn source_ref(&self) -> Option<&E> {
        self.source.as_ref()
    }

    /// Takes the last error that an attempt returned.
    #[must_use]
    pub fn into_source(self) -> Option<E> {
        self.source
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.interrupt.report.fmt(f)?;
        match &self.source {
            Some(source) if f.alternate() => write!(f, ": {source:#}"),
            _ => Ok(()),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source),
            // So that an outer call sees that this one was aborted or refused.
            None => Some(&self.interrupt),
        }
    }
}

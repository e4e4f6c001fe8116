use std::fmt;
use std::time::Duration;

use crate::{Cause, Error, ErrorClass, ResumeToken, StopReason, Timeline};

/// How a call ended. [`Policy::execute`](crate::Policy::execute) never fails: it reports.
///
/// ```
/// use redress::Policy;
///
/// let outcome = Policy::new().execute(|| Ok::<_, std::io::Error>(5));
/// assert!(outcome.is_ok());
/// assert_eq!(outcome.attempts, 1);
/// assert_eq!(outcome.into_result().unwrap(), 5);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome<T, E> {
    /// How many attempts were started, those before it was [resumed](crate::CallContext::resume)
    /// included; 0 if the call was refused.
    pub attempts: u32,
    /// The time from the call's start to its end; of a resumed call, since the operation's start as
    /// [`ResumeToken`] counts it.
    pub elapsed: Duration,
    /// Why the call stopped; `None` after a success.
    pub stop_reason: Option<StopReason>,
    /// The class of the last failure that was counted; `None` after a success. A call that was aborted
    /// did not count its last attempt: this is then of an earlier one, as [`cause`](Self::cause) is.
    pub last_class: Option<ErrorClass>,
    /// What made that attempt a failure; `None` after a success.
    pub cause: Option<Cause>,
    /// The value, if a value is what was returned last: the success, or the failure in disguise.
    pub last_result: Option<T>,
    /// The error, if an error is what was returned last.
    pub last_error: Option<E>,
    /// The delay that the sleep handler handed to somebody else.
    pub next_sleep: Option<Duration>,
    /// How long to wait before the circuit breaker that refused the call may admit one.
    pub retry_after: Option<Duration>,
    /// The call's events, if they were asked for.
    pub timeline: Option<Timeline>,
    pub(crate) resume: Option<Box<ResumeToken>>,
}

impl<T, E> Outcome<T, E> {
    /// Tells whether the call succeeded.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.stop_reason.is_none()
    }

    /// Returns what another call goes on with; `None` unless the call stopped with
    /// [`StopReason::Scheduled`], that is, unless its sleep handler deferred the wait. Go on after
    /// [`next_sleep`](Self::next_sleep).
    #[must_use]
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.resume.as_deref().cloned()
    }

    /// Returns what [`Policy::call`](crate::Policy::call) would have returned.
    ///
    /// # Errors
    ///
    /// The operation's last error, or none if no attempt returned one. A value that the result
    /// classifier takes for a failure is still a value: it comes back as `Ok`.
    pub fn into_result(self) -> Result<T, Error<E>> {
        let report = Report {
            attempts: self.attempts,
            stop_reason: self.stop_reason,
            class: self.last_class,
            cause: self.cause,
            retry_after: self.retry_after,
        };
        match self.last_result {
            Some(value) => Ok(value),
            None => Err(Error::new(self.last_error, report)),
        }
    }
}

/// How a call ended, without what was returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) attempts: u32,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) cause: Option<Cause>,
    pub(crate) retry_after: Option<Duration>,
}

impl Report {
    pub(crate) const SUCCESS_AT_ONCE: Self = Self {
        attempts: 1,
        stop_reason: None,
        class: None,
        cause: None,
        retry_after: None,
    };

    /// Returns why a call stopped that did not succeed.
    pub(crate) fn stop_reason(&self) -> StopReason {
        self.stop_reason.unwrap_or(StopReason::Aborted)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.stop_reason();
        match self.attempts {
            0 => write!(f, "stopped before the first attempt: {reason}"),
            1 => write!(f, "stopped after 1 attempt: {reason}"),
            n => write!(f, "stopped after {n} attempts: {reason}"),
        }?;
        if reason == StopReason::NoThread {
            f.write_str(" (abandoned attempts have all of `max_detached_threads`, or the system gives none)")?;
        }
        match self.retry_after {
            Some(wait) => write!(f, ", ask again in {wait:?}"),
            None => Ok(()),
        }
    }
}

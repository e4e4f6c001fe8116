use std::time::Duration;

use crate::classify::ErrorClass;
use crate::engine::ResumeToken;
use crate::error::{Error, Interrupt, Report};
use crate::observe::Timeline;
use crate::reason::{Cause, StopReason};

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
    /// The delay after which a deferred operation goes on.
    pub next_sleep: Option<Duration>,
    /// How long to wait before the circuit breaker that refused the call may admit one.
    pub retry_after: Option<Duration>,
    /// The call's events, if they were asked for.
    pub timeline: Option<Timeline>,
    pub(crate) resume: Option<Box<ResumeToken>>,
}

impl<T, E> Outcome<T, E> {
    /// Returns `true` if the call succeeded.
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

    /// Returns a result of the operation's own type: what a function with `#[retry]` would have
    /// returned.
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// fn read(policy: &Policy) -> std::io::Result<String> {
    ///     let outcome = policy.execute(|| std::fs::read_to_string("Cargo.toml"));
    ///     println!("{} attempts in {:?}", outcome.attempts, outcome.elapsed);
    ///     outcome.into_operation_result()
    /// }
    /// assert!(read(&Policy::new()).unwrap().contains("[package]"));
    /// ```
    ///
    /// # Errors
    ///
    /// The operation's last error, or an [`Interrupt`] turned into one if no attempt returned an
    /// error. See [`Error::into_error`].
    pub fn into_operation_result(self) -> Result<T, E>
    where
        E: From<Interrupt>,
    {
        self.into_result().map_err(Error::into_error)
    }
}

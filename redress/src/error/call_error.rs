use std::fmt;
use std::time::Duration;

use super::{Interrupt, Report};
use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// Holds the operation's own error and why the call stopped: what
/// [`Policy::call`](crate::Policy::call) fails with.
///
/// [`into_error`](Self::into_error) returns the operation's error alone, as `#[retry]` does.
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

    /// Replaces the last error by one that says what an attempt that was cut off could not.
    #[cfg(any(
        feature = "sqlx-0_8",
        feature = "sqlx-0_9",
        feature = "tokio-postgres-0_7"
    ))]
    pub(crate) fn with_source(mut self, source: E) -> Self {
        self.source = Some(source);
        self
    }

    /// Creates the error of an operation that was wrong from the start, so that nothing was tried.
    #[cfg(any(
        feature = "reqwest-0_13",
        feature = "tower-service-0_3",
        feature = "ureq-3"
    ))]
    pub(crate) const fn before_first_attempt(source: E) -> Self {
        let report = Report {
            attempts: 0,
            stop_reason: Some(StopReason::NonRetryableClass),
            class: Some(ErrorClass::Permanent),
            cause: Some(Cause::Error),
            retry_after: None,
        };
        Self::new(Some(source), report)
    }

    /// Takes a value out of the source, if it is there.
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn recover<T>(self, take: impl FnOnce(E) -> Result<T, E>) -> Result<T, Self> {
        let Self { source, interrupt } = self;
        let source = match source.map(take) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(source)) => Some(source),
            None => None,
        };
        Err(Self { source, interrupt })
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
    /// See [`Rejected::retry_after`](crate::breaker::Rejected::retry_after).
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

    /// Returns an error of the operation's own type: the last error that an attempt returned, or an
    /// [`Interrupt`] turned into one if no attempt returned an error.
    ///
    /// This is the error that a function with `#[retry]` returns. It lets a policy be called in a
    /// function that fails with the operation's error, or with anything that `?` makes of it:
    ///
    /// ```
    /// use redress::{Error, Policy};
    ///
    /// #[derive(Debug)]
    /// enum ApiError {
    ///     NotFound,
    ///     Interrupted(redress::Interrupt),
    /// }
    ///
    /// impl From<redress::Interrupt> for ApiError {
    ///     fn from(interrupt: redress::Interrupt) -> Self {
    ///         Self::Interrupted(interrupt)
    ///     }
    /// }
    /// # impl std::fmt::Display for ApiError {
    /// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self:?}") }
    /// # }
    /// # impl std::error::Error for ApiError {}
    /// # fn get(id: u32) -> Result<u32, ApiError> { if id == 0 { Err(ApiError::NotFound) } else { Ok(id) } }
    ///
    /// fn user(policy: &Policy, id: u32) -> Result<u32, ApiError> {
    ///     policy.call(|| get(id)).map_err(Error::into_error)
    /// }
    /// let policy = Policy::builder().max_attempts(1).build()?;
    /// assert_eq!(user(&policy, 7).unwrap(), 7);
    /// assert!(matches!(user(&policy, 0), Err(ApiError::NotFound)));
    ///
    /// let aborted = policy.context().abort_if(|| true).call(|| get(7));
    /// assert!(matches!(aborted.map_err(Error::into_error), Err(ApiError::Interrupted(_))));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    ///
    /// `anyhow::Error`, `Box<dyn std::error::Error + Send + Sync>` and [`std::io::Error`] take an
    /// [`Interrupt`] as they are.
    #[must_use]
    pub fn into_error(self) -> E
    where
        E: From<Interrupt>,
    {
        match self.source {
            Some(source) => source,
            None => self.interrupt.into(),
        }
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

use std::fmt;
use std::time::Duration;

use super::Report;
#[cfg(feature = "config")]
use super::UnknownPolicy;
use crate::classify::{Classification, Classify, ErrorClass};
use crate::reason::{Cause, StopReason};

/// The report of a call that ended without anything that an attempt returned.
///
/// A function with `#[retry]` returns its own error type; where an argument such as
/// `attempt_timeout` makes interruptions possible, that type takes them by
/// `From<redress::Interrupt>`.
///
/// ```
/// #[derive(Debug)]
/// enum AppError {
///     Interrupted(redress::Interrupt),
/// }
///
/// impl From<redress::Interrupt> for AppError {
///     fn from(interrupt: redress::Interrupt) -> Self {
///         Self::Interrupted(interrupt)
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupt {
    pub(super) report: Report,
    #[cfg(feature = "config")]
    unknown_policy: Option<Box<UnknownPolicy>>,
}

impl Interrupt {
    pub(crate) const fn new(report: Report) -> Self {
        Self {
            report,
            #[cfg(feature = "config")]
            unknown_policy: None,
        }
    }

    /// Returns why the call stopped.
    #[must_use]
    pub fn stop_reason(&self) -> StopReason {
        self.report.stop_reason()
    }

    /// Returns how many attempts were started, those before a deferral included; 0 if the call was
    /// refused.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.report.attempts
    }

    /// Returns how long to wait before the circuit breaker that refused the call may admit one;
    /// `None` if it was not the breaker that stopped the call.
    /// See [`Rejected::retry_after`](crate::breaker::Rejected::retry_after).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.report.retry_after
    }

    /// Returns which policy was asked for and not there, as by `policy = POLICIES.get("payments")`.
    #[cfg(feature = "config")]
    #[must_use]
    pub fn unknown_policy(&self) -> Option<&UnknownPolicy> {
        self.unknown_policy.as_deref()
    }

    /// Returns `true` if the last attempt was cut off by its timeout or by the deadline. In a resumed
    /// call this may be an attempt from before the deferral.
    #[must_use]
    pub fn is_attempt_timeout(&self) -> bool {
        self.report.cause == Some(Cause::Timeout)
    }

    /// Returns `true` if `abort_if` stopped the call.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.stop_reason() == StopReason::Aborted
    }

    /// Returns `true` if the circuit breaker refused the call.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        self.stop_reason() == StopReason::CircuitOpen
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_attempt_timeout() {
            f.write_str("attempt timed out; ")?;
        }
        self.report.fmt(f)?;
        #[cfg(feature = "config")]
        if let Some(unknown) = &self.unknown_policy {
            write!(f, ": {unknown}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Interrupt {}

#[cfg(feature = "config")]
impl From<UnknownPolicy> for Interrupt {
    /// Says that there was no policy to call with: [`StopReason::NoPolicy`].
    fn from(unknown: UnknownPolicy) -> Self {
        Self {
            report: Report {
                attempts: 0,
                stop_reason: Some(StopReason::NoPolicy),
                class: None,
                cause: None,
                retry_after: None,
            },
            unknown_policy: Some(Box::new(unknown)),
        }
    }
}

impl Classify for Interrupt {
    /// An abort aborts an outer call too. A policy that is not there is PERMANENT. Everything else
    /// is TRANSIENT, with the time after which the circuit breaker may admit a call as its hint.
    ///
    /// A call that started no attempt is [unsent](Classification::unsent).
    fn classify(&self) -> Classification {
        if self.is_aborted() {
            return Classification::abort();
        }
        let class = match self.stop_reason() {
            StopReason::NoPolicy => ErrorClass::Permanent,
            _ => ErrorClass::Transient,
        };
        let said = Classification::new(class).retry_after(self.retry_after());
        match self.attempts() {
            0 => said.unsent(),
            _ => said,
        }
    }
}

impl From<Interrupt> for std::io::Error {
    /// A timeout is of kind `TimedOut`, everything else of kind `Other`.
    fn from(interrupt: Interrupt) -> Self {
        if interrupt.is_attempt_timeout() {
            Self::new(std::io::ErrorKind::TimedOut, interrupt)
        } else {
            Self::other(interrupt)
        }
    }
}

/// Makes a return value of an [`Interrupt`]: implemented for each `Result` whose error takes one.
///
/// A function whose `#[retry]` can interrupt its attempts returns a type with this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that the call was interrupted",
    label = "an argument of `#[retry]` can interrupt the call, so this must be a `Result<_, E>` with `E: From<redress::Interrupt>`",
    note = "`attempt_timeout`, `abort_if`, `abort_on`, `policy`, `circuit_breaker`, `gate` and `inherit_deadline` can end a call when no attempt has returned anything",
    note = "for an error of your own, add `impl From<redress::Interrupt>` (with thiserror: a variant `Interrupted(#[from] redress::Interrupt)`)",
    note = "for an error of another crate, return `anyhow::Error`, `std::io::Error` or an error of your own in its place; or set the timeout on the client; or call the body by a `Policy`, whose `redress::Error` holds any error"
)]
pub trait FromInterrupt {
    /// Makes the return value.
    fn from_interrupt(interrupt: Interrupt) -> Self;
}

// Without this, the message above would be lost behind the missing `From`.
#[diagnostic::do_not_recommend]
impl<T, E: From<Interrupt>> FromInterrupt for Result<T, E> {
    fn from_interrupt(interrupt: Interrupt) -> Self {
        Err(interrupt.into())
    }
}

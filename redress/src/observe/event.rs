use std::fmt;
use std::time::Duration;

use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// Names an event.
///
/// ```
/// assert_eq!(redress::EventName::Retry.to_string(), "retry");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventName {
    /// An attempt succeeded; the call is over.
    Success,
    /// An attempt failed and another one will follow after [`Event::sleep`].
    Retry,
    /// The call stopped: [`StopReason::Aborted`].
    Aborted,
    /// The call stopped: [`StopReason::RetryForbidden`].
    RetryForbidden,
    /// The call stopped: [`StopReason::MaxAttemptsGlobal`] or
    /// [`StopReason::MaxAttemptsPerClass`].
    MaxAttemptsExceeded,
    /// The call stopped: [`StopReason::NonRetryableClass`].
    PermanentFail,
    /// The call stopped: [`StopReason::MayHaveBeenApplied`].
    MayHaveBeenApplied,
    /// The call stopped: [`StopReason::MaxUnknownAttempts`].
    MaxUnknownAttemptsExceeded,
    /// The call stopped: [`StopReason::DeadlineExceeded`].
    DeadlineExceeded,
    /// The call stopped: [`StopReason::NoStrategy`].
    NoStrategyConfigured,
    /// The call stopped: [`StopReason::BudgetExhausted`].
    BudgetExhausted,
    /// The call stopped: [`StopReason::Scheduled`].
    Scheduled,
    /// The call stopped: [`StopReason::CircuitOpen`].
    CircuitRejected,
    /// The call stopped: [`StopReason::NoThread`].
    NoThread,
    /// The call's failure has opened the circuit breaker.
    CircuitOpened,
    /// The call is the first probe of a circuit breaker that was open.
    CircuitHalfOpen,
    /// The call's success has closed the circuit breaker.
    CircuitClosed,
    /// The circuit breaker has passed over twenty failures of class UNKNOWN, because they are not
    /// among those that it [trips on](crate::breaker::CircuitBreakerBuilder::trip_on). Shown once in the life
    /// of a breaker. [`Event::error_type`] is the type of the last of them: let it be classified, or
    /// trip on UNKNOWN.
    Unclassified,
}

impl EventName {
    /// Returns the name in lower case, as it appears in tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Retry => "retry",
            Self::Aborted => "aborted",
            Self::RetryForbidden => "retry_forbidden",
            Self::MaxAttemptsExceeded => "max_attempts_exceeded",
            Self::PermanentFail => "permanent_fail",
            Self::MayHaveBeenApplied => "may_have_been_applied",
            Self::MaxUnknownAttemptsExceeded => "max_unknown_attempts_exceeded",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NoStrategyConfigured => "no_strategy_configured",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Scheduled => "scheduled",
            Self::CircuitRejected => "circuit_rejected",
            Self::NoThread => "no_thread",
            Self::CircuitOpened => "circuit_opened",
            Self::CircuitHalfOpen => "circuit_half_open",
            Self::CircuitClosed => "circuit_closed",
            Self::Unclassified => "unclassified",
        }
    }

    pub(crate) const fn of_stop(reason: StopReason) -> Self {
        match reason {
            // Without a policy there is no call, and no event.
            StopReason::Aborted | StopReason::NoPolicy => Self::Aborted,
            StopReason::RetryForbidden => Self::RetryForbidden,
            StopReason::MaxAttemptsPerClass | StopReason::MaxAttemptsGlobal => {
                Self::MaxAttemptsExceeded
            }
            StopReason::NonRetryableClass => Self::PermanentFail,
            StopReason::MayHaveBeenApplied => Self::MayHaveBeenApplied,
            StopReason::MaxUnknownAttempts => Self::MaxUnknownAttemptsExceeded,
            StopReason::DeadlineExceeded => Self::DeadlineExceeded,
            StopReason::NoStrategy => Self::NoStrategyConfigured,
            StopReason::BudgetExhausted => Self::BudgetExhausted,
            StopReason::Scheduled => Self::Scheduled,
            StopReason::CircuitOpen => Self::CircuitRejected,
            StopReason::NoThread => Self::NoThread,
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One decision of one call, as an observer sees it.
///
/// Everything in it is fit for a metric's tag except [`attempt`](Self::attempt),
/// [`sleep`](Self::sleep) and [`elapsed`](Self::elapsed), which are numbers: it never holds a
/// message or a value.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    pub(crate) name: EventName,
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
    pub(crate) sleep: Duration,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) cause: Option<Cause>,
    pub(crate) error_type: Option<&'static str>,
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

    /// Returns the name of the error's type, if an error was the failure.
    #[must_use]
    pub const fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    /// Returns the name of the operation, if it was given one.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        self.operation
    }
}

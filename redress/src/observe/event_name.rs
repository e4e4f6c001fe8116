use std::fmt;

#[cfg(doc)]
use super::Event;
use crate::reason::StopReason;

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
    /// The call stopped: [`StopReason::RestartsExceeded`].
    RestartsExceeded,
    /// The call stopped: [`StopReason::NotReady`].
    NotReady,
    /// A [session](crate::Policy::session) has become healthy: what failed before is forgotten. It goes on.
    Healthy,
    /// A healthy session ended by itself; the next connect follows after [`Event::sleep`].
    SessionEnded,
    /// What [`until`](crate::Policy::until) waits for is not ready yet; the next look follows after
    /// [`Event::sleep`].
    NotYet,
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
    /// The call's failure has closed the [gate](crate::Gate), for [`Event::sleep`].
    GateClosed,
    /// The call waits at the [gate](crate::Gate) before its next attempt: for [`Event::sleep`], or longer if
    /// others go first.
    GateWait,
}

impl EventName {
    /// All events, in the order of their [`index`](Self::index).
    pub const ALL: [Self; 25] = [
        Self::Success,
        Self::Retry,
        Self::Aborted,
        Self::RetryForbidden,
        Self::MaxAttemptsExceeded,
        Self::PermanentFail,
        Self::MayHaveBeenApplied,
        Self::MaxUnknownAttemptsExceeded,
        Self::DeadlineExceeded,
        Self::NoStrategyConfigured,
        Self::BudgetExhausted,
        Self::Scheduled,
        Self::CircuitRejected,
        Self::NoThread,
        Self::RestartsExceeded,
        Self::NotReady,
        Self::Healthy,
        Self::SessionEnded,
        Self::NotYet,
        Self::CircuitOpened,
        Self::CircuitHalfOpen,
        Self::CircuitClosed,
        Self::Unclassified,
        Self::GateClosed,
        Self::GateWait,
    ];

    /// Returns its place in [`ALL`](Self::ALL), for a table with an entry for each event. It may change
    /// with a release.
    ///
    /// ```
    /// use redress::EventName;
    ///
    /// let mut seen = [0_u64; EventName::ALL.len()];
    /// seen[EventName::Retry.index()] += 1;
    /// assert_eq!(EventName::ALL[EventName::Retry.index()], EventName::Retry);
    /// ```
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns `true` if the event is the last decision about its call: a success or a stop. A change of
    /// its breaker may still be shown after it.
    ///
    /// ```
    /// use redress::EventName;
    ///
    /// assert!(EventName::BudgetExhausted.is_terminal());
    /// assert!(!EventName::Retry.is_terminal());
    /// assert!(!EventName::CircuitOpened.is_terminal());
    /// ```
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(
            self,
            Self::Retry
                | Self::Healthy
                | Self::SessionEnded
                | Self::NotYet
                | Self::CircuitOpened
                | Self::CircuitHalfOpen
                | Self::CircuitClosed
                | Self::Unclassified
                | Self::GateClosed
                | Self::GateWait
        )
    }

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
            Self::RestartsExceeded => "restarts_exceeded",
            Self::NotReady => "not_ready",
            Self::Healthy => "healthy",
            Self::SessionEnded => "session_ended",
            Self::NotYet => "not_yet",
            Self::CircuitOpened => "circuit_opened",
            Self::CircuitHalfOpen => "circuit_half_open",
            Self::CircuitClosed => "circuit_closed",
            Self::Unclassified => "unclassified",
            Self::GateClosed => "gate_closed",
            Self::GateWait => "gate_wait",
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
            StopReason::RestartsExceeded => Self::RestartsExceeded,
            StopReason::NotReady => Self::NotReady,
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_place_in_the_list_of_all() {
        for (index, name) in EventName::ALL.into_iter().enumerate() {
            assert_eq!(name.index(), index);
        }
    }

    #[test]
    fn the_event_of_each_stop_reason_is_terminal() {
        for reason in StopReason::ALL {
            assert!(EventName::of_stop(reason).is_terminal(), "{reason}");
        }
    }
}

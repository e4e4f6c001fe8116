use std::fmt;

use super::EventName;
use crate::reason::StopReason;

/// Names how a call ended. The names are a closed set, fit for the label of a metric: those of the events
/// that end a call, but for success, of which there are two, and for calls that no event ends.
///
/// ```
/// use redress::StopReason;
/// use redress::observe::CallResult;
///
/// assert_eq!(CallResult::SuccessAfterRetry.to_string(), "success_after_retry");
/// let stopped = CallResult::of_stop(StopReason::MaxAttemptsGlobal);
/// assert_eq!(stopped.as_str(), "max_attempts_exceeded");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// It succeeded at its first attempt.
    Success,
    /// It succeeded at a later attempt.
    SuccessAfterRetry,
    /// It stopped: [`StopReason::Aborted`].
    Aborted,
    /// It stopped: [`StopReason::RetryForbidden`].
    RetryForbidden,
    /// It stopped: [`StopReason::MaxAttemptsGlobal`] or [`StopReason::MaxAttemptsPerClass`].
    MaxAttemptsExceeded,
    /// It stopped: [`StopReason::NonRetryableClass`].
    PermanentFail,
    /// It stopped: [`StopReason::MayHaveBeenApplied`].
    MayHaveBeenApplied,
    /// It stopped: [`StopReason::MaxUnknownAttempts`].
    MaxUnknownAttemptsExceeded,
    /// It stopped: [`StopReason::DeadlineExceeded`].
    DeadlineExceeded,
    /// It stopped: [`StopReason::NoStrategy`].
    NoStrategyConfigured,
    /// It stopped: [`StopReason::BudgetExhausted`].
    BudgetExhausted,
    /// It stopped: [`StopReason::Scheduled`].
    Scheduled,
    /// It stopped: [`StopReason::CircuitOpen`].
    CircuitRejected,
    /// It stopped: [`StopReason::NoThread`].
    NoThread,
    /// It stopped: [`StopReason::RestartsExceeded`].
    RestartsExceeded,
    /// It stopped: [`StopReason::NotReady`].
    NotReady,
    /// Its future was dropped.
    Cancelled,
    /// Its operation, or something else of the user's that is not a hook, panicked.
    Panicked,
}

impl CallResult {
    /// All results, in the order of their [`index`](Self::index).
    pub const ALL: [Self; 18] = [
        Self::Success,
        Self::SuccessAfterRetry,
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
        Self::Cancelled,
        Self::Panicked,
    ];

    /// Returns its place in [`ALL`](Self::ALL), for a table with an entry for each result. It may change
    /// with a release.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name in lower case, as it appears in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => EventName::Success.as_str(),
            Self::SuccessAfterRetry => "success_after_retry",
            Self::Aborted => EventName::Aborted.as_str(),
            Self::RetryForbidden => EventName::RetryForbidden.as_str(),
            Self::MaxAttemptsExceeded => EventName::MaxAttemptsExceeded.as_str(),
            Self::PermanentFail => EventName::PermanentFail.as_str(),
            Self::MayHaveBeenApplied => EventName::MayHaveBeenApplied.as_str(),
            Self::MaxUnknownAttemptsExceeded => EventName::MaxUnknownAttemptsExceeded.as_str(),
            Self::DeadlineExceeded => EventName::DeadlineExceeded.as_str(),
            Self::NoStrategyConfigured => EventName::NoStrategyConfigured.as_str(),
            Self::BudgetExhausted => EventName::BudgetExhausted.as_str(),
            Self::Scheduled => EventName::Scheduled.as_str(),
            Self::CircuitRejected => EventName::CircuitRejected.as_str(),
            Self::NoThread => EventName::NoThread.as_str(),
            Self::RestartsExceeded => EventName::RestartsExceeded.as_str(),
            Self::NotReady => EventName::NotReady.as_str(),
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }

    /// Returns `true` for the two successes.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::SuccessAfterRetry)
    }

    /// Returns the result of a call that stopped for this reason.
    #[must_use]
    pub const fn of_stop(reason: StopReason) -> Self {
        match reason {
            // Without a policy there is no call.
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

impl fmt::Display for CallResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_place_in_the_list_of_all_and_the_names_differ() {
        let mut names: Vec<_> = CallResult::ALL.iter().map(|r| r.as_str()).collect();
        for (index, result) in CallResult::ALL.into_iter().enumerate() {
            assert_eq!(result.index(), index);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CallResult::ALL.len());
    }

    #[test]
    fn the_result_of_a_stop_is_named_as_its_event() {
        for reason in StopReason::ALL {
            let event = EventName::of_stop(reason);
            assert_eq!(CallResult::of_stop(reason).as_str(), event.as_str());
        }
    }
}

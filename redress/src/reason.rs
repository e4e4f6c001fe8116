use std::fmt;

/// Says why a call stopped without a success.
///
/// ```
/// assert_eq!(redress::StopReason::DeadlineExceeded.to_string(), "DEADLINE_EXCEEDED");
/// ```
///
/// # Order of the checks
///
/// Several reasons may apply at once; the first in these tables is the one that is given. The order is
/// part of the contract: it changes with a major version only. A reason that only a new setting or a
/// new word of a classifier can bring about may be added between.
///
/// Before the first attempt:
///
/// | when | stop reason |
/// |---|---|
/// | the circuit breaker is open | [`CircuitOpen`](Self::CircuitOpen) |
/// | `abort_if` or `abort_on` aborts | [`Aborted`](Self::Aborted) |
/// | a detached attempt has no thread before the deadline | [`NoThread`](Self::NoThread), [`DeadlineExceeded`](Self::DeadlineExceeded) |
/// | the circuit breaker has no probe left | [`CircuitOpen`](Self::CircuitOpen) |
///
/// After a failure:
///
/// | when | stop reason |
/// |---|---|
/// | `abort_if` or `abort_on` aborts, or the classification is an abort | [`Aborted`](Self::Aborted) |
/// | the classification [forbids a retry](crate::Classification::no_retry) | [`RetryForbidden`](Self::RetryForbidden) |
/// | the failures of this class in this call have reached its cap | [`MaxAttemptsPerClass`](Self::MaxAttemptsPerClass) |
/// | AUTH, PERMISSION or PERMANENT, without a strategy of its own | [`NonRetryableClass`](Self::NonRetryableClass) |
/// | the call is [`once`](crate::PolicyBuilder::once), and the failure not [unsent](crate::Classification::unsent) | [`MayHaveBeenApplied`](Self::MayHaveBeenApplied) |
/// | UNKNOWN, as often as its cap allows | [`MaxUnknownAttempts`](Self::MaxUnknownAttempts) |
/// | the deadline has passed | [`DeadlineExceeded`](Self::DeadlineExceeded) |
/// | there is no strategy for the class | [`NoStrategy`](Self::NoStrategy) |
/// | this was the last attempt (the strategy has learnt of its failure) | [`MaxAttemptsGlobal`](Self::MaxAttemptsGlobal) |
/// | the delay would reach the deadline | [`DeadlineExceeded`](Self::DeadlineExceeded) |
/// | a session has been restarted as often as [`restarts`](crate::PolicyBuilder::restarts) allows | [`RestartsExceeded`](Self::RestartsExceeded) |
/// | the budget has no token | [`BudgetExhausted`](Self::BudgetExhausted) |
/// | the circuit breaker observes attempts, and stays open beyond the delay | [`CircuitOpen`](Self::CircuitOpen) |
/// | the sleep handler defers, once the retry has been announced | [`Scheduled`](Self::Scheduled) |
/// | the sleep handler aborts | [`Aborted`](Self::Aborted) |
///
/// After an answer that something is [not ready yet](crate::Policy::until), which is no failure:
/// [`Aborted`](Self::Aborted), or [`NotReady`](Self::NotReady) where the deadline leaves no time for
/// another look.
///
/// After the pause: the deadline (where `abort_if` aborts as well, [`Aborted`](Self::Aborted)), then
/// `abort_if`, the thread and the circuit breaker as before the first attempt.
///
/// Nothing is slept for, spent on or announced for an attempt that will not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The operation or `abort_if` asked to stop.
    Aborted,
    /// The classification of the last failure [forbids a retry](crate::Classification::no_retry).
    RetryForbidden,
    /// The class of the last failure has failed as often as its cap allows.
    MaxAttemptsPerClass,
    /// AUTH, PERMISSION or PERMANENT, without a strategy of its own.
    NonRetryableClass,
    /// The call is [`once`](crate::PolicyBuilder::once), and nothing says that its last attempt cannot
    /// have been applied: the failure is not [unsent](crate::Classification::unsent).
    MayHaveBeenApplied,
    /// UNKNOWN has failed as often as its cap allows.
    MaxUnknownAttempts,
    /// The deadline has passed, or the next delay would reach it.
    DeadlineExceeded,
    /// Neither the class of the last failure nor the policy has a strategy.
    NoStrategy,
    /// The call has made as many attempts as it may.
    MaxAttemptsGlobal,
    /// The retry budget has no token left.
    BudgetExhausted,
    /// The sleep handler deferred the rest of the operation: another call goes on with it later.
    Scheduled,
    /// The circuit breaker refused the call.
    CircuitOpen,
    /// There is no thread for a [detached](crate::Policy::call_detached) attempt: abandoned ones have
    /// as many as [`max_detached_threads`](crate::PolicyBuilder::max_detached_threads) allows, or the
    /// system gives none.
    NoThread,
    /// A [session](crate::Policy::session) has been restarted more often than
    /// [`restarts`](crate::PolicyBuilder::restarts) allows.
    RestartsExceeded,
    /// What [`until`](crate::Policy::until) waits for was not ready by the deadline.
    NotReady,
    /// The attribute names a policy that its configuration file does not have.
    NoPolicy,
}

impl StopReason {
    /// All reasons, in the order of their [`index`](Self::index).
    pub const ALL: [Self; 16] = [
        Self::Aborted,
        Self::RetryForbidden,
        Self::MaxAttemptsPerClass,
        Self::NonRetryableClass,
        Self::MayHaveBeenApplied,
        Self::MaxUnknownAttempts,
        Self::DeadlineExceeded,
        Self::NoStrategy,
        Self::MaxAttemptsGlobal,
        Self::BudgetExhausted,
        Self::Scheduled,
        Self::CircuitOpen,
        Self::NoThread,
        Self::RestartsExceeded,
        Self::NotReady,
        Self::NoPolicy,
    ];

    /// Returns its place in [`ALL`](Self::ALL), for a table with an entry for each reason. It may change
    /// with a release.
    ///
    /// ```
    /// use redress::StopReason;
    ///
    /// let mut stops = [0_u64; StopReason::ALL.len()];
    /// stops[StopReason::BudgetExhausted.index()] += 1;
    /// ```
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name in upper case, as it appears in events and tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aborted => "ABORTED",
            Self::RetryForbidden => "RETRY_FORBIDDEN",
            Self::MaxAttemptsPerClass => "MAX_ATTEMPTS_PER_CLASS",
            Self::NonRetryableClass => "NON_RETRYABLE_CLASS",
            Self::MayHaveBeenApplied => "MAY_HAVE_BEEN_APPLIED",
            Self::MaxUnknownAttempts => "MAX_UNKNOWN_ATTEMPTS",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NoStrategy => "NO_STRATEGY",
            Self::MaxAttemptsGlobal => "MAX_ATTEMPTS_GLOBAL",
            Self::BudgetExhausted => "BUDGET_EXHAUSTED",
            Self::Scheduled => "SCHEDULED",
            Self::CircuitOpen => "CIRCUIT_OPEN",
            Self::NoThread => "NO_THREAD",
            Self::RestartsExceeded => "RESTARTS_EXCEEDED",
            Self::NotReady => "NOT_READY",
            Self::NoPolicy => "NO_POLICY",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Says what made an attempt a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The operation returned an error.
    Error,
    /// The operation returned a value that the result classifier takes for a failure.
    Result,
    /// The attempt was cut off by its timeout.
    Timeout,
    /// The [session](crate::Policy::session) ended without an error before it was healthy.
    Ended,
    /// The session was cut off because nothing came for as long as
    /// [`stall_timeout`](crate::PolicyBuilder::stall_timeout) allows.
    Stalled,
    /// The value was [not ready yet](crate::Policy::until): no failure, and no call reports it.
    NotReady,
}

impl Cause {
    /// All causes, in the order of their [`index`](Self::index).
    pub const ALL: [Self; 6] = [
        Self::Error,
        Self::Result,
        Self::Timeout,
        Self::Ended,
        Self::Stalled,
        Self::NotReady,
    ];

    /// Returns its place in [`ALL`](Self::ALL), for a table with an entry for each cause. It may change
    /// with a release.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name in lower case, as it appears in tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Result => "result",
            Self::Timeout => "timeout",
            Self::Ended => "ended",
            Self::Stalled => "stalled",
            Self::NotReady => "not_ready",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_place_in_the_list_of_all() {
        for (index, reason) in StopReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
        }
    }
}

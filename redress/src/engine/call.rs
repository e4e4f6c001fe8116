use std::time::Duration;

use super::{ResumeToken, Rules, Tally};
use crate::{BackoffContext, Budget, BudgetToken, Cause, Classification, ErrorClass, StopReason};

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempted {
    /// It returned a success.
    Succeeded,
    /// It returned an error.
    Failed(Classification),
    /// It returned a value that is a failure.
    BadResult(Classification),
    /// It was cut off by its timeout: a failure of class TRANSIENT.
    TimedOut,
}

impl Attempted {
    /// Returns what the failure means and what made it one; none for a success.
    pub(crate) const fn failure(&self) -> Option<(&Classification, Cause)> {
        static TIMED_OUT: Classification = Classification::new(ErrorClass::Transient);
        match self {
            Self::Succeeded => None,
            Self::Failed(classification) => Some((classification, Cause::Error)),
            Self::BadResult(classification) => Some((classification, Cause::Result)),
            Self::TimedOut => Some((&TIMED_OUT, Cause::Timeout)),
        }
    }
}

/// What to do after an attempt.
#[derive(Debug)]
pub(crate) enum Decision<'r> {
    Done,
    /// Try again after a delay. The token is what that costs the budget.
    Retry(Duration, Option<BudgetToken<'r>>),
    Stop(StopReason),
}

/// One call, as the engine sees it: what it has tried, and what its rules let it do next.
///
/// Time is an argument, always as the time since the call's start; nothing here waits, reads a
/// clock, or knows what the operation is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    attempts: u32,
    failure: Option<Failure>,
    stop: Option<StopReason>,
    /// An attempt is in progress that somebody was told of.
    pub(crate) in_attempt: bool,
    tally: Tally,
}

/// The last failure of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) class: ErrorClass,
    pub(crate) cause: Cause,
}

impl Call {
    /// Creates a call that goes on where another has stopped.
    pub(crate) fn resume(rules: &Rules, token: &ResumeToken) -> Self {
        Self {
            attempts: token.attempts,
            failure: Some(token.last),
            tally: Tally::resume(rules, token),
            ..Self::default()
        }
    }

    /// Says where the call stands that waits for `delay` after `elapsed`. There is nothing to go on
    /// with without a failure.
    pub(crate) fn resume_token(&self, elapsed: Duration, delay: Duration) -> Option<ResumeToken> {
        let (failures, sleeps) = self.tally.seen();
        Some(ResumeToken {
            attempts: self.attempts,
            failures,
            last: self.failure?,
            sleeps,
            // Their sum is a time, too.
            elapsed: elapsed.min(Duration::MAX.saturating_sub(delay)),
            delay,
        })
    }

    /// Returns how many attempts have started.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the last failure; none after a success.
    pub(crate) const fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Returns why the call has stopped, if it has without a success.
    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Stops the call for a reason that the engine does not see.
    pub(crate) const fn stop(&mut self, reason: StopReason) {
        self.stop = Some(reason);
    }

    /// Starts the next attempt and returns its number.
    pub(crate) const fn next_attempt(&mut self) -> u32 {
        self.attempts = self.attempts.saturating_add(1);
        self.attempts
    }

    /// Takes what the attempt came to and decides what follows. The order of the checks is part of
    /// the public contract.
    #[inline(always)]
    pub(crate) fn record<'r>(
        &mut self,
        rules: &Rules,
        budget: Option<&'r Budget>,
        attempted: &Attempted,
        elapsed: Duration,
    ) -> Decision<'r> {
        let Some((classification, cause)) = attempted.failure() else {
            self.failure = None;
            rules.on_success();
            return Decision::Done;
        };
        if classification.is_abort() {
            return Decision::Stop(StopReason::Aborted);
        }
        let delay = match self.backoff(rules, classification, cause, elapsed) {
            Ok(delay) => delay,
            Err(reason) => return Decision::Stop(reason),
        };
        let Some(budget) = budget else {
            return Decision::Retry(delay, None);
        };
        match budget.try_spend(classification.class()) {
            Some(token) => Decision::Retry(delay, Some(token)),
            None => Decision::Stop(StopReason::BudgetExhausted),
        }
    }

    #[inline(always)]
    fn backoff(
        &mut self,
        rules: &Rules,
        classification: &Classification,
        cause: Cause,
        elapsed: Duration,
    ) -> Result<Duration, StopReason> {
        let class = classification.class();
        let own = rules.has_own_strategy(class);
        let failures = self.tally.count(class, own);
        self.failure = Some(Failure { class, cause });
        if reached(failures, *rules.class_caps.get(class)) {
            return Err(StopReason::MaxAttemptsPerClass);
        }
        if class.is_terminal() && !own {
            return Err(StopReason::NonRetryableClass);
        }
        if class == ErrorClass::Unknown && reached(failures, rules.max_unknown_attempts) {
            return Err(StopReason::MaxUnknownAttempts);
        }
        if rules.is_over(elapsed) {
            return Err(StopReason::DeadlineExceeded);
        }
        let strategy = rules.strategy(class).ok_or(StopReason::NoStrategy)?;
        let ctx = self.context(rules, classification, cause, elapsed);
        if rules.successes.is_learning()
            && let Some(learner) = strategy.learner()
        {
            learner.on_failure(&ctx);
        }
        if reached(self.attempts, rules.max_attempts) {
            return Err(StopReason::MaxAttemptsGlobal);
        }
        let delay = strategy.delay(&ctx).saturate();
        // A wait without end reaches any deadline, also the one that was not set.
        if delay == Duration::MAX || rules.is_over(elapsed.saturating_add(delay)) {
            return Err(StopReason::DeadlineExceeded);
        }
        Ok(delay)
    }

    /// Notes that the delay which [`record`](Self::record) chose is the slot's previous sleep from
    /// now on.
    #[inline]
    pub(crate) fn take_delay(&mut self, rules: &Rules, delay: Duration) {
        if let Some(failure) = self.failure {
            let own = rules.has_own_strategy(failure.class);
            self.tally.set_sleep(failure.class, own, delay);
        }
    }

    /// Returns the delay that was taken last.
    pub(crate) fn delay(&self, rules: &Rules) -> Option<Duration> {
        let class = self.failure?.class;
        self.tally.prev_sleep(class, rules.has_own_strategy(class))
    }

    /// Describes the failure that was just counted.
    #[inline(always)]
    pub(crate) fn context<'a>(
        &self,
        rules: &Rules,
        classification: &'a Classification,
        cause: Cause,
        elapsed: Duration,
    ) -> BackoffContext<'a> {
        let class = classification.class();
        let own = rules.has_own_strategy(class);
        let class_attempt = self.tally.failures(class);
        BackoffContext {
            attempt: self.attempts,
            class_attempt,
            slot_attempt: if own {
                class_attempt
            } else {
                self.tally.default_failures()
            },
            classification,
            prev_sleep: self.tally.prev_sleep(class, own),
            remaining: rules.deadline.map(|d| d.saturating_sub(elapsed)),
            cause,
        }
    }
}

fn reached(count: u32, cap: Option<u32>) -> bool {
    cap.is_some_and(|cap| count >= cap)
}

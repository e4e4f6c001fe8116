use std::time::Duration;

use super::{ResumeToken, Rules, Session, Slot, Tally, polling};
use crate::budget::{Budget, BudgetToken};
use crate::classify::{Classification, ErrorClass};
use crate::reason::{Cause, StopReason};
use crate::strategies::BackoffContext;

/// The result of an attempt, as a scheduler records it.
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
    /// It returned a value that is not ready yet, which is [no failure](crate::Policy::until); after this
    /// time the other side wants to be asked again, if it has said so.
    NotReady(Option<Duration>),
}

impl Attempted {
    /// Returns the failure; `None` if it is none.
    pub(crate) fn into_failed(self) -> Option<Failed> {
        let (classification, cause) = match self {
            Self::Succeeded | Self::NotReady(_) => return None,
            Self::Failed(classification) => (classification, Cause::Error),
            Self::BadResult(classification) => (classification, Cause::Result),
            Self::TimedOut => (ErrorClass::Transient.into(), Cause::Timeout),
        };
        Some(Failed {
            classification,
            cause,
            error_type: None,
        })
    }
}

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct Failed {
    /// Its class, hint and details.
    pub(crate) classification: Classification,
    /// Its cause: an error, a value or a timeout.
    pub(crate) cause: Cause,
    /// The type of the error, for events; `None` for a value or a timeout.
    pub(crate) error_type: Option<&'static str>,
}

/// Another attempt, which the engine allows.
pub(crate) struct Retry<'r> {
    /// The pause before it.
    pub(crate) delay: Duration,
    /// The slot whose strategy chose the delay.
    pub(crate) slot: Slot,
    /// The budget's token for it, which is given back when dropped.
    pub(crate) token: Option<BudgetToken<'r>>,
}

/// One call as the engine sees it: its attempts and failures, and what its rules allow next.
///
/// Time is an argument, always the time since the call's start: nothing here waits, reads a clock,
/// or knows the operation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    attempts: u32,
    failure: Option<LastFailure>,
    stop: Option<StopReason>,
    /// An attempt is in progress that was announced to observers, or handed to a scheduler.
    pub(crate) in_attempt: bool,
    tally: Tally,
}

/// The last failure of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastFailure {
    pub(crate) class: ErrorClass,
    pub(crate) cause: Cause,
}

impl Call {
    pub(crate) const NEW: Self = Self {
        attempts: 0,
        failure: None,
        stop: None,
        in_attempt: false,
        tally: Tally::NEW,
    };

    /// Clears all counts, for the next call, or for this one to go on as if it had just started.
    #[inline]
    pub(crate) const fn reset(&mut self) {
        let Self {
            attempts,
            failure,
            stop,
            in_attempt,
            tally,
        } = self;
        *attempts = 0;
        *failure = None;
        *stop = None;
        *in_attempt = false;
        tally.reset();
    }

    /// Creates a call that continues from where another one stopped.
    pub(crate) fn resume(rules: &Rules, token: &ResumeToken) -> Self {
        Self {
            attempts: token.attempts,
            failure: Some(token.last),
            tally: Tally::resume(rules, token),
            ..Self::NEW
        }
    }

    /// Returns a token for continuing this call, which waits for `delay` at `elapsed`; `None` without
    /// a failure.
    pub(crate) fn resume_token(&self, elapsed: Duration, delay: Duration) -> Option<ResumeToken> {
        let (failures, sleeps) = self.tally.seen();
        Some(ResumeToken {
            attempts: self.attempts,
            failures,
            last: self.failure?,
            sleeps,
            // `elapsed + delay` must not overflow either.
            elapsed: elapsed.min(Duration::MAX.saturating_sub(delay)),
            delay,
            key: None,
        })
    }

    /// Returns how many attempts have started.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the last failure; `None` after a success.
    pub(crate) const fn failure(&self) -> Option<LastFailure> {
        self.failure
    }

    /// Returns why the call stopped; `None` while it runs and after a success.
    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Stops the call for a reason outside of the engine.
    pub(crate) const fn stop(&mut self, reason: StopReason) {
        self.stop = Some(reason);
    }

    /// Starts the first attempt.
    #[inline]
    pub(crate) const fn first_attempt(&mut self) {
        self.attempts = 1;
    }

    /// Starts the next attempt and returns its number.
    pub(crate) const fn next_attempt(&mut self) -> u32 {
        self.attempts = self.attempts.saturating_add(1);
        self.attempts
    }

    /// Records a success. See [`Rules::on_success`] for `own_budget`.
    #[inline]
    pub(crate) fn succeed(&mut self, rules: &Rules, own_budget: Option<&Budget>) {
        self.failure = None;
        rules.on_success(own_budget);
    }

    /// Records a failure. Returns the delay before the next attempt, or why there is none. The order
    /// of the checks is public: [`StopReason`] documents it. A call that is `once`, by its rules or by
    /// itself, is retried only after failures that are unsent.
    pub(crate) fn fail<'r>(
        &mut self,
        rules: &Rules,
        budget: Option<&'r Budget>,
        failed: &Failed,
        elapsed: Duration,
        once: bool,
    ) -> Result<Retry<'r>, StopReason> {
        let (delay, slot) = self.fail_unfunded(rules, failed, elapsed, once)?;
        fund(budget, failed, delay, slot)
    }

    /// As [`fail`](Self::fail), of a session, which may be restarted only so often.
    pub(crate) fn fail_session<'r>(
        &mut self,
        rules: &Rules,
        session: &mut Session,
        budget: Option<&'r Budget>,
        failed: &Failed,
        elapsed: Duration,
        once: bool,
    ) -> Result<Retry<'r>, StopReason> {
        let (delay, slot) = self.fail_unfunded(rules, failed, elapsed, once)?;
        session.restart(&rules.session, elapsed)?;
        fund(budget, failed, delay, slot)
    }

    /// Returns the delay before the next connect after a session that was healthy, lasted so long and
    /// ended by itself. Nothing has failed, but two connects are no closer together than after a failure.
    /// Its health has been forgotten: what has elapsed is what the caller's deadline leaves no more.
    pub(crate) fn end_session(
        rules: &Rules,
        session: &mut Session,
        ended: &Failed,
        lasted: Duration,
        elapsed: Duration,
    ) -> Result<Duration, StopReason> {
        let remaining = rules.remaining(elapsed);
        if remaining.is_some_and(|left| left.is_zero()) {
            return Err(StopReason::DeadlineExceeded);
        }
        session.restart(&rules.session, elapsed)?;
        let slot = rules.slot(ended.classification.class());
        let Some(strategy) = rules.strategy(slot) else {
            return Ok(Duration::ZERO);
        };
        let ctx = BackoffContext {
            remaining,
            cause: ended.cause,
            ..BackoffContext::first(&ended.classification)
        };
        let delay = strategy.delay(&ctx).saturate().saturating_sub(lasted);
        if delay >= remaining.unwrap_or(Duration::MAX) {
            return Err(StopReason::DeadlineExceeded);
        }
        Ok(delay)
    }

    /// Records an answer that something is not ready yet, which is no failure. Returns the delay before
    /// the next look, or why there is none. The last attempt took so long; of the elapsed time so much has
    /// not passed, but is not left either, as the caller's deadline is nearer.
    pub(crate) fn not_ready(
        &mut self,
        rules: &Rules,
        hint: Option<Duration>,
        elapsed: Duration,
        ahead: Duration,
        took: Duration,
    ) -> Result<Duration, StopReason> {
        self.failure = None;
        let passed = elapsed.saturating_sub(ahead);
        polling::next_look(passed, took, hint, rules.remaining(elapsed))
    }

    /// As [`fail`](Self::fail), where there is no budget.
    #[inline(always)]
    pub(crate) fn fail_unfunded(
        &mut self,
        rules: &Rules,
        failed: &Failed,
        elapsed: Duration,
        once: bool,
    ) -> Result<(Duration, Slot), StopReason> {
        // One branch for what few calls have.
        if (once || failed.classification.ends_call())
            && let Some(reason) = self.fail_finally(rules, failed)
        {
            return Err(reason);
        }
        let class = failed.classification.class();
        let slot = rules.slot(class);
        let failures = self.tally.count(slot);
        self.failure = Some(LastFailure {
            class,
            cause: failed.cause,
        });
        if let Some(reason) = rules.class_limit(slot, failures) {
            return Err(reason);
        }
        let remaining = rules.remaining(elapsed);
        if remaining == Some(Duration::ZERO) {
            return Err(StopReason::DeadlineExceeded);
        }
        let strategy = rules.strategy(slot).ok_or(StopReason::NoStrategy)?;
        let ctx = self.context(slot, failed, remaining);
        let is_last = rules.is_last(self.attempts);
        if rules.successes.is_learning()
            && let Some(learner) = strategy.learner()
        {
            learner.on_failure(&ctx);
        }
        if is_last {
            return Err(StopReason::MaxAttemptsGlobal);
        }
        let delay = strategy.delay(&ctx).saturate();
        // An endless delay counts as past the deadline even where there is no deadline.
        if match remaining {
            Some(remaining) => delay >= remaining,
            None => delay == Duration::MAX,
        } {
            return Err(StopReason::DeadlineExceeded);
        }
        Ok((delay, slot))
    }

    /// Records a failure that forbids a retry, or of a call that is `once`, if it ends the call: returns
    /// why, and `None` with nothing recorded if the other checks decide. An abort counts for nothing.
    #[cold]
    #[inline(never)]
    fn fail_finally(&mut self, rules: &Rules, failed: &Failed) -> Option<StopReason> {
        let classification = &failed.classification;
        if classification.is_abort() {
            return Some(StopReason::Aborted);
        }
        let forbidden = classification.is_retry_forbidden();
        if !forbidden && classification.is_unsent() {
            return None;
        }
        let class = classification.class();
        let slot = rules.slot(class);
        let failures = self.tally.count(slot);
        self.failure = Some(LastFailure {
            class,
            cause: failed.cause,
        });
        if forbidden {
            return Some(StopReason::RetryForbidden);
        }
        Some(match rules.class_limit(slot, failures) {
            None | Some(StopReason::MaxUnknownAttempts) => StopReason::MayHaveBeenApplied,
            Some(earlier) => earlier,
        })
    }

    /// Makes the delay that [`fail`](Self::fail) chose the slot's previous sleep.
    #[inline]
    pub(crate) const fn take_delay(&mut self, slot: Slot, delay: Duration) {
        self.tally.set_sleep(slot, delay);
    }

    /// Returns the delay of the last failure's slot.
    pub(crate) fn delay(&self, rules: &Rules) -> Option<Duration> {
        self.tally.prev_sleep(rules.slot(self.failure?.class))
    }

    /// Describes the failure that was just counted.
    #[inline(always)]
    pub(crate) fn context<'a>(
        &self,
        slot: Slot,
        failed: &'a Failed,
        remaining: Option<Duration>,
    ) -> BackoffContext<'a> {
        let class_attempt = self.tally.failures(slot.class);
        BackoffContext {
            attempt: self.attempts,
            class_attempt,
            slot_attempt: if slot.own {
                class_attempt
            } else {
                self.tally.default_failures()
            },
            classification: &failed.classification,
            prev_sleep: self.tally.prev_sleep(slot),
            remaining,
            cause: failed.cause,
        }
    }
}

/// Pays for a retry.
#[inline(always)]
fn fund<'r>(
    budget: Option<&'r Budget>,
    failed: &Failed,
    delay: Duration,
    slot: Slot,
) -> Result<Retry<'r>, StopReason> {
    let hint = failed.classification.retry_after_hint();
    let token = match budget {
        Some(budget) if !budget.is_free(hint, delay) => {
            let token = budget.try_spend(slot.class);
            Some(token.ok_or(StopReason::BudgetExhausted)?)
        }
        _ => None,
    };
    Ok(Retry { delay, slot, token })
}

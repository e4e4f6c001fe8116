use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Attempted, Call, Decision};
use crate::budget::BudgetHold;
use crate::policy::Config;
use crate::{Budget, StopReason};

/// What a scheduler does next with a [`Steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Run this attempt, counted from 1, and record what it came to.
    Attempt(u32),
    /// Come back after this delay and ask for the next attempt.
    RetryAfter(Duration),
    /// The operation has succeeded.
    Done,
    /// The operation is over without a success.
    Stop(StopReason),
}

/// One call without a loop, for a scheduler that owns time and execution.
///
/// It never sleeps and never reads a clock: `now` is an argument. It decides exactly as
/// [`Policy::call`](crate::Policy::call) does, but shows nothing to observers and leaves a circuit
/// breaker to its caller. What a retry costs a budget comes back if this is dropped before the next
/// attempt was asked for; a clone has nothing to give back.
///
/// ```
/// use std::time::{Duration, Instant};
/// use redress::{Attempted, ErrorClass, Policy, Step, strategies::fixed};
///
/// let policy = Policy::builder().strategy(fixed(2)).build()?;
/// let now = Instant::now();
/// let mut steps = policy.start(now);
/// assert_eq!(steps.next_attempt(now), Step::Attempt(1));
/// let failed = Attempted::Failed(ErrorClass::Transient.into());
/// assert_eq!(steps.record(failed, now), Step::RetryAfter(Duration::from_secs(2)));
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Steps {
    config: Arc<Config>,
    started: Instant,
    call: Call,
    hold: Option<BudgetHold>,
    /// The last step, once there is no other.
    over: Option<Step>,
}

impl Steps {
    pub(crate) fn new(config: Arc<Config>, started: Instant) -> Self {
        Self {
            hold: config.rules.budget.as_ref().map(Budget::hold),
            config,
            started,
            call: Call::default(),
            over: None,
        }
    }

    /// Asks for the next attempt. A `now` before the start counts as the start. When the operation is
    /// over, this and [`record`](Self::record) say again how it ended.
    pub fn next_attempt(&mut self, now: Instant) -> Step {
        if let Some(over) = self.over {
            return over;
        }
        if let Some(hold) = &mut self.hold {
            hold.keep();
        }
        if self.call.attempts() > 0 && self.config.rules.is_over(self.since(now)) {
            return self.end(Step::Stop(StopReason::DeadlineExceeded));
        }
        Step::Attempt(self.call.next_attempt())
    }

    /// Records what the attempt came to.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what happened is handed over"
    )]
    pub fn record(&mut self, attempted: Attempted, now: Instant) -> Step {
        if let Some(over) = self.over {
            return over;
        }
        let elapsed = self.since(now);
        if let Some(hold) = &mut self.hold {
            hold.release();
        }
        let rules = &self.config.rules;
        let budget = rules.budget.as_ref();
        let over = match self.call.record(rules, budget, &attempted, elapsed) {
            Decision::Done => Step::Done,
            Decision::Retry(delay, token) => {
                if let (Some(hold), Some(token)) = (&mut self.hold, token) {
                    hold.take(token);
                }
                self.call.take_delay(&self.config.rules, delay);
                return Step::RetryAfter(delay);
            }
            Decision::Stop(reason) => Step::Stop(reason),
        };
        self.end(over)
    }

    fn end(&mut self, step: Step) -> Step {
        self.over = Some(step);
        self.hold = None;
        step
    }

    /// Returns how many attempts have started.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    fn since(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

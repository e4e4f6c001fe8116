mod shown;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::shown::Shown;
use crate::attempt::IdempotencyKey;
use crate::budget::{Budget, BudgetHold};
use crate::drive::state::CompiledPolicy;
use crate::engine::{Attempted, Call, ResumeToken, Retry};
use crate::reason::StopReason;

/// The next step of a scheduler with a [`Steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Run this attempt, counted from 1, and record its result.
    Attempt(u32),
    /// Come back after this delay and ask for the next attempt.
    RetryAfter(Duration),
    /// The operation has succeeded.
    Done,
    /// The operation has stopped without a success.
    Stop(StopReason),
}

/// One call without a loop, for a scheduler that owns time and execution.
///
/// It never sleeps and never reads a clock: `now` is an argument. It decides exactly as
/// [`Policy::call`](crate::Policy::call) does, but leaves a circuit breaker and a gate to its caller, who
/// can ask a gate with [`Gate::try_enter`](crate::Gate::try_enter) before each attempt. What a
/// retry costs a budget comes back if this is dropped before the next attempt was asked for; a clone has
/// nothing to give back.
///
/// The observers of the policy see the call as any other, in the times that it is told: its start, its
/// attempts, its decisions, one end. If this is dropped before the last step, the call ends as
/// [cancelled](crate::observe::CallResult::Cancelled), or as
/// [scheduled](crate::observe::CallResult::Scheduled) if its [token](Self::resume_token) was taken. A clone
/// is shown to none. Attempts run in no [scope](crate::observe::CallObserver::scope), as they run elsewhere.
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
    config: Arc<CompiledPolicy>,
    started: Instant,
    /// The operation's elapsed time at the start.
    before: Duration,
    call: Call,
    hold: Option<BudgetHold>,
    /// When the last failure was recorded, as elapsed time, and the delay that it asked for; until
    /// the next attempt.
    waiting: Option<(Duration, Duration)>,
    /// The last step, once there is no other.
    over: Option<Step>,
    /// The operation's key, once it was asked for.
    key: Option<IdempotencyKey>,
    shown: Shown,
}

impl Steps {
    #[inline]
    pub(crate) fn new(config: Arc<CompiledPolicy>, started: Instant) -> Self {
        Self::continued(config, started, Call::NEW, Duration::ZERO)
    }

    #[inline]
    fn continued(
        config: Arc<CompiledPolicy>,
        started: Instant,
        call: Call,
        before: Duration,
    ) -> Self {
        Self {
            hold: config.rules.budget.as_ref().map(Budget::hold),
            shown: Shown::start(&config, &call, before),
            config,
            started,
            before,
            call,
            waiting: None,
            over: None,
            key: None,
        }
    }

    #[inline]
    pub(crate) fn resume(
        config: Arc<CompiledPolicy>,
        token: &ResumeToken,
        started: Instant,
    ) -> Self {
        let call = Call::resume(&config.rules, token);
        Self {
            key: token.key,
            ..Self::continued(config, started, call, token.resumed_at())
        }
    }

    /// Asks for the next attempt, and counts it: ask once for each. A `now` before the start counts as
    /// the start. Once the operation is over, this and [`record`](Self::record) repeat the last step.
    #[inline]
    pub fn next_attempt(&mut self, now: Instant) -> Step {
        if let Some(over) = self.over {
            return over;
        }
        if let Some(hold) = &mut self.hold {
            hold.keep();
        }
        self.waiting = None;
        let elapsed = self.since(now);
        if self.call.attempts() > 0 && self.config.rules.is_over(elapsed) {
            let reason = StopReason::DeadlineExceeded;
            self.shown.stop(reason, None, elapsed);
            return self.end(Step::Stop(reason));
        }
        self.call.in_attempt = true;
        let attempt = self.call.next_attempt();
        self.shown.attempt_start(&self.call, elapsed);
        Step::Attempt(attempt)
    }

    /// Records the result of the attempt. An attempt that was not asked for counts as well.
    #[inline]
    pub fn record(&mut self, attempted: Attempted, now: Instant) -> Step {
        if let Some(over) = self.over {
            return over;
        }
        let elapsed = self.since(now);
        if !std::mem::take(&mut self.call.in_attempt) {
            self.call.next_attempt();
            self.shown.attempt_start(&self.call, elapsed);
        }
        self.waiting = None;
        if let Some(hold) = &mut self.hold {
            hold.release();
        }
        let rules = &self.config.rules;
        if let Attempted::NotReady(hint) = attempted {
            return self.not_ready(hint, elapsed);
        }
        let budget = rules.budget.as_ref();
        let over = match attempted.into_failed() {
            None => {
                self.call.succeed(rules, None);
                self.shown.success(elapsed);
                Step::Done
            }
            Some(failed) => {
                self.shown.failure(&failed, elapsed);
                match self.call.fail(rules, budget, &failed, elapsed, rules.once) {
                    Ok(Retry { delay, slot, token }) => {
                        if let (Some(hold), Some(token)) = (&mut self.hold, token) {
                            hold.take(token);
                        }
                        self.call.take_delay(slot, delay);
                        self.waiting = Some((elapsed, delay));
                        self.shown.retry(&failed, delay);
                        return Step::RetryAfter(delay);
                    }
                    Err(reason) => {
                        self.shown.stop(reason, Some(&failed), elapsed);
                        Step::Stop(reason)
                    }
                }
            }
        };
        self.end(over)
    }

    fn not_ready(&mut self, hint: Option<Duration>, elapsed: Duration) -> Step {
        let rules = &self.config.rules;
        self.call.succeed(rules, None);
        self.shown.answer(elapsed);
        let zero = Duration::ZERO;
        match self.call.not_ready(rules, hint, elapsed, zero, zero) {
            Ok(delay) => {
                self.shown.not_yet(delay);
                self.call.reset();
                Step::RetryAfter(delay)
            }
            Err(reason) => {
                self.shown.stop(reason, None, elapsed);
                self.end(Step::Stop(reason))
            }
        }
    }

    /// Hands the operation over: between [`Step::RetryAfter`] and the next attempt, returns what
    /// [`Policy::resume`](crate::Policy::resume) goes on with elsewhere; `None` at any other time.
    ///
    /// The delay of the token counts from when the failure was recorded. What the retry costs a
    /// budget stays spent: the call that continues does not pay again.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use redress::{Attempted, ErrorClass, Policy, Step};
    ///
    /// let policy = Policy::new();
    /// let mut steps = policy.start(Instant::now());
    /// steps.next_attempt(Instant::now());
    /// steps.record(Attempted::Failed(ErrorClass::Transient.into()), Instant::now());
    /// let token = steps.resume_token().expect("it waits");
    /// let mut resumed = policy.resume(&token, Instant::now());
    /// assert_eq!(resumed.next_attempt(Instant::now()), Step::Attempt(2));
    /// ```
    #[inline]
    pub fn resume_token(&mut self) -> Option<ResumeToken> {
        let (elapsed, delay) = self.waiting?;
        if let Some(hold) = &mut self.hold {
            hold.keep();
        }
        let token = self.call.resume_token(elapsed, delay)?;
        self.shown.hand_over();
        Some(token.with_key(self.key))
    }

    /// Returns the key of the operation, which is the same in all of its attempts, also those that go on
    /// elsewhere with a [token](Self::resume_token) that was taken later. It is drawn when it is first asked
    /// for.
    ///
    /// ```
    /// use std::time::Instant;
    /// use redress::{Attempted, ErrorClass, Policy};
    ///
    /// let policy = Policy::new();
    /// let mut steps = policy.start(Instant::now());
    /// steps.next_attempt(Instant::now());
    /// let key = steps.idempotency_key(); // into the request
    /// steps.record(Attempted::Failed(ErrorClass::Transient.into()), Instant::now());
    /// let token = steps.resume_token().expect("it waits");
    /// let mut resumed = policy.resume(&token, Instant::now());
    /// assert_eq!(resumed.idempotency_key(), key);
    /// ```
    #[inline]
    pub fn idempotency_key(&mut self) -> IdempotencyKey {
        *self.key.get_or_insert_with(IdempotencyKey::draw)
    }

    #[inline]
    fn end(&mut self, step: Step) -> Step {
        self.over = Some(step);
        self.hold = None;
        step
    }

    /// Returns how many attempts have started.
    #[must_use]
    #[inline]
    pub const fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    #[inline]
    fn since(&self, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.started);
        self.before.saturating_add(since)
    }
}

use std::cell::Cell;
use std::time::Duration;

use super::{Frame, Watch};
use crate::attempt::IdempotencyKey;
use crate::budget;
use crate::clock::Wait;
use crate::defaults;
use crate::drive::decide::{Refused, Stopped};
use crate::engine::{Call, Failed, LastFailure, ResumeToken, Rules};
use crate::gate::Place;
use crate::reason::StopReason;

/// The part of a call's state that lies on the heap: made with its first failure, or at its start if
/// it is watched or holds something. A success at the first attempt needs none of it.
///
/// Each thread keeps one for its next call, so calls one after the other allocate nothing.
pub(crate) struct CallState {
    /// The engine's counts and decisions.
    pub(crate) call: Call,
    /// How long the operation had taken at the call's start, where the call resumes one.
    pub(crate) before: Duration,
    /// How much of [`before`](Self::before) no call has taken: what the scope that this call is in takes
    /// away from its deadline.
    pub(crate) ahead: Duration,
    /// When the clock was last read for this call, as the time since the operation's start. All that
    /// is shown after one attempt shows this moment: reading the clock is most of what watching costs.
    pub(crate) now: Duration,
    /// For how long the breaker refuses, if that stopped the call.
    pub(crate) retry_after: Option<Duration>,
    /// The budget's ticket for the retry.
    pub(crate) token: budget::BudgetTicket,
    /// The place in the queue of a gate. `None` when a call is over.
    pub(crate) place: Option<Place>,
    /// The pause that is still to start.
    pub(crate) pause: Option<Duration>,
    /// The wait in progress: for the end of a pause, or of an attempt's time.
    pub(crate) wait: Option<Wait>,
    /// What its watchers need.
    pub(crate) watch: Watch,
    /// The operation's key, once it was asked for.
    pub(crate) key: Cell<Option<IdempotencyKey>>,
}

thread_local! {
    static SPARE: Cell<Option<Box<CallState>>> = const { Cell::new(None) };
}

/// Called, not inlined, so that a caller has no registers to save for it.
#[cold]
#[inline(never)]
fn drop_outlined(_state: Box<CallState>) {}

impl CallState {
    #[expect(
        clippy::declare_interior_mutable_const,
        reason = "each call has another"
    )]
    const NEW: Self = Self {
        call: Call::NEW,
        before: Duration::ZERO,
        ahead: Duration::ZERO,
        now: Duration::ZERO,
        retry_after: None,
        token: budget::BudgetTicket::KEPT,
        place: None,
        pause: None,
        wait: None,
        watch: Watch::NEW,
        key: Cell::new(None),
    };

    /// Creates the state of a call before its first attempt.
    #[inline]
    pub(crate) fn before_first_attempt() -> Box<Self> {
        let mut state = Self::take();
        state.now = Duration::ZERO;
        state
    }

    /// Creates the state of a call that was plain until now, within its first attempt.
    #[inline]
    pub(crate) fn in_first_attempt() -> Box<Self> {
        let mut state = Self::before_first_attempt();
        state.call.first_attempt();
        state
    }

    /// Creates the state of a call that was plain until now, when its first attempt has failed. The
    /// time is yet to be read.
    #[inline]
    pub(crate) fn at_first_failure() -> Box<Self> {
        let mut state = Self::take();
        state.call.first_attempt();
        state
    }

    #[inline]
    fn take() -> Box<Self> {
        // While a thread ends there is no spare.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        spare.unwrap_or_else(|| Box::new(Self::NEW))
    }

    /// Takes back the state of a call that is over. A `plain` call has written little of it.
    #[inline(always)]
    pub(crate) fn give_back(mut state: Box<Self>, plain: bool) {
        // Field by field, in place: a whole new one would be written twice.
        state.reset(plain);
        if state.wait.is_some() || state.pause.is_some() {
            state.end_wait();
        }
        let mut state = Some(state);
        let other = SPARE.try_with(|spare| spare.replace(state.take()));
        match other {
            Ok(None) => {}
            // Calls overlap, and there is another spare.
            Ok(Some(other)) => drop_outlined(other),
            // The thread ends.
            Err(_) => state.map_or((), drop_outlined),
        }
    }

    /// Clears what the call has left, for the next one. `now` is set by the next call's start, or by
    /// its first failure.
    #[inline]
    fn reset(&mut self, plain: bool) {
        let Self {
            call,
            before,
            ahead,
            now: _,
            retry_after,
            token,
            place: _,
            pause: _,
            wait: _,
            watch,
            key,
        } = self;
        call.reset();
        if plain {
            return;
        }
        *before = Duration::ZERO;
        *ahead = Duration::ZERO;
        *retry_after = None;
        *token = budget::BudgetTicket::KEPT;
        watch.reset();
        key.set(None);
    }

    /// Returns the time since this call's start, as of the last decision.
    pub(crate) const fn since_start(&self) -> Duration {
        self.now.saturating_sub(self.before)
    }

    /// Goes on where another call has stopped.
    pub(crate) fn resume(&mut self, token: &ResumeToken, rules: &Rules) {
        self.call = Call::resume(rules, token);
        self.before = token.resumed_at();
        self.key.set(token.key);
    }

    /// Takes away from the deadline of the call, which is at its start, what its scope does not leave of it.
    pub(crate) fn inherit(&mut self, deadline: Duration, left: Duration) {
        let ahead = deadline.saturating_sub(left);
        let own = self.before;
        self.before = own.max(ahead);
        self.ahead = self.before.saturating_sub(own);
        self.now = self.before;
    }

    /// Returns the time since the operation's start, as of the last decision.
    pub(crate) const fn since_operation_start(&self) -> Duration {
        self.now.saturating_sub(self.ahead)
    }

    /// Lets the call go on as if it had just started; its watchers stay.
    pub(crate) const fn start_anew(&mut self) {
        self.call.reset();
        self.before = Duration::ZERO;
        self.ahead = Duration::ZERO;
        self.now = Duration::ZERO;
    }

    /// Stops a call that is not watched before its first attempt: the breaker refused it.
    pub(crate) const fn refuse(&mut self, refused: &Refused) {
        self.call.stop(StopReason::CircuitOpen);
        self.retry_after = Some(refused.duration());
    }

    /// Ends a failed attempt of a plain call. Returns the pause before the next.
    #[inline(always)]
    pub(crate) fn fail_plain(
        &mut self,
        failed: &Failed,
        frame: &Frame<'_>,
    ) -> Result<Duration, Stopped> {
        let elapsed = frame.elapsed();
        self.now = elapsed;
        let rules = &frame.policy.rules;
        match self.call.fail_unfunded(rules, failed, elapsed, rules.once) {
            Ok((delay, slot)) => {
                self.call.take_delay(slot, delay);
                Ok(delay)
            }
            Err(reason) => {
                self.call.stop(reason);
                Err(Stopped)
            }
        }
    }

    /// Starts the next attempt of a plain call: nothing is asked or shown.
    #[inline]
    pub(crate) const fn next_plain_attempt(&mut self) {
        self.call.next_attempt();
    }

    /// Returns the time since the operation's start.
    pub(crate) fn elapsed(&self, frame: &Frame<'_>) -> Duration {
        self.before.saturating_add(frame.elapsed())
    }

    /// Returns how long the attempt may still run, if there is a limit.
    pub(crate) fn attempt_limit(&self, frame: &Frame<'_>) -> Option<Duration> {
        let timeout = frame.policy.rules.attempt_timeout;
        let deadline = frame.policy.rules.deadline;
        if timeout.is_none() && deadline.is_none() {
            return None;
        }
        let elapsed = self.elapsed(frame);
        // The clock was read last when the attempt started.
        let ran = elapsed.saturating_sub(self.now);
        let own = timeout.map_or(Duration::MAX, |timeout| timeout.saturating_sub(ran));
        let whole = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_sub(elapsed));
        Some(own.min(whole))
    }

    /// Returns `true` if an async call has gone on without a pause for long enough to let other tasks
    /// run.
    #[inline]
    pub(crate) fn must_yield(&self) -> bool {
        let attempts = self.call.attempts();
        // A saturated count stays where it is.
        attempts.is_multiple_of(defaults::ATTEMPTS_BETWEEN_YIELDS) || attempts == u32::MAX
    }

    /// Ends the timer of an attempt, if there is one.
    #[inline]
    pub(crate) fn end_timer(&mut self) {
        if self.wait.is_some() {
            self.end_wait();
        }
    }

    /// Clears the pause and what the call waits for.
    #[cold]
    #[inline(never)]
    pub(crate) fn end_wait(&mut self) {
        self.pause = None;
        self.wait = None;
    }

    pub(crate) const fn last_failure(&self) -> Option<LastFailure> {
        self.call.failure()
    }

    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.call.stop_reason()
    }

    /// Returns the delay that a sleep handler has deferred.
    pub(crate) fn deferred(&self, rules: &Rules) -> Option<Duration> {
        match self.call.stop_reason() {
            Some(StopReason::Scheduled) => self.call.delay(rules),
            _ => None,
        }
    }

    /// Returns the token with which a later call goes on.
    pub(crate) fn resume_token(&self, rules: &Rules) -> Option<ResumeToken> {
        let elapsed = self.since_operation_start();
        let token = self.call.resume_token(elapsed, self.deferred(rules)?)?;
        Some(token.with_key(self.key.get()))
    }
}

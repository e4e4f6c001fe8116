use std::time::Duration;

use super::Detached;
use super::frame::Frame;
use super::guards::Refused;
use super::hooks::Hooks;
use crate::budget;
use crate::engine::{Call, Failure, ResumeToken};
use crate::observe::{AttemptStatus, EventName};
use crate::reason::StopReason;
use crate::shielded::shielded;

/// The engine's decisions of one call, shown to everybody who watches.
///
/// It never waits: it says when to, and for how long.
pub(crate) struct Flow {
    pub(super) call: Call,
    /// How long the operation had taken at the call's start, where the call goes on with one.
    before: Duration,
    /// When the last decision fell, from the operation's start on; with an attempt in progress, when
    /// that started.
    pub(super) decided: Duration,
    /// For how long the breaker refuses, if that stopped the call.
    retry_after: Option<Duration>,
    /// What the retry has cost the budget.
    pub(super) token: budget::Ticket,
}

/// The call is over without another attempt.
pub(crate) struct Stopped;

impl Flow {
    pub(super) const NEW: Self = Self {
        call: Call::NEW,
        before: Duration::ZERO,
        decided: Duration::ZERO,
        retry_after: None,
        token: budget::Ticket::KEPT,
    };

    /// Forgets what the call has left, for the next: one that was not `attended` never writes half of
    /// it. When the last decision fell is noted by the next call's start, or by its first failure.
    #[inline]
    pub(super) const fn reset(&mut self, attended: bool) {
        let Self {
            call,
            before,
            decided: _,
            retry_after,
            token,
        } = self;
        call.reset();
        if !attended {
            return;
        }
        *before = Duration::ZERO;
        *retry_after = None;
        *token = budget::Ticket::KEPT;
    }

    /// Notes that nothing is decided yet.
    #[inline]
    pub(super) const fn start_time(&mut self) {
        self.decided = Duration::ZERO;
    }

    /// Starts the first attempt of a call that nobody watches.
    #[inline]
    pub(super) const fn start_unseen(&mut self) {
        self.call.first_attempt();
    }

    /// Goes on where another call has stopped.
    pub(super) fn resume(&mut self, token: &ResumeToken, frame: &Frame<'_>) {
        self.call = Call::resume(&frame.config.rules, token);
        self.before = token.resumed_at();
    }

    /// Returns the time since the operation's start.
    pub(super) fn elapsed(&self, frame: &Frame<'_>) -> Duration {
        self.before.saturating_add(frame.elapsed())
    }

    /// Stops a call that nobody watches before its first attempt: the breaker refused it.
    pub(crate) const fn refuse(&mut self, refused: &Refused) {
        self.call.stop(StopReason::CircuitOpen);
        self.retry_after = Some(Duration::from_nanos(refused.0));
    }

    /// Returns for how long the breaker refuses calls, if that stopped this one.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Starts an attempt, unless something has come between.
    #[inline]
    pub(crate) fn next_attempt(
        &mut self,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        if frame.is_plain() {
            self.call.next_attempt();
            return Ok(());
        }
        self.next_attended_attempt(frame, hooks)
    }

    #[inline(never)]
    fn next_attended_attempt(
        &mut self,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        if self.token.is_held() {
            self.keep_token(frame, hooks);
        }
        // A call that the breaker refuses anyway is refused, whoever wants to abort it.
        if frame.is_guarded()
            && frame.is_hooked()
            && self.call.attempts() == 0
            && let Some(refused) = frame.refuses_beyond(Duration::ZERO, hooks)
        {
            return Err(self.stop_refused(&refused, frame, hooks));
        }
        if frame.is_hooked() && aborts(hooks) {
            // Whoever was asked may have taken time.
            self.decided = self.elapsed(frame);
            return Err(self.stop(StopReason::Aborted, None, frame, hooks));
        }
        if frame.is_hooked()
            && let Some(detached) = hooks.detached()
        {
            self.find_thread(detached, frame, hooks)?;
        }
        if frame.is_guarded() {
            self.enter(frame, hooks)?;
        }
        self.call.next_attempt();
        if frame.is_watched() {
            self.announce_start(frame, hooks);
        }
        Ok(())
    }

    /// Finds a thread for the attempt, which may have to wait for one.
    fn find_thread(
        &mut self,
        detached: &Detached<'_>,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        let admitted = detached.admit(self.remaining(frame));
        self.decided = self.elapsed(frame);
        admitted.map_err(|reason| self.stop(reason, None, frame, hooks))
    }

    /// Starts an attempt after a pause that took time.
    pub(crate) fn next_attempt_after_pause(
        &mut self,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        let elapsed = self.elapsed(frame);
        self.decided = elapsed;
        if frame.config.rules.is_over(elapsed) {
            return Err(self.stop_late(frame, hooks));
        }
        self.next_attempt(frame, hooks)
    }

    /// Stops at the deadline, before another attempt.
    pub(super) fn stop_late(&mut self, frame: &mut Frame<'_>, hooks: &dyn Hooks) -> Stopped {
        self.decided = self.elapsed(frame);
        // Shutting down comes before being late. Asked once: an answer may be good for one time only.
        if frame.is_hooked() && aborts(hooks) {
            self.keep_token(frame, hooks);
            self.stop(StopReason::Aborted, None, frame, hooks)
        } else {
            self.stop(StopReason::DeadlineExceeded, None, frame, hooks)
        }
    }

    /// Returns how much of the deadline is left.
    pub(super) fn remaining(&self, frame: &Frame<'_>) -> Option<Duration> {
        let rules = &frame.config.rules;
        rules.deadline?;
        rules.remaining(self.elapsed(frame))
    }

    /// Ends the attempt that is never going to return, and gives back what its retry has cost if
    /// that never started. Without one, does nothing.
    pub(crate) fn cancel(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        if self.call.in_attempt {
            // This may run while a panic of the clock itself goes by.
            self.decided = shielded(self.decided, || self.elapsed(frame));
        }
        self.finish_attempt(AttemptStatus::Cancelled, None, frame, hooks);
        self.drop_token(frame, hooks);
    }

    /// Returns how long the attempt may still run, if there is a limit.
    pub(crate) fn attempt_limit(&self, frame: &Frame<'_>) -> Option<Duration> {
        let timeout = frame.config.attempt_timeout;
        let deadline = frame.config.rules.deadline;
        if timeout.is_none() && deadline.is_none() {
            return None;
        }
        let elapsed = self.elapsed(frame);
        let ran = elapsed.saturating_sub(self.decided);
        let own = timeout.map_or(Duration::MAX, |timeout| timeout.saturating_sub(ran));
        let whole = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_sub(elapsed));
        Some(own.min(whole))
    }

    pub(crate) const fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    pub(crate) const fn failure(&self) -> Option<Failure> {
        self.call.failure()
    }

    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.call.stop_reason()
    }

    /// Returns the delay that was handed to somebody else.
    pub(crate) fn deferred(&self, frame: &Frame<'_>) -> Option<Duration> {
        match self.call.stop_reason() {
            Some(StopReason::Scheduled) => self.call.delay(&frame.config.rules),
            _ => None,
        }
    }

    /// Returns what somebody else goes on with.
    pub(crate) fn resume_token(&self, frame: &Frame<'_>) -> Option<ResumeToken> {
        self.call.resume_token(self.decided, self.deferred(frame)?)
    }

    pub(super) fn stop(
        &mut self,
        reason: StopReason,
        error_type: Option<&'static str>,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Stopped {
        self.call.stop(reason);
        let name = EventName::of_stop(reason);
        if reason == StopReason::CircuitOpen {
            self.show_circuit(name, None, frame, hooks);
        } else {
            self.emit(name, Duration::ZERO, error_type, frame, hooks);
        }
        self.leave(frame, hooks);
        Stopped
    }

    pub(super) fn stop_refused(
        &mut self,
        refused: &Refused,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Stopped {
        self.retry_after = Some(Duration::from_nanos(refused.0));
        self.stop(StopReason::CircuitOpen, None, frame, hooks)
    }
}

pub(super) fn aborts(hooks: &dyn Hooks) -> bool {
    shielded(false, || hooks.abort())
}

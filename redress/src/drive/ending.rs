//! What an attempt that has ended means for its call.

use std::time::Duration;

use super::flow::{Flow, Stopped, aborts};
use super::frame::Frame;
use super::hooks::{Hooks, SleepDecision};
use super::marks::Marks;
use crate::budget::{self, BudgetToken};
use crate::engine::{Failed, Slot};
use crate::observe::EventName;
use crate::reason::StopReason;
use crate::shielded::shielded;

impl Flow {
    /// Ends the attempt, which has failed, of a call that nobody watches or guards. Returns the pause
    /// before the next.
    #[inline(always)]
    pub(super) fn fail_plainly(
        &mut self,
        failed: &Failed,
        frame: &Frame<'_>,
    ) -> Result<Duration, Stopped> {
        let elapsed = frame.elapsed();
        self.decided = elapsed;
        let rules = &frame.config.rules;
        match self.call.fail_unfunded(rules, failed, elapsed) {
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

    /// Ends the attempt, which has failed. Returns the pause before the next.
    #[inline(never)]
    pub(super) fn fail(
        &mut self,
        failed: &Failed,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<Duration, Stopped> {
        self.end_attempt(Some(failed), frame, hooks);
        if frame.is_hooked() && aborts(hooks) {
            return Err(self.stop(StopReason::Aborted, None, frame, hooks));
        }
        let (rules, budget) = (&frame.config.rules, frame.budget(hooks));
        let retry = self.call.fail(rules, budget, failed, self.decided);
        let change = frame.attempt_over(Some(failed), hooks);
        match retry {
            Err(reason) => {
                let stopped = self.stop(reason, failed.error_type, frame, hooks);
                self.show_change(change, frame, hooks);
                Err(stopped)
            }
            Ok((delay, slot, token)) => {
                self.show_change(change, frame, hooks);
                // A token that is dropped here was never spent.
                if let Some(refused) = frame.refuses_beyond(delay, hooks) {
                    return Err(self.stop_refused(&refused, frame, hooks));
                }
                self.token = token.map_or(budget::Ticket::KEPT, BudgetToken::into_ticket);
                frame.marks.add(Marks::HELD, self.token.is_held());
                self.retry(failed, slot, delay, frame, hooks)
            }
        }
    }

    /// Ends the attempt of a call that somebody watches, and with it the call.
    pub(super) fn succeed(&mut self, frame: &mut Frame<'_>, hooks: &dyn Hooks) {
        self.end_attempt(None, frame, hooks);
        self.call.succeed(&frame.config.rules);
        let change = frame.attempt_over(None, hooks);
        if let Some(budget) = hooks.budget() {
            budget.on_success();
        }
        self.emit(EventName::Success, Duration::ZERO, None, frame, hooks);
        let change = change.or_else(|| frame.leave(None, hooks));
        self.show_change(change, frame, hooks);
        // Its attempt is closed, its token and its permit are back.
        if !frame.marks.has(Marks::IN_FLIGHT) {
            frame.marks.take(Marks::HELD);
        }
    }

    /// Gives back what the retry has cost, and shows what its attempt came to.
    fn end_attempt(&mut self, failed: Option<&Failed>, frame: &mut Frame<'_>, hooks: &dyn Hooks) {
        if self.token.is_held() {
            self.drop_token(frame, hooks);
        }
        // One moment for all that this shows: the clock is most of what watching costs.
        self.decided = self.elapsed(frame);
        if frame.is_watched() {
            self.announce_end(failed, frame, hooks);
        }
    }

    #[inline]
    fn retry(
        &mut self,
        failed: &Failed,
        slot: Slot,
        delay: Duration,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<Duration, Stopped> {
        let decision = if frame.is_watched() {
            self.ask_before_sleep(failed, slot, delay, frame, hooks)
        } else {
            SleepDecision::Sleep
        };
        self.call.take_delay(slot, delay);
        if decision != SleepDecision::Sleep {
            // Whoever decided may have taken time: a queue, for one.
            self.decided = self.elapsed(frame);
        }
        match decision {
            SleepDecision::Sleep => Ok(delay),
            SleepDecision::Abort => {
                self.keep_token(frame, hooks);
                Err(self.stop(StopReason::Aborted, None, frame, hooks))
            }
            SleepDecision::Defer => {
                self.keep_token(frame, hooks);
                self.call.stop(StopReason::Scheduled);
                self.emit(EventName::Scheduled, delay, failed.error_type, frame, hooks);
                self.leave(frame, hooks);
                Err(Stopped)
            }
        }
    }

    /// Announces the retry, and lets the call's hooks decide whether to sleep before it.
    #[cold]
    fn ask_before_sleep(
        &self,
        failed: &Failed,
        slot: Slot,
        delay: Duration,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> SleepDecision {
        self.emit(EventName::Retry, delay, failed.error_type, frame, hooks);
        if !frame.is_hooked() {
            return SleepDecision::Sleep;
        }
        let remaining = frame.config.rules.remaining(self.decided);
        let ctx = self.call.context(slot, failed, remaining);
        let decision = shielded(SleepDecision::Sleep, || hooks.sleep_decision(&ctx, delay));
        if decision == SleepDecision::Sleep {
            shielded((), || hooks.before_sleep(&ctx, delay));
        }
        decision
    }
}

//! Ends attempts: the verdicts for breaker and budget, and the way to the next attempt.

use std::time::Duration;

use super::{ActiveCall, Stopped};
use crate::breaker::Change;
use crate::budget::{self, BudgetToken};
use crate::drive::hooks::SleepDecision;
use crate::drive::state::Marks;
use crate::engine::{Failed, Retry, Slot};
use crate::observe::EventName;
use crate::reason::StopReason;
use crate::shielded::shielded;

impl ActiveCall<'_, '_> {
    /// Ends an attempt that has failed. Returns the pause before the next.
    #[inline(never)]
    pub(crate) fn fail(&mut self, failed: &Failed) -> Result<Duration, Stopped> {
        self.wake();
        let pause = self.decide(failed);
        self.state.watch.is_running = false;
        pause
    }

    #[inline]
    fn decide(&mut self, failed: &Failed) -> Result<Duration, Stopped> {
        let slow = self.end_attempt(Some(failed));
        if let Some(hint) = failed.classification.retry_after_hint() {
            self.tell_hint(failed, hint);
        }
        if self.frame.is_gated() {
            self.fail_gate(failed);
        }
        if self.is_aborted() {
            return Err(self.stop(StopReason::Aborted, None));
        }
        let (rules, budget) = (&self.frame.policy.rules, self.frame.budget(self.hooks));
        let once = rules.once || self.frame.marks.has(Marks::ONCE);
        let (call, now) = (&mut self.state.call, self.state.now);
        let retry = call.fail(rules, budget, failed, now, once);
        let change = self.frame.attempt_over(Some(failed), slow, self.hooks);
        self.settle(retry, change, failed)
    }

    /// Does what the engine says after a failure, unless the breaker objects.
    #[inline(always)]
    pub(super) fn settle(
        &mut self,
        retry: Result<Retry<'_>, StopReason>,
        change: Option<Change>,
        failed: &Failed,
    ) -> Result<Duration, Stopped> {
        self.show_unclassified(failed);
        match retry {
            Err(reason) => {
                self.show_stop(reason, Some(failed));
                self.show_change(change);
                self.end_call();
                Err(Stopped)
            }
            Ok(retry) => {
                let Retry { delay, slot, token } = retry;
                self.show_change(change);
                // A token that is dropped here was never spent.
                if let Some(refused) = self.frame.refuses_beyond(delay, self.hooks) {
                    return Err(self.stop_refused(&refused));
                }
                if self.frame.is_gated() {
                    self.check_gate(failed)?;
                }
                self.state.token =
                    token.map_or(budget::BudgetTicket::KEPT, BudgetToken::into_ticket);
                let held = self.state.token.is_held();
                self.frame.marks.add(Marks::HELD, held);
                self.retry(failed, slot, delay)
            }
        }
    }

    /// Ends an attempt of a watched call that has succeeded, and with it the call.
    pub(crate) fn succeed(&mut self) {
        if self.shows_only_its_end() {
            self.tick();
            self.state.call.in_attempt = false;
            self.state.call.succeed(&self.frame.policy.rules, None);
        } else {
            self.succeed_attended();
        }
        self.end_call();
        // Its attempt is closed, its token and its permit are back.
        if !self.frame.marks.has(Marks::IN_FLIGHT) {
            self.frame.marks.take(Marks::HELD);
        }
    }

    /// Returns `true` if nothing of a success is shown before the end of the call, and nothing is given
    /// back: that is all that a counter of calls costs.
    #[inline]
    fn shows_only_its_end(&self) -> bool {
        let wanted = &self.frame.policy.wanted;
        !self.frame.marks.has(Marks::GUARDED.or(Marks::HOOKED))
            && !wanted.attempts()
            && !wanted.end_events()
            && self.state.watch.watchers.is_empty()
    }

    fn succeed_attended(&mut self) {
        let slow = self.end_attempt(None);
        let rules = &self.frame.policy.rules;
        self.state.call.succeed(rules, self.hooks.budget());
        self.frame.leave_gate(self.hooks);
        let change = self.frame.attempt_over(None, slow, self.hooks);
        self.show(EventName::Success, Duration::ZERO, None);
        let change = match change {
            None if self.frame.has_permit() => self.frame.leave_breaker(None, false, self.hooks),
            change => change,
        };
        self.show_change(change);
    }

    /// Gives back what the retry has cost, and shows how its attempt ended. Returns `true` if the
    /// breaker takes it for a slow one.
    pub(super) fn end_attempt(&mut self, failed: Option<&Failed>) -> bool {
        if self.state.token.is_held() {
            self.drop_token();
        }
        let started = self.state.now;
        let now = self.state.elapsed(self.frame);
        let slow = self.frame.holds_permit() && self.was_slow(now);
        self.state.now = now;
        if self.frame.is_watched() {
            self.show_verdict(failed, started);
        }
        slow
    }

    /// Announces a retry that the engine, the breaker and the budget allow. The call's hooks decide
    /// whether to sleep before it.
    #[inline]
    fn retry(&mut self, failed: &Failed, slot: Slot, delay: Duration) -> Result<Duration, Stopped> {
        let decision = if self.frame.is_watched() {
            self.ask_before_sleep(failed, slot, delay)
        } else {
            SleepDecision::Sleep
        };
        // Only now, because the hooks were shown the slot's previous sleep.
        self.state.call.take_delay(slot, delay);
        if decision != SleepDecision::Sleep {
            // The handler may have taken time: it may have called a queue.
            self.tick();
        }
        match decision {
            SleepDecision::Sleep => Ok(delay),
            SleepDecision::Abort => {
                self.keep_token();
                Err(self.stop(StopReason::Aborted, None))
            }
            SleepDecision::Defer => {
                self.keep_token();
                self.state.call.stop(StopReason::Scheduled);
                self.show(EventName::Scheduled, delay, Some(failed));
                self.leave_breaker();
                self.end_call();
                Err(Stopped)
            }
        }
    }

    #[cold]
    fn ask_before_sleep(&self, failed: &Failed, slot: Slot, delay: Duration) -> SleepDecision {
        self.show(EventName::Retry, delay, Some(failed));
        if !self.frame.is_hooked() {
            return SleepDecision::Sleep;
        }
        let hooks = self.hooks;
        let remaining = self.frame.policy.rules.remaining(self.state.now);
        let ctx = self.state.call.context(slot, failed, remaining);
        let decision = shielded(SleepDecision::Sleep, || hooks.sleep_decision(&ctx, delay));
        if decision == SleepDecision::Sleep {
            shielded((), || hooks.before_sleep(&ctx, delay));
        }
        decision
    }
}

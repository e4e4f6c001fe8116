//! How a call deals with its circuit breaker and its budget.
//!
//! It holds numbers, not guards: the breaker and the budget are found again through its policy, which
//! keeps its future small. [`Run`](crate::drive::Run)'s drop gives back what is still held.

use std::time::Duration;

use super::{ActiveCall, Stopped};
use crate::breaker::{Change, CircuitBreaker, SharedBreaker};
use crate::budget::{self, Budget, BudgetToken};
use crate::classify::ErrorClass;
use crate::drive::hooks::Hooks;
use crate::drive::state::{CallState, Frame, Marks};
use crate::engine::Failed;
use crate::reason::StopReason;
use crate::shielded::shielded;

/// The breaker refused the call, for so many nanoseconds.
pub(crate) struct Refused(u64);

impl Refused {
    pub(crate) const fn duration(&self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl<'p> Frame<'p> {
    /// Asks the breaker for a permit, unless there is none or the call has one. Returns the change
    /// of state that this was.
    pub(crate) fn enter_breaker(&mut self, hooks: &dyn Hooks) -> Result<Option<Change>, Refused> {
        if self.has_permit() {
            return Ok(None);
        }
        let Some(shared) = self.breaker(hooks) else {
            return Ok(None);
        };
        let ticket = shared.admit().map_err(Refused)?;
        let change = ticket.change();
        if ticket.is_held() {
            self.hold_permit();
        }
        self.marks.add(Marks::TELLS_SUCCESS, !ticket.is_plain());
        self.put_permit(ticket);
        Ok(change)
    }

    /// The permit has to be given back, and how long the attempts take may matter.
    #[cold]
    fn hold_permit(&mut self) {
        self.marks.add(Marks::HELD, true);
        self.time_exactly();
    }

    /// Returns `true` if an attempt of this length is slow for the breaker.
    #[cold]
    fn is_slow(&self, took: Duration, hooks: &dyn Hooks) -> bool {
        let breaker = self.breaker(hooks);
        breaker.is_some_and(|breaker| breaker.is_slow(took))
    }

    /// Returns `true` if the attempt that has just succeeded was slow, in a call that is not watched.
    #[cold]
    pub(crate) fn ends_slow(&self, state: Option<&CallState>, hooks: &dyn Hooks) -> bool {
        let elapsed = state.map_or_else(|| self.elapsed(), |state| state.elapsed(self));
        let started = state.map_or(Duration::ZERO, |state| state.now);
        self.is_slow(elapsed.saturating_sub(started), hooks)
    }

    /// Tells the breaker that an attempt was slow, of a call that keeps its permit.
    #[cold]
    fn tell_slow(&self, hooks: &dyn Hooks) -> Option<Change> {
        let permit = self.breaker(hooks)?.permit(self.permit()?);
        let change = permit.slow();
        permit.into_ticket();
        change
    }

    /// Tells the breaker when the other side wants to be asked again.
    #[cold]
    fn tell_hint(&self, class: ErrorClass, hint: Duration, hooks: &dyn Hooks) {
        if let Some(breaker) = self.breaker(hooks) {
            breaker.asked(class, hint);
        }
    }

    /// Counts the call in flight where its budget counts calls.
    pub(crate) fn count_call(&mut self, hooks: &dyn Hooks) {
        if let Some(budget) = self.budget(hooks) {
            let counted = budget.count_call();
            self.marks.add(Marks::IN_FLIGHT.or(Marks::HELD), counted);
        }
    }

    /// Tells breaker, budget and strategies of a success, in a call that is not watched. Returns the
    /// change of the breaker's state that this was.
    pub(crate) fn tell_success(&mut self, slow: bool, hooks: &dyn Hooks) -> Option<Change> {
        self.policy.rules.on_success(hooks.budget());
        self.leave_gate(hooks);
        self.leave_breaker(None, slow, hooks)
    }

    /// Gives the breaker its verdict on an attempt, if it observes attempts; else tells it of a slow
    /// one that is not the last.
    pub(crate) fn attempt_over(
        &mut self,
        failed: Option<&Failed>,
        slow: bool,
        hooks: &dyn Hooks,
    ) -> Option<Change> {
        let observes = self.breaker_handle(hooks)?.settings().observe_attempts;
        if slow {
            return self.slow_attempt_over(failed, observes, hooks);
        }
        if !observes {
            return None;
        }
        match failed.map(|failed| &failed.classification) {
            Some(classification) if classification.is_abort() => self.leave_without_verdict(hooks),
            Some(classification) => self.leave_breaker(Some(classification.class()), false, hooks),
            None => self.leave_breaker(None, false, hooks),
        }
    }

    #[cold]
    fn slow_attempt_over(
        &mut self,
        failed: Option<&Failed>,
        observes: bool,
        hooks: &dyn Hooks,
    ) -> Option<Change> {
        let class = match failed {
            // A call that has succeeded is over.
            None => return self.leave_breaker(None, true, hooks),
            Some(failed) => failed.classification.class(),
        };
        if observes && !failed?.classification.is_abort() {
            return self.leave_breaker(Some(class), true, hooks);
        }
        let change = self.tell_slow(hooks);
        if observes {
            self.leave_without_verdict(hooks);
        }
        change
    }

    /// Gives the breaker its verdict: a failure of a class, or a success.
    pub(crate) fn leave_breaker(
        &mut self,
        failure: Option<ErrorClass>,
        slow: bool,
        hooks: &dyn Hooks,
    ) -> Option<Change> {
        let permit = self.take_permit()?;
        let permit = self.breaker(hooks)?.permit(permit);
        match failure {
            None => permit.succeed(slow),
            Some(class) => permit.fail(class, slow),
        }
    }

    /// Gives the permit back without a verdict.
    pub(crate) fn leave_without_verdict(&mut self, hooks: &dyn Hooks) -> Option<Change> {
        let permit = self.take_permit()?;
        // Whether it was slow has been told.
        drop(self.breaker(hooks)?.permit(permit));
        None
    }

    /// Returns the refusal to expect after `wait`, if the breaker is sure to refuse the next attempt.
    pub(crate) fn refuses_beyond(&self, wait: Duration, hooks: &dyn Hooks) -> Option<Refused> {
        // A call that still has its permit is not asked again.
        if self.has_permit() {
            return None;
        }
        let shared = self.breaker(hooks)?;
        shared
            .refuses_beyond(wait)
            .then(|| Refused(shared.refuses_for()))
    }

    /// Counts a failure that nothing classified. Returns `true` if the breaker passes over it, once,
    /// when there have been many.
    pub(crate) fn passes_over_unclassified(&self, hooks: &dyn Hooks) -> bool {
        let breaker = self.breaker(hooks);
        breaker.is_some_and(SharedBreaker::passes_over_unclassified)
    }

    /// Returns the budget of the call, or of its policy.
    pub(crate) fn budget<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h Budget>
    where
        'p: 'h,
    {
        hooks.budget().or(self.policy.rules.budget.as_ref())
    }

    /// Makes the token of a ticket that the call holds.
    pub(crate) fn token<'h>(
        &self,
        ticket: budget::BudgetTicket,
        hooks: &'h dyn Hooks,
    ) -> Option<BudgetToken<'h>>
    where
        'p: 'h,
    {
        Some(self.budget(hooks)?.token(ticket))
    }

    /// Gives back what the call still holds.
    pub(crate) fn close(&mut self, hooks: &dyn Hooks) {
        self.leave_without_verdict(hooks);
        self.abandon_gate(hooks);
        if self.marks.take(Marks::IN_FLIGHT)
            && let Some(budget) = self.budget(hooks)
        {
            budget.end_call();
        }
    }

    /// Returns the breaker of the call, or of its policy.
    fn breaker<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h SharedBreaker>
    where
        'p: 'h,
    {
        self.breaker_handle(hooks).map(CircuitBreaker::shared)
    }

    fn breaker_handle<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h CircuitBreaker>
    where
        'p: 'h,
    {
        hooks.breaker().or(self.policy.breaker.as_ref())
    }
}

impl ActiveCall<'_, '_> {
    /// Asks the breaker for a permit, unless the call has one.
    pub(super) fn enter_breaker(&mut self) -> Result<(), Stopped> {
        match self.frame.enter_breaker(self.hooks) {
            Ok(change) => {
                self.show_change(change);
                Ok(())
            }
            Err(refused) => Err(self.stop_refused(&refused)),
        }
    }

    /// Returns `true` if the attempt that started when the clock was last read is slow by now.
    #[cold]
    pub(super) fn was_slow(&mut self, now: Duration) -> bool {
        if !self.frame.is_watched() {
            self.state.call.in_attempt = false;
        }
        let took = now.saturating_sub(self.state.now);
        self.frame.is_slow(took, self.hooks)
    }

    /// Tells the breaker of a slow attempt that was cancelled.
    #[cold]
    pub(super) fn tell_cancelled(&self) {
        // A panic that unwinds says nothing of the other side.
        if !std::thread::panicking() {
            let change = shielded(None, || self.frame.tell_slow(self.hooks));
            self.show_change(change);
        }
    }

    /// Tells the breaker when the other side wants to be asked again.
    #[cold]
    pub(super) fn tell_hint(&self, failed: &Failed, hint: Duration) {
        if self.frame.is_guarded() {
            let class = failed.classification.class();
            self.frame.tell_hint(class, hint, self.hooks);
        }
    }

    /// Leaves what the retry costs spent, whatever follows.
    pub(super) fn keep_token(&mut self) {
        let ticket = std::mem::take(&mut self.state.token);
        let token = self.frame.token(ticket, self.hooks);
        self.state.token = token.map_or(budget::BudgetTicket::KEPT, |mut token| {
            token.keep();
            token.into_ticket()
        });
    }

    /// Gives back what was not kept, and ends a retry in flight.
    pub(super) fn drop_token(&mut self) {
        let ticket = std::mem::take(&mut self.state.token);
        drop(self.frame.token(ticket, self.hooks));
    }

    /// Tells the breaker how a call ended that did not succeed.
    pub(super) fn leave_breaker(&mut self) {
        if !self.frame.has_permit() {
            return;
        }
        let call = &self.state.call;
        let change = match (call.stop_reason(), call.failure()) {
            (Some(StopReason::Aborted), _) | (_, None) => {
                self.frame.leave_without_verdict(self.hooks)
            }
            (_, Some(failure)) => {
                let class = Some(failure.class);
                self.frame.leave_breaker(class, false, self.hooks)
            }
        };
        self.show_change(change);
    }
}

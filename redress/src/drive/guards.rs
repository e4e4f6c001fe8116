//! Where a call stands with its circuit breaker and its budget. A call holds numbers, not guards:
//! the breaker and the budget are found again through its policy, which keeps its future small.
//! [`Run`](super::Run)'s drop gives back whatever is still held.

use std::time::Duration;

use super::flow::{Flow, Stopped};
use super::frame::Frame;
use super::hooks::Hooks;
use super::marks::Marks;
use crate::breaker::{Change, CircuitBreaker, Shared};
use crate::budget::{self, Budget, BudgetToken};
use crate::classify::ErrorClass;
use crate::engine::Failed;
use crate::reason::StopReason;

/// The breaker refused the call, for so many nanoseconds.
pub(super) struct Refused(pub(super) u64);

impl<'p> Frame<'p> {
    /// Asks the breaker for a permit, unless there is none or the call has one. Returns the change
    /// of state that this was.
    pub(super) fn enter(&mut self, hooks: &dyn Hooks) -> Result<Option<Change>, Refused> {
        if self.has_permit() {
            return Ok(None);
        }
        let Some(shared) = self.breaker(hooks) else {
            return Ok(None);
        };
        let permit = shared.try_acquire().map_err(|r| Refused(r.nanos()))?;
        let change = permit.change();
        let ticket = permit.into_ticket();
        self.marks.add(Marks::HELD, ticket.is_probe());
        self.marks.add(Marks::LOUD, !ticket.is_plain());
        self.put_permit(ticket);
        Ok(change)
    }

    /// Counts the call in flight where its budget counts calls.
    pub(super) fn count_call(&mut self, hooks: &dyn Hooks) {
        if let Some(budget) = self.budget(hooks) {
            let counted = budget.count_call();
            self.marks.add(Marks::IN_FLIGHT.or(Marks::HELD), counted);
        }
    }

    /// Tells the success of a call that shows nothing to anybody.
    pub(super) fn tell_success(&mut self, hooks: &dyn Hooks) {
        self.config.rules.on_success();
        if let Some(budget) = hooks.budget() {
            budget.on_success();
        }
        let _unseen = self.leave(None, hooks);
    }

    /// Takes what an attempt came to, if attempts are what the breaker observes.
    pub(super) fn attempt_over(
        &mut self,
        failed: Option<&Failed>,
        hooks: &dyn Hooks,
    ) -> Option<Change> {
        if !self.breaker(hooks)?.observes_attempts() {
            return None;
        }
        match failed.map(|failed| &failed.classification) {
            Some(classification) if classification.is_abort() => self.abstain(hooks),
            Some(classification) => self.leave(Some(classification.class()), hooks),
            None => self.leave(None, hooks),
        }
    }

    /// Takes how the call ended: with a failure of a class, or none.
    pub(super) fn leave(
        &mut self,
        failure: Option<ErrorClass>,
        hooks: &dyn Hooks,
    ) -> Option<Change> {
        let permit = self.take_permit()?;
        let permit = self.breaker(hooks)?.permit(permit);
        match failure {
            None => permit.succeed(),
            Some(class) => permit.fail(class),
        }
    }

    /// Gives the permit back without a verdict.
    pub(super) fn abstain(&mut self, hooks: &dyn Hooks) -> Option<Change> {
        let permit = self.take_permit()?;
        drop(self.breaker(hooks)?.permit(permit));
        None
    }

    /// Tells whether there is no use in waiting for the next attempt.
    pub(super) fn refuses_beyond(&self, wait: Duration, hooks: &dyn Hooks) -> Option<Refused> {
        // A call that still has its permit is not asked again.
        if self.has_permit() {
            return None;
        }
        let shared = self.breaker(hooks)?;
        shared
            .refuses_beyond(wait)
            .then(|| Refused(shared.refuses_for()))
    }

    /// Returns the budget of the call, or of its policy.
    pub(super) fn budget<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h Budget>
    where
        'p: 'h,
    {
        hooks.budget().or(self.config.rules.budget.as_ref())
    }

    /// Makes the token again that the call holds.
    pub(super) fn token<'h>(
        &self,
        ticket: budget::Ticket,
        hooks: &'h dyn Hooks,
    ) -> Option<BudgetToken<'h>>
    where
        'p: 'h,
    {
        Some(self.budget(hooks)?.token(ticket))
    }

    /// Gives back what the call still holds.
    pub(super) fn close(&mut self, hooks: &dyn Hooks) {
        self.abstain(hooks);
        if self.marks.take(Marks::IN_FLIGHT)
            && let Some(budget) = self.budget(hooks)
        {
            budget.end_call();
        }
    }

    /// Returns the breaker of the call, or of its policy.
    fn breaker<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h Shared>
    where
        'p: 'h,
    {
        let breaker = hooks.breaker().or(self.config.breaker.as_ref());
        breaker.map(CircuitBreaker::shared)
    }
}

impl Flow {
    /// Asks the breaker, where it has not been asked already.
    pub(super) fn enter(
        &mut self,
        frame: &mut Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        match frame.enter(hooks) {
            Ok(change) => {
                self.show_change(change, frame, hooks);
                Ok(())
            }
            Err(refused) => Err(self.stop_refused(&refused, frame, hooks)),
        }
    }

    /// What was decided on stays spent, whatever comes of it.
    pub(super) fn keep_token(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        let token = frame.token(std::mem::take(&mut self.token), hooks);
        self.token = token.map_or(budget::Ticket::KEPT, |mut token| {
            token.keep();
            token.into_ticket()
        });
    }

    /// Gives back what was not kept, and ends a retry in flight.
    pub(super) fn drop_token(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        drop(frame.token(std::mem::take(&mut self.token), hooks));
    }

    /// Tells the breaker how a call ended that did not succeed.
    pub(super) fn leave(&mut self, frame: &mut Frame<'_>, hooks: &dyn Hooks) {
        if !frame.has_permit() {
            return;
        }
        let change = match (self.call.stop_reason(), self.call.failure()) {
            (Some(StopReason::Aborted), _) | (_, None) => frame.abstain(hooks),
            (_, Some(failure)) => frame.leave(Some(failure.class), hooks),
        };
        self.show_change(change, frame, hooks);
    }
}

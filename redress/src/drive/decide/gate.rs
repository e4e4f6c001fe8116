//! How a call deals with its gate: it waits there before an attempt, and tells how the attempt went.

use std::time::Duration;

use super::{ActiveCall, Stopped};
use crate::classify::ErrorClass;
use crate::drive::hooks::Hooks;
use crate::drive::state::{Frame, Marks};
use crate::engine::Failed;
use crate::gate::{Gate, GateEnd, SharedGate};
use crate::observe::EventName;
use crate::reason::StopReason;
use crate::shielded::shielded;

impl<'p> Frame<'p> {
    /// Returns the gate of the call, or of its policy.
    fn gate<'h>(&self, hooks: &'h dyn Hooks) -> Option<&'h SharedGate>
    where
        'p: 'h,
    {
        hooks.gate().or(self.policy.gate.as_ref()).map(Gate::shared)
    }

    /// Returns `true` if there is no gate, or one that lets every call go at once.
    #[inline]
    pub(crate) fn is_gate_open(&self, hooks: &dyn Hooks) -> bool {
        match self.gate(hooks) {
            None => true,
            Some(gate) => gate.is_open(),
        }
    }

    /// Tells the gate how an attempt ended that it has let in. Returns for how long that closes it, if
    /// it does.
    #[cold]
    fn tell_gate(&mut self, end: GateEnd, hooks: &dyn Hooks) -> Option<Duration> {
        // Taken away only then: the gate's clock is the user's, and may panic.
        let closed = self.gate(hooks)?.end(self.gate_ticket, end);
        self.gate_ticket = None;
        closed
    }

    /// Tells the gate of a success.
    #[inline]
    pub(crate) fn leave_gate(&mut self, hooks: &dyn Hooks) {
        if self.gate_ticket.is_some() {
            self.tell_gate(GateEnd::Succeeded, hooks);
        }
    }

    /// Tells the gate of an attempt without an end.
    pub(crate) fn abandon_gate(&mut self, hooks: &dyn Hooks) {
        if self.gate_ticket.is_some() {
            // The clock is the user's, and this may run while a panic of it unwinds.
            shielded(None, || self.tell_gate(GateEnd::Other, hooks));
        }
    }
}

impl ActiveCall<'_, '_> {
    /// Asks the gate for the next attempt: `None` if it may go, or how long to wait before it is asked
    /// again.
    pub(crate) fn ask_gate(&mut self) -> Result<Option<Duration>, Stopped> {
        if self.state.place.is_none() && self.frame.is_gate_open(self.hooks) {
            return Ok(None);
        }
        self.wait_at_gate()
    }

    /// As [`ask_gate`](Self::ask_gate), where time has passed since the clock was read.
    pub(crate) fn ask_gate_after_pause(&mut self) -> Result<Option<Duration>, Stopped> {
        if self.state.place.is_some() {
            self.tick();
            if self.frame.policy.rules.is_over(self.state.now) {
                return Err(self.stop_late());
            }
        }
        self.ask_gate()
    }

    #[cold]
    fn wait_at_gate(&mut self) -> Result<Option<Duration>, Stopped> {
        let first = self.state.call.attempts() == 0;
        if self.state.place.is_none() && first {
            // What would be refused in any case does not wait before.
            if self.is_aborted() {
                self.tick();
                return Err(self.stop(StopReason::Aborted, None));
            }
            if let Some(refused) = self.frame.refuses_beyond(Duration::ZERO, self.hooks) {
                return Err(self.stop_refused(&refused));
            }
        }
        let Some(gate) = self.frame.gate(self.hooks) else {
            return Ok(None);
        };
        let asked = gate.ask(self.state.place, !first);
        let wait = match asked {
            Ok(ticket) => {
                self.state.place = None;
                self.frame.gate_ticket = ticket;
                let told = Marks::HELD.or(Marks::TELLS_SUCCESS);
                self.frame.marks.add(told, ticket.is_some());
                return Ok(None);
            }
            Err(wait) => wait,
        };
        self.state.watch.has_waited = true;
        let begins = self.state.place.replace(wait.place).is_none();
        self.frame.marks.add(Marks::HELD, true);
        let soonest = Duration::from_nanos(wait.soonest);
        let ask_in = Duration::from_nanos(wait.ask_in);
        self.tick();
        match self.frame.policy.rules.remaining(self.state.now) {
            Some(left) if soonest >= left => Err(self.stop_at_gate(soonest, None)),
            left => {
                if begins {
                    self.show(EventName::GateWait, ask_in, None);
                }
                // Where the deadline comes first, the call ends then.
                Ok(Some(left.map_or(ask_in, |left| ask_in.min(left))))
            }
        }
    }

    /// Stops a call that would wait at the gate beyond its deadline.
    #[cold]
    fn stop_at_gate(&mut self, wait: Duration, failed: Option<&Failed>) -> Stopped {
        self.leave_queue();
        self.state.retry_after = Some(wait);
        self.stop(StopReason::DeadlineExceeded, failed)
    }

    /// Gives up the call's place at the gate, and what the gate has let in.
    pub(super) fn leave_queue(&mut self) {
        if let Some(place) = self.state.place.take()
            && let Some(gate) = self.frame.gate(self.hooks)
        {
            gate.leave(place);
        }
        self.frame.abandon_gate(self.hooks);
    }

    /// Tells the gate of a failed attempt.
    #[inline]
    pub(super) fn fail_gate(&mut self, failed: &Failed) {
        let classification = &failed.classification;
        let speaks = classification.class() == ErrorClass::RateLimit
            || classification.retry_after_hint().is_some();
        if speaks || self.frame.gate_ticket.is_some() {
            self.tell_gate_of(failed);
        }
    }

    #[cold]
    fn tell_gate_of(&mut self, failed: &Failed) {
        let Some(gate) = self.frame.gate(self.hooks) else {
            return;
        };
        let end = gate.end_of(&failed.classification);
        if end == GateEnd::Other && self.frame.gate_ticket.is_none() {
            return;
        }
        if let Some(closed) = self.frame.tell_gate(end, self.hooks) {
            self.show(EventName::GateClosed, closed, Some(failed));
        }
    }

    /// Stops a call whose gate is closed for longer than its deadline leaves.
    #[inline]
    pub(super) fn check_gate(&mut self, failed: &Failed) -> Result<(), Stopped> {
        if self.frame.is_gate_open(self.hooks) {
            return Ok(());
        }
        self.check_closed_gate(failed)
    }

    #[cold]
    fn check_closed_gate(&mut self, failed: &Failed) -> Result<(), Stopped> {
        let gate = self.frame.gate(self.hooks);
        let closed = gate.map_or(Duration::ZERO, SharedGate::closed_for);
        match self.frame.policy.rules.remaining(self.state.now) {
            Some(left) if closed >= left => Err(self.stop_at_gate(closed, Some(failed))),
            _ => Ok(()),
        }
    }

    /// Waits at the gate, for a call that blocks.
    pub(crate) fn pass_gate_blocking(&mut self) -> Result<(), Stopped> {
        while let Some(wait) = self.ask_gate()? {
            self.frame.sleep(wait, self.hooks);
            self.tick();
            if self.frame.policy.rules.is_over(self.state.now) {
                return Err(self.stop_late());
            }
        }
        Ok(())
    }

    /// Starts the first attempt of a call that blocks, which may have to wait at the gate.
    #[cold]
    pub(crate) fn wait_blocking(&mut self) -> Result<(), Stopped> {
        if let Some(wait) = self.state.pause.take() {
            self.frame.block();
            self.frame.sleep(wait, self.hooks);
            self.pass_gate_blocking()?;
            return self.next_attempt_after_pause();
        }
        Ok(())
    }
}

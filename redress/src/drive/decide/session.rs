//! Sessions: attempts that may become healthy, which forgets what failed before.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::{ActiveCall, Stopped};
use crate::classify::{Classification, ErrorClass};
use crate::clock::Timing;
use crate::deadline::Scope;
use crate::drive::session::SessionWatch;
use crate::drive::state::Marks;
use crate::engine::{Call, Cut, Ended, Failed, Look};
use crate::observe::{AttemptStatus, EventName};
use crate::reason::{Cause, StopReason};

const STALLED: Failed = Failed {
    classification: Classification::new(ErrorClass::Transient),
    cause: Cause::Stalled,
    error_type: None,
};

impl ActiveCall<'_, '_> {
    /// Looks at a session that waits. Ready if it has to end.
    pub(crate) fn poll_session(&mut self, watch: &SessionWatch, cx: &mut Context<'_>) -> Poll<()> {
        if self.hooks.poll_abort(cx).is_ready() {
            watch.abort(self.state.now);
            return Poll::Ready(());
        }
        loop {
            // The clock was last read for the call when the attempt started.
            let (began, now) = (self.state.now, self.state.elapsed(self.frame));
            match watch.look(&self.frame.policy.rules, began, now) {
                Look::Over => return Poll::Ready(()),
                Look::Healthy => self.become_healthy(now),
                Look::Until(None) => {
                    self.state.wait = None;
                    return Poll::Pending;
                }
                Look::Until(Some(until)) => {
                    let set = self.state.wait.is_some();
                    if watch.is_due_before(until, set) {
                        let left = until.saturating_sub(now);
                        self.state.wait = Some(self.frame.timeout(left, self.hooks));
                    }
                    if let Some(wait) = &mut self.state.wait {
                        ready!(wait.as_mut().poll(cx));
                    }
                    self.state.wait = None;
                }
            }
        }
    }

    /// Ends a session. Returns the pause before the next connect.
    #[inline(never)]
    pub(crate) fn end_session(
        &mut self,
        watch: &SessionWatch,
        failed: &Failed,
    ) -> Result<Duration, Stopped> {
        self.wake();
        let pause = self.decide_session(watch, failed);
        self.state.watch.is_running = false;
        pause
    }

    fn decide_session(
        &mut self,
        watch: &SessionWatch,
        failed: &Failed,
    ) -> Result<Duration, Stopped> {
        let began = self.state.now;
        let now = self.state.elapsed(self.frame);
        let Ended {
            newly_healthy,
            healthy,
            lasted,
            cut,
        } = watch.end(&self.frame.policy.rules, began, now);
        if newly_healthy {
            self.become_healthy(now);
        }
        let failed = match cut {
            Some(Cut::Aborted) => {
                self.state.now = now;
                self.show_attempt_end(AttemptStatus::Cancelled, None, began);
                self.drop_token();
                return Err(self.stop(StopReason::Aborted, None));
            }
            Some(Cut::Stalled) => &STALLED,
            Some(Cut::TimedOut) | None => failed,
        };
        let ended_well = healthy && failed.cause == Cause::Ended;
        let slow = self.end_attempt((!ended_well).then_some(failed));
        if let Some(hint) = failed.classification.retry_after_hint() {
            self.tell_hint(failed, hint);
        }
        if self.frame.is_gated() {
            self.fail_gate(failed);
        }
        if self.is_aborted() {
            return Err(self.stop(StopReason::Aborted, None));
        }
        if healthy {
            self.forget(watch);
        }
        if ended_well {
            return self.reconnect(watch, failed, lasted);
        }
        if healthy {
            self.state.call.first_attempt();
        }
        let (rules, budget) = (&self.frame.policy.rules, self.frame.budget(self.hooks));
        let once = rules.once || self.hooks.once();
        let (call, now) = (&mut self.state.call, self.state.now);
        let retry =
            watch.with(|session, _| call.fail_session(rules, session, budget, failed, now, once));
        // A session that was healthy has had its verdict.
        let classification = &failed.classification;
        let change = if classification.is_abort() {
            self.frame.leave_without_verdict(self.hooks)
        } else {
            let class = classification.class();
            self.frame.leave_breaker(Some(class), slow, self.hooks)
        };
        self.settle(retry, change, failed)
    }

    /// Tells breaker and budget that the connect has succeeded, and gives back what it holds of them.
    fn become_healthy(&mut self, now: Duration) {
        // The attempt goes on: its start is still needed.
        let began = std::mem::replace(&mut self.state.now, now);
        self.frame.policy.rules.on_success(self.hooks.budget());
        self.frame.leave_gate(self.hooks);
        if self.state.token.is_held() {
            self.drop_token();
        }
        if self.frame.marks.take(Marks::IN_FLIGHT)
            && let Some(budget) = self.frame.budget(self.hooks)
        {
            budget.end_call();
        }
        self.show(EventName::Healthy, Duration::ZERO, None);
        // How long it has gone on is not how long an answer took.
        let change = self.frame.leave_breaker(None, false, self.hooks);
        self.show_change(change);
        self.state.now = began;
    }

    /// Lets the call go on as if it had just started. Its caller gives up when it would have.
    fn forget(&mut self, watch: &SessionWatch) {
        let now = self.state.now;
        self.state.start_anew();
        let policy = self.frame.policy;
        if policy.inherits_deadline()
            && let Some(deadline) = policy.rules.deadline
            && let Some(left) = Scope::current().and_then(|scope| scope.remaining())
        {
            self.state.inherit(deadline, left);
        }
        // What is ahead has not passed, and counts as passed again.
        let passed = now.saturating_sub(self.state.now);
        watch.with(|session, _| session.forget(passed));
        self.frame.start(Timing::Exact);
        self.frame.count_call(self.hooks);
    }

    /// Goes on after a healthy session that ended by itself.
    fn reconnect(
        &mut self,
        watch: &SessionWatch,
        ended: &Failed,
        lasted: Duration,
    ) -> Result<Duration, Stopped> {
        let (rules, now) = (&self.frame.policy.rules, self.state.now);
        match watch.with(|session, _| Call::end_session(rules, session, ended, lasted, now)) {
            Ok(delay) => {
                self.show(EventName::SessionEnded, delay, None);
                Ok(delay)
            }
            Err(reason) => Err(self.stop(reason, None)),
        }
    }
}

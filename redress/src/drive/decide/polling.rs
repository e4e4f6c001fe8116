//! Polling: answers that something is not ready yet.

use std::time::Duration;

use super::{ActiveCall, Stopped};
use crate::engine::Failed;
use crate::observe::EventName;
use crate::reason::StopReason;

impl ActiveCall<'_, '_> {
    /// Ends an attempt whose value is not ready yet: a success, but the call goes on. Returns the pause
    /// before the next look.
    #[inline(never)]
    pub(crate) fn not_ready(&mut self, answer: &Failed) -> Result<Duration, Stopped> {
        let pause = self.decide_not_ready(answer);
        self.state.watch.is_running = false;
        pause
    }

    fn decide_not_ready(&mut self, answer: &Failed) -> Result<Duration, Stopped> {
        // The clock was last read for the call when the attempt started.
        let began = self.state.now;
        let slow = self.end_attempt(None);
        self.frame.leave_gate(self.hooks);
        let now = self.state.now;
        let rules = &self.frame.policy.rules;
        self.state.call.succeed(rules, self.hooks.budget());
        let change = self.frame.leave_breaker(None, slow, self.hooks);
        self.show_change(change);
        if self.is_aborted() {
            return Err(self.stop(StopReason::Aborted, None));
        }
        let (hint, took) = (
            answer.classification.retry_after_hint(),
            now.saturating_sub(began),
        );
        let ahead = self.state.ahead;
        match self.state.call.not_ready(rules, hint, now, ahead, took) {
            Ok(delay) => {
                self.show(EventName::NotYet, delay, None);
                self.state.call.reset();
                Ok(delay)
            }
            Err(reason) => Err(self.stop(reason, None)),
        }
    }
}

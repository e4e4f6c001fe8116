use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::Refused;
use crate::drive::hooks::Hooks;
use crate::drive::state::{CallState, Frame};
use crate::drive::wait::yield_now;
use crate::engine::Failed;
use crate::observe::{AttemptStatus, EventName};
use crate::reason::StopReason;
use crate::shielded::shielded;

/// A call with all that its next step looks at: its state, its frame and its hooks.
///
/// A step decides and shows; it never waits, but says when to and for how long. Plain calls pass
/// through [`next_attempt`](Self::next_attempt) only; their failures are
/// [`CallState::fail_plain`]'s.
pub(crate) struct ActiveCall<'r, 'p> {
    pub(super) state: &'r mut CallState,
    pub(super) frame: &'r mut Frame<'p>,
    pub(super) hooks: &'r dyn Hooks,
}

/// The call is over without another attempt.
pub(crate) struct Stopped;

impl<'r, 'p> ActiveCall<'r, 'p> {
    #[inline(always)]
    pub(crate) fn new(
        state: &'r mut CallState,
        frame: &'r mut Frame<'p>,
        hooks: &'r dyn Hooks,
    ) -> Self {
        Self {
            state,
            frame,
            hooks,
        }
    }

    /// Returns `true` if there is a gate.
    #[inline]
    pub(crate) const fn is_gated(&self) -> bool {
        self.frame.is_gated()
    }

    /// Reads the clock for what is decided and shown next.
    pub(super) fn tick(&mut self) {
        self.state.now = self.state.elapsed(self.frame);
    }

    /// Returns `true` if a hook of the call's own says that it should stop.
    #[inline]
    pub(super) fn is_aborted(&self) -> bool {
        self.frame.is_hooked() && shielded(false, || self.hooks.abort())
    }

    /// Starts an attempt, unless something stops the call before.
    #[inline]
    pub(crate) fn next_attempt(&mut self) -> Result<(), Stopped> {
        if self.frame.is_plain() {
            self.state.next_plain_attempt();
            return Ok(());
        }
        self.next_attended_attempt()
    }

    #[inline(never)]
    fn next_attended_attempt(&mut self) -> Result<(), Stopped> {
        if self.state.token.is_held() {
            self.keep_token();
        }
        // A call that the breaker refuses in any case is refused, also where it is to be aborted.
        if self.frame.is_guarded()
            && self.frame.is_hooked()
            && self.state.call.attempts() == 0
            && let Some(refused) = self.frame.refuses_beyond(Duration::ZERO, self.hooks)
        {
            return Err(self.stop_refused(&refused));
        }
        if self.is_aborted() {
            // The hook may have taken time.
            self.tick();
            return Err(self.stop(StopReason::Aborted, None));
        }
        self.find_thread()?;
        if self.frame.is_guarded() {
            self.enter_breaker()?;
        }
        self.state.call.next_attempt();
        if self.frame.is_watched() {
            self.show_attempt_start();
        } else if self.frame.holds_permit() {
            // Its cancellation may have to be told.
            self.state.call.in_attempt = true;
        }
        Ok(())
    }

    /// Finds the thread of a detached attempt, which may mean to wait for one.
    #[inline]
    fn find_thread(&mut self) -> Result<(), Stopped> {
        if self.frame.is_hooked()
            && let Some(detached) = self.hooks.detached()
        {
            let admitted = detached.admit(self.remaining());
            self.tick();
            admitted.map_err(|reason| self.stop(reason, None))?;
        }
        Ok(())
    }

    /// Starts an attempt after a pause, or after a hook, that took time.
    pub(crate) fn next_attempt_after_pause(&mut self) -> Result<(), Stopped> {
        self.tick();
        if self.frame.policy.rules.is_over(self.state.now) {
            return Err(self.stop_late());
        }
        self.next_attempt()
    }

    /// Starts the first attempt of a call whose caller may have given up already.
    pub(crate) fn next_attempt_in_time(&mut self) -> Result<(), Stopped> {
        if self.frame.policy.rules.is_over(self.state.now) {
            return Err(self.stop_late());
        }
        self.next_attempt()
    }

    /// Starts an attempt of a call that is not plain, without a pause.
    #[inline]
    pub(crate) fn next_attempt_at_once(&mut self) -> Result<(), Stopped> {
        // A hook may have taken time, where there is one.
        if self.frame.is_watched() {
            return self.next_attempt_after_pause();
        }
        self.next_attended_attempt()
    }

    /// Stops at the deadline, before another attempt.
    pub(crate) fn stop_late(&mut self) -> Stopped {
        self.tick();
        // Shutting down counts more than being late. Asked once: an answer may be good for one time.
        if self.is_aborted() {
            self.keep_token();
            self.stop(StopReason::Aborted, None)
        } else {
            self.stop(StopReason::DeadlineExceeded, None)
        }
    }

    /// Ends the call with an event, and with the breaker's verdict.
    pub(super) fn stop(&mut self, reason: StopReason, failed: Option<&Failed>) -> Stopped {
        self.show_stop(reason, failed);
        self.end_call();
        Stopped
    }

    /// As [`stop`](Self::stop), where more is to be shown before the end of the call.
    pub(super) fn show_stop(&mut self, reason: StopReason, failed: Option<&Failed>) {
        if self.frame.policy.has_late_observers {
            self.wake_to_stop();
        }
        self.state.call.stop(reason);
        let name = EventName::of_stop(reason);
        if reason == StopReason::CircuitOpen {
            self.show_circuit(name, None);
        } else {
            self.show(name, Duration::ZERO, failed);
        }
        if self.frame.is_gated() {
            self.leave_queue();
        }
        self.leave_breaker();
    }

    pub(super) fn stop_refused(&mut self, refused: &Refused) -> Stopped {
        self.state.retry_after = Some(refused.duration());
        self.stop(StopReason::CircuitOpen, None)
    }

    /// Ends an attempt that will never return, and gives back what its retry has cost if it never
    /// started. Without an attempt in progress, does nothing.
    pub(crate) fn cancel(&mut self) {
        let started = self.state.now;
        let watch = &self.state.watch;
        if self.state.call.in_attempt || watch.is_open || watch.is_awake {
            // This may run while a panic of the clock itself unwinds.
            let now = shielded(self.state.now, || self.state.elapsed(self.frame));
            let in_attempt = self.state.call.in_attempt && self.frame.holds_permit();
            let slow = in_attempt && self.was_slow(now);
            self.state.now = now;
            if slow {
                self.tell_cancelled();
            }
        }
        self.show_attempt_end(AttemptStatus::Cancelled, None, started);
        if self.frame.is_gated() {
            self.leave_queue();
        }
        self.drop_token();
        self.end_dropped_call();
    }

    /// Returns how much of the deadline is left.
    fn remaining(&self) -> Option<Duration> {
        let rules = &self.frame.policy.rules;
        rules.deadline?;
        rules.remaining(self.state.elapsed(self.frame))
    }

    /// Waits for the hook that is awaited before a pause, if there is one, then for the pause. Then
    /// starts the next attempt. A pause of zero only lets other tasks run.
    pub(crate) fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        loop {
            let aborts = self.hooks.poll_abort(cx).is_ready();
            let in_time = aborts || {
                // The clock and the sleeper are the user's.
                self.state.watch.is_running = true;
                let over = self.poll_wait(cx);
                self.state.watch.is_running = false;
                ready!(over)
            };
            self.state.end_wait();
            let gate = if in_time && !aborts && self.frame.is_gated() {
                self.ask_gate_after_pause()
            } else {
                Ok(None)
            };
            let next = match gate {
                Ok(Some(wait)) => {
                    self.state.pause = Some(wait);
                    continue;
                }
                Err(stopped) => Err(stopped),
                Ok(None) if in_time => self.next_attempt_after_pause(),
                Ok(None) => Err(self.stop_late()),
            };
            // Until the attempt is pending for the first time.
            self.state.watch.is_running = next.is_ok();
            return Poll::Ready(next);
        }
    }

    /// Waits until the pause is over; `false` if the deadline comes first.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if let Some(pause) = self.state.pause {
            let prepared = self.hooks.prepares_sleep();
            if prepared && self.hooks.poll_before_sleep(cx).is_pending() {
                return self.poll_deadline(cx).map(|()| false);
            }
            self.state.pause = None;
            // The hook may have taken what was left for the pause.
            if prepared && self.remaining().is_some_and(|left| pause >= left) {
                return Poll::Ready(false);
            }
            self.state.wait = Some(if pause.is_zero() {
                yield_now()
            } else {
                self.frame.pause(pause, self.hooks)
            });
        }
        match &mut self.state.wait {
            Some(wait) => wait.as_mut().poll(cx).map(|()| true),
            None => Poll::Ready(true),
        }
    }

    /// Waits for the deadline; never ready without one.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.wait.is_none() {
            let Some(left) = self.remaining() else {
                return Poll::Pending;
            };
            self.state.wait = Some(self.frame.timeout(left, self.hooks));
        }
        match &mut self.state.wait {
            Some(wait) => wait.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

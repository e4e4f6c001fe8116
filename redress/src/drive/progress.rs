//! What a call has once there is more to it than a success at once.

use std::cell::Cell;
use std::task::{Context, Poll};
use std::time::Duration;

use super::after::Settled;
use super::flow::{Flow, Stopped};
use super::frame::Frame;
use super::hooks::Hooks;
use super::sleeper::yield_now;
use crate::clock::Wait;
use crate::defaults;

/// The state of a call that has failed, is watched, or waits.
///
/// It lies on the heap, so that the futures of calls stay small. Each thread keeps one for its next
/// call: calls one after the other allocate nothing.
pub(super) struct Progress {
    pub(super) flow: Flow,
    /// The pause that is still to start.
    pub(super) pause: Option<Duration>,
    /// What the call waits for: the end of a pause, or of an attempt's time.
    pub(super) wait: Option<Wait>,
}

thread_local! {
    static SPARE: Cell<Option<Box<Progress>>> = const { Cell::new(None) };
}

/// Called, so that whoever calls it has no registers to save for it.
#[cold]
#[inline(never)]
fn drop_outlined(_progress: Box<Progress>) {}

impl Progress {
    const NEW: Self = Self {
        flow: Flow::NEW,
        pause: None,
        wait: None,
    };

    /// Starts before the first attempt.
    #[inline]
    pub(super) fn before_first_attempt() -> Box<Self> {
        let mut progress = Self::take();
        progress.flow.start_time();
        progress
    }

    /// Starts within the first attempt of a call that nobody watches.
    #[inline]
    pub(super) fn in_first_attempt() -> Box<Self> {
        let mut progress = Self::before_first_attempt();
        progress.flow.start_unseen();
        progress
    }

    /// Starts where the first attempt of a call that nobody watches has failed: when that was is yet
    /// to be noted.
    #[inline]
    pub(super) fn at_first_failure() -> Box<Self> {
        let mut progress = Self::take();
        progress.flow.start_unseen();
        progress
    }

    #[inline]
    fn take() -> Box<Self> {
        // While a thread ends there is no spare.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        spare.unwrap_or_else(|| Box::new(Self::NEW))
    }

    /// Takes back what a call has finished with. One that was not `attended` has used little
    /// of it.
    #[inline(always)]
    pub(super) fn give_back(mut progress: Box<Self>, attended: bool) {
        // Field by field, where they are: a whole new one would be written twice.
        progress.flow.reset(attended);
        if progress.wait.is_some() || progress.pause.is_some() {
            progress.end_wait();
        }
        let mut progress = Some(progress);
        let other = SPARE.try_with(|spare| spare.replace(progress.take()));
        match other {
            Ok(None) => {}
            // Calls overlap, and there is another spare.
            Ok(Some(other)) => drop_outlined(other),
            // The thread ends.
            Err(_) => progress.map_or((), drop_outlined),
        }
    }

    /// Ends the timer of an attempt, where there is one.
    #[inline]
    pub(super) fn end_timer(&mut self) {
        if self.wait.is_some() {
            self.end_wait();
        }
    }

    /// Forgets the pause, and what the call waits for.
    #[cold]
    #[inline(never)]
    pub(super) fn end_wait(&mut self) {
        self.pause = None;
        self.wait = None;
    }

    /// Goes on after an async attempt: at once, or after a pause.
    #[inline(always)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a pause is handed over, and whoever stopped has nothing to say"
    )]
    pub(super) fn go_on<H: Hooks>(
        &mut self,
        pause: Result<Duration, Stopped>,
        frame: &mut Frame<'_>,
        hooks: &H,
    ) -> Settled {
        match pause {
            Err(Stopped) => Settled::Return,
            Ok(Duration::ZERO) if !self.must_wait(hooks) => match self.resume(frame, hooks) {
                Ok(()) => Settled::Again,
                Err(Stopped) => Settled::Return,
            },
            Ok(pause) => {
                self.pause = Some(pause);
                Settled::Pause
            }
        }
    }

    /// Starts the next attempt at once.
    #[inline(always)]
    pub(super) fn resume<H: Hooks>(
        &mut self,
        frame: &mut Frame<'_>,
        hooks: &H,
    ) -> Result<(), Stopped> {
        // A hook may have taken time, where there is one.
        if frame.is_watched() {
            return self.flow.next_attempt_after_pause(frame, hooks);
        }
        self.flow.next_attempt(frame, hooks)
    }

    /// Tells whether an async call has to wait without a pause: it has gone on without one for long
    /// enough, or a hook is to be awaited.
    #[inline]
    pub(super) fn must_wait(&self, hooks: &impl Hooks) -> bool {
        let attempts = self.flow.attempts();
        // A count that has reached its end stays there.
        attempts.is_multiple_of(defaults::ATTEMPTS_BETWEEN_YIELDS)
            || attempts == u32::MAX
            || hooks.prepares_sleep()
    }

    /// Waits for the hook that is awaited before a pause, if there is one, then for the pause. False
    /// if the deadline comes first.
    pub(super) fn poll_pause(
        &mut self,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
        cx: &mut Context<'_>,
    ) -> Poll<bool> {
        if let Some(pause) = self.pause {
            let prepared = hooks.prepares_sleep();
            if prepared && hooks.poll_before_sleep(cx).is_pending() {
                return self.poll_deadline(frame, hooks, cx).map(|()| false);
            }
            self.pause = None;
            // The hook may have taken what was left for the pause.
            if prepared && self.flow.remaining(frame).is_some_and(|left| pause >= left) {
                return Poll::Ready(false);
            }
            self.wait = Some(if pause.is_zero() {
                yield_now()
            } else {
                frame.pause(pause, hooks)
            });
        }
        match &mut self.wait {
            Some(wait) => wait.as_mut().poll(cx).map(|()| true),
            None => Poll::Ready(true),
        }
    }

    /// Waits for the deadline; for ever without one.
    fn poll_deadline(
        &mut self,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let wait = match &mut self.wait {
            Some(wait) => wait,
            None => match self.flow.remaining(frame) {
                Some(left) => self.wait.insert(frame.timeout(left, hooks)),
                None => return Poll::Pending,
            },
        };
        wait.as_mut().poll(cx)
    }
}

use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::after::{After, Pause, Settled};
use super::flow::Stopped;
use super::frame::Frame;
use super::hooks::Hooks;
use super::marks::Marks;
use super::progress::Progress;
use super::verdict::{Judge, Verdict};
use crate::engine::Failed;
use crate::error::FromInterrupt;

/// One call in progress. The operation runs in a loop of its owner; after each attempt the owner
/// hands over what it returned, and is told to return it or to run the operation again.
///
/// Dropping it in the middle of an attempt is cancellation.
pub struct Run<'p, H: Hooks = ()> {
    pub(super) frame: Frame<'p>,
    pub(super) hooks: H,
    /// Created with the first failure, or before the first attempt of a call that is watched: a
    /// success at once needs none of it. Dropped by [`finish`](Self::finish), which gives it back.
    pub(super) progress: ManuallyDrop<Option<Box<Progress>>>,
}

impl<'p, H: Hooks> Run<'p, H> {
    /// Ends an attempt that was a success, and tells everybody who must know.
    #[inline]
    pub(crate) fn succeed(&mut self) {
        if self.frame.marks.has(Marks::LOUD) {
            self.tell_success();
        }
    }

    #[inline(never)]
    fn tell_success(&mut self) {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        match &mut *self.progress {
            // Whoever is watched has progress, from before the first attempt on.
            Some(progress) if frame.is_watched() => {
                progress.end_timer();
                progress.flow.succeed(frame, hooks);
            }
            _ => frame.tell_success(hooks),
        }
    }

    // What expansions call by a method's name has one that no trait in the user's scope has.

    /// Takes what a sync attempt returned. Sleeps before it asks for another attempt.
    #[inline]
    pub fn redress_after<T>(&mut self, returned: T, judge: impl Judge<T>) -> ControlFlow<T> {
        let Verdict(Some(failed)) = judge.judge(&returned) else {
            self.succeed();
            return ControlFlow::Break(returned);
        };
        match self.settle(failed) {
            Ok(()) => ControlFlow::Continue(()),
            Err(Stopped) => ControlFlow::Break(returned),
        }
    }

    /// Takes what an async attempt returned.
    #[inline]
    pub fn redress_after_async<T>(&mut self, returned: T, judge: impl Judge<T>) -> After<T> {
        let Verdict(Some(failed)) = judge.judge(&returned) else {
            self.succeed();
            return After::Ended(returned);
        };
        match self.settle_async(failed) {
            Settled::Return => After::Ended(returned),
            Settled::Again => After::Again,
            Settled::Pause => After::Paused(returned),
        }
    }

    /// Takes what an async attempt returned, `None` if it was cut off. `last` keeps what the last
    /// attempt returned that was not.
    #[inline]
    pub fn redress_after_async_or_interrupt<T: FromInterrupt>(
        &mut self,
        returned: Option<T>,
        last: &mut Option<T>,
        judged: Verdict,
    ) -> After<T, ()> {
        let returned = returned.or_else(|| last.take());
        let Verdict(Some(failed)) = judged else {
            self.succeed();
            return After::Ended(self.redress_last(returned));
        };
        match self.settle_async(failed) {
            Settled::Return => After::Ended(self.redress_last(returned)),
            Settled::Again => {
                *last = returned;
                After::Again
            }
            Settled::Pause => {
                *last = returned;
                After::Paused(())
            }
        }
    }

    /// Waits before the next async attempt.
    #[inline]
    pub const fn redress_pause(&mut self) -> Pause<'_, 'p, H> {
        Pause { run: self }
    }

    /// Gives back what the last attempt returned that was not cut off, or says why there is nothing.
    pub fn redress_last<T: FromInterrupt>(&self, last: Option<T>) -> T {
        last.unwrap_or_else(|| T::from_interrupt(self.interrupt()))
    }

    /// Polls an attempt until it is ready or has run for too long, which is `None`.
    #[inline]
    pub fn redress_poll_attempt<F: Future>(
        &mut self,
        attempt: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        match attempt.poll(cx) {
            Poll::Ready(returned) => Poll::Ready(Some(returned)),
            Poll::Pending => self.poll_timer(cx).map(|()| None),
        }
    }

    /// Returns how long the attempt of a watched call may still run, if there is a limit.
    pub(crate) fn attempt_limit(&self) -> Option<Duration> {
        let progress = self.progress.as_ref()?;
        progress.flow.attempt_limit(&self.frame)
    }

    /// An attempt that is ready at once never touches a timer.
    #[cold]
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let progress = self.progress.get_or_insert_with(Progress::in_first_attempt);
        let timer = match &mut progress.wait {
            Some(timer) => timer,
            None => match progress.flow.attempt_limit(&self.frame) {
                None => return Poll::Pending,
                Some(limit) => progress.wait.insert(self.frame.timeout(limit, &self.hooks)),
            },
        };
        timer.as_mut().poll(cx)
    }

    /// Ends a sync attempt that has failed. Sleeps before it asks for another.
    #[inline(never)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keeps a success out of memory"
    )]
    fn settle(&mut self, failed: Failed) -> Result<(), Stopped> {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        let progress = self.progress.get_or_insert_with(Progress::at_first_failure);
        let pause = if frame.is_plain_for(hooks) {
            progress.flow.fail_plainly(&failed, frame)?
        } else {
            progress.flow.fail(&failed, frame, hooks)?
        };
        match pause {
            Duration::ZERO => progress.resume(frame, hooks),
            pause => {
                frame.sleep(pause, hooks);
                progress.flow.next_attempt_after_pause(frame, hooks)
            }
        }
    }

    /// Ends an async attempt that has failed. Starts the pause before the next, unless there is none.
    #[inline(never)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keeps a success out of memory"
    )]
    pub(super) fn settle_async(&mut self, failed: Failed) -> Settled {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        let progress = self.progress.get_or_insert_with(Progress::at_first_failure);
        progress.end_timer();
        // Each way goes on by itself: after the plain one it is known that nobody watches.
        if frame.is_plain_for(hooks) {
            let pause = progress.flow.fail_plainly(&failed, frame);
            return progress.go_on(pause, frame, hooks);
        }
        let pause = progress.flow.fail(&failed, frame, hooks);
        progress.go_on(pause, frame, hooks)
    }

    /// Waits, then starts the next attempt. A pause of zero only lets other tasks run.
    #[cold]
    pub(super) fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        let progress = self.progress.get_or_insert_with(Progress::in_first_attempt);
        let in_time = if hooks.poll_abort(cx).is_ready() {
            true
        } else {
            ready!(progress.poll_pause(frame, hooks, cx))
        };
        progress.end_wait();
        Poll::Ready(if in_time {
            progress.flow.next_attempt_after_pause(frame, hooks)
        } else {
            Err(progress.flow.stop_late(frame, hooks))
        })
    }
}

impl<H: Hooks> Run<'_, H> {
    #[inline]
    pub(super) fn is_held(&self) -> bool {
        self.progress.is_some() && self.frame.marks.has(Marks::HELD)
    }

    /// Gives back whatever the call still holds.
    #[inline(never)]
    pub(super) fn close(&mut self) {
        if let Some(progress) = &mut *self.progress {
            progress.flow.cancel(&self.frame, &self.hooks);
        }
        self.frame.close(&self.hooks);
    }

    /// Ends a call that has progress.
    #[inline(never)]
    fn finish(&mut self) {
        // Nothing of a plain call is held.
        let attended = !self.frame.is_plain();
        if attended && self.is_held() {
            self.close();
        }
        if let Some(progress) = self.progress.take() {
            Progress::give_back(progress, attended);
        }
    }
}

impl<H: Hooks> Drop for Run<'_, H> {
    #[inline]
    fn drop(&mut self) {
        // Without progress there is nothing to close, and nothing to drop either.
        if self.progress.is_some() {
            self.finish();
        }
    }
}

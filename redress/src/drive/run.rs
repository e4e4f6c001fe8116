use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::flow::{Flow, Judged, Next};
use super::hooks::Hooks;
use crate::clock::Wait;
use crate::outcome::Report;
use crate::policy::Policy;
use crate::{FromInterrupt, Interrupt, Outcome, StopReason};

/// One call in progress. The operation runs in a loop of its owner; after each attempt the owner
/// hands over what it returned, and is told to return it or to run the operation again.
///
/// Dropping it in the middle of an attempt is cancellation.
pub struct Run<'p, H: Hooks = ()> {
    flow: Flow<'p>,
    hooks: H,
    timer: Option<Wait>,
}

impl<'p, H: Hooks> Run<'p, H> {
    /// Starts a call that nothing can refuse before its first attempt.
    #[inline]
    pub fn new<C, R>(policy: &'p Policy<C, R>, hooks: H) -> Self {
        let mut run = Self::prepare(policy, hooks, false);
        let _never_refused = run.first_attempt();
        run
    }

    /// Starts a call.
    ///
    /// # Errors
    ///
    /// An [`Interrupt`] if `abort_if` stops it before the first attempt.
    #[inline]
    pub fn begin<C, R>(policy: &'p Policy<C, R>, hooks: H) -> Result<Self, Interrupt> {
        let mut run = Self::prepare(policy, hooks, false);
        match run.first_attempt() {
            Ok(()) => Ok(run),
            Err(_) => Err(run.interrupt()),
        }
    }

    /// Creates a call before its first attempt. `timed` calls tell how long they took.
    #[inline]
    pub(crate) fn prepare<C, R>(policy: &'p Policy<C, R>, hooks: H, timed: bool) -> Self {
        Self {
            flow: Flow::new(policy.config(), &hooks, timed),
            hooks,
            timer: None,
        }
    }

    #[inline]
    pub(crate) fn first_attempt(&mut self) -> Result<(), StopReason> {
        self.flow.first_attempt(&self.hooks)
    }

    /// Takes what a sync attempt returned. Sleeps before it asks for another attempt.
    #[inline]
    pub fn after<T>(&mut self, returned: T, judge: impl FnOnce(&T) -> Judged) -> ControlFlow<T> {
        let judged = judge(&returned);
        if judged.is_success() && self.flow.is_quiet() {
            return ControlFlow::Break(returned);
        }
        if self.settle(&judged).is_continue() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(returned)
        }
    }

    /// Takes what an async attempt returned. Sleeps before it asks for another attempt.
    pub async fn after_async<T>(
        &mut self,
        returned: T,
        judge: impl FnOnce(&T) -> Judged,
    ) -> ControlFlow<T> {
        let judged = judge(&returned);
        if judged.is_success() && self.flow.is_quiet() {
            return ControlFlow::Break(returned);
        }
        match self.end_attempt(&judged) {
            Next::Return => ControlFlow::Break(returned),
            Next::Pause(pause) => match self.resume(pause).await {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(returned),
            },
        }
    }

    /// Takes what an async attempt returned, `None` if it was cut off. `last` keeps what the last
    /// attempt returned that was not.
    pub async fn after_async_or_interrupt<T: FromInterrupt>(
        &mut self,
        returned: Option<T>,
        last: &mut Option<T>,
        judge: impl FnOnce(&T) -> Judged,
    ) -> ControlFlow<T> {
        match self.after_async_keeping(returned, last, judge).await {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(Some(returned)) => ControlFlow::Break(returned),
            ControlFlow::Break(None) => ControlFlow::Break(T::from_interrupt(self.interrupt())),
        }
    }

    pub(crate) async fn after_async_keeping<T>(
        &mut self,
        returned: Option<T>,
        last: &mut Option<T>,
        judge: impl FnOnce(&T) -> Judged,
    ) -> ControlFlow<Option<T>> {
        let judged = returned.as_ref().map_or(Judged::TIMED_OUT, judge);
        if judged.is_success() && self.flow.is_quiet() {
            return ControlFlow::Break(returned);
        }
        if returned.is_some() {
            *last = returned;
        }
        match self.end_attempt(&judged) {
            Next::Return => ControlFlow::Break(last.take()),
            Next::Pause(pause) => match self.resume(pause).await {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(last.take()),
            },
        }
    }

    /// Polls an attempt until it is ready or has run for too long, which is `None`.
    #[inline]
    pub fn poll_attempt<F: Future>(
        &mut self,
        attempt: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        if let Poll::Ready(returned) = attempt.poll(cx) {
            self.timer = None;
            return Poll::Ready(Some(returned));
        }
        self.poll_timer(cx).map(|()| None)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = match &mut self.timer {
            Some(timer) => timer,
            // An attempt that is ready at once never touches a timer.
            None => match self.flow.attempt_limit() {
                None => return Poll::Pending,
                Some(limit) => self.timer.insert(self.flow.timeout(limit)),
            },
        };
        let poll = timer.as_mut().poll(cx);
        if poll.is_ready() {
            self.timer = None;
        }
        poll
    }

    #[cold]
    fn settle(&mut self, judged: &Judged) -> ControlFlow<()> {
        match self.end_attempt(judged) {
            Next::Return => ControlFlow::Break(()),
            Next::Pause(pause) => {
                self.flow.sleep(pause);
                match self.flow.next_attempt(&self.hooks) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            }
        }
    }

    #[cold]
    fn end_attempt(&mut self, judged: &Judged) -> Next {
        self.flow.end_attempt(judged, &self.hooks)
    }

    async fn resume(&mut self, pause: Duration) -> Result<(), StopReason> {
        if let Some(wait) = self.flow.pause(pause) {
            wait.await;
        }
        self.flow.next_attempt(&self.hooks)
    }

    /// Says why there is nothing to return.
    #[cold]
    pub(crate) fn interrupt(&self) -> Interrupt {
        Interrupt::new(self.report())
    }

    /// Says how the call ended.
    pub(crate) fn report(&self) -> Report {
        let stop_reason = self.flow.stop_reason();
        let failure = stop_reason.and(self.flow.failure());
        Report {
            attempts: self.flow.attempts(),
            stop_reason,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
        }
    }

    pub(crate) fn into_outcome<T, E>(mut self, returned: Option<Result<T, E>>) -> Outcome<T, E> {
        let report = self.report();
        let (last_result, last_error) = match returned {
            Some(Ok(value)) => (Some(value), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        Outcome {
            attempts: report.attempts,
            elapsed: self.flow.elapsed(),
            stop_reason: report.stop_reason,
            last_class: report.class,
            cause: report.cause,
            last_result,
            last_error,
            next_sleep: self.flow.deferred(),
            timeline: self.flow.take_timeline(),
        }
    }
}

impl<H: Hooks> Drop for Run<'_, H> {
    #[inline]
    fn drop(&mut self) {
        if !self.flow.is_quiet() {
            self.flow.cancel(&self.hooks);
        }
    }
}

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::start::First;
use super::{After, Run};
use crate::drive::decide::{Judge, Verdict};
use crate::drive::hooks::Hooks;

pin_project! {
    /// Runs an async operation to the end of its call and gives the end to `finish`: what an
    /// attempt returned last, or `None` if none returned anything.
    ///
    /// Written by hand, because its size and its polls are what an async call costs.
    pub(crate) struct CallFuture<'p, J, H, Op, F, T, G>
    where
        H: Hooks,
    {
        judge: J,
        operation: Op,
        run: Run<'p, H>,
        finish: G,
        #[pin]
        state: Phase<F, T>,
    }
}

pin_project! {
    #[project = PhaseProj]
    pub(super) enum Phase<F, T> {
        Start,
        // The result of an earlier attempt is kept until a later one returns something.
        Attempt { #[pin] attempt: F, last: Option<T> },
        Pause { last: Option<T> },
        Over,
    }
}

impl<'p, J, H: Hooks, Op, F, T, G> CallFuture<'p, J, H, Op, F, T, G> {
    #[inline]
    pub(crate) fn new(judge: J, run: Run<'p, H>, operation: Op, finish: G) -> Self {
        Self {
            judge,
            operation,
            run,
            finish,
            state: Phase::Start,
        }
    }
}

impl<'p, J, H, Op, F, T, G, O> Future for CallFuture<'p, J, H, Op, F, T, G>
where
    J: Judge<T> + Clone,
    H: Hooks,
    Op: FnMut() -> F,
    F: Future<Output = T>,
    G: Fn(&mut Run<'p, H>, Option<T>) -> O,
{
    type Output = O;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let this = self.project();
        let operation = this.operation;
        poll_call(
            this.run,
            this.judge,
            &mut |_: &Run<'p, H>| operation(),
            this.finish,
            this.state,
            cx,
        )
    }
}

/// Goes on with a call until it has to wait, or is over: the loop of all futures that have a call.
#[inline(always)]
pub(super) fn poll_call<'p, J, H, Op, F, T, G, O>(
    run: &mut Run<'p, H>,
    judge: &J,
    operation: &mut Op,
    finish: &G,
    mut phase: Pin<&mut Phase<F, T>>,
    cx: &mut Context<'_>,
) -> Poll<O>
where
    J: Judge<T> + Clone,
    H: Hooks,
    Op: FnMut(&Run<'p, H>) -> F,
    F: Future<Output = T>,
    G: Fn(&mut Run<'p, H>, Option<T>) -> O,
{
    let last = 'call: {
        // This is asked before the loop, because a call that succeeds at once never repeats it.
        let mut next = match phase.as_mut().project() {
            PhaseProj::Attempt { .. } => None,
            PhaseProj::Start => match run.start() {
                First::Attempt => Some(None),
                First::Nothing => break 'call None,
                First::Pause => {
                    phase.set(Phase::Pause { last: None });
                    match ready!(phase.as_mut().poll_pause(run, cx)) {
                        Ok(last) => Some(last),
                        Err(last) => break 'call last,
                    }
                }
            },
            PhaseProj::Pause { .. } => match ready!(phase.as_mut().poll_pause(run, cx)) {
                Ok(last) => Some(last),
                Err(last) => break 'call last,
            },
            PhaseProj::Over => return Poll::Pending,
        };
        loop {
            if let Some(last) = next {
                let attempt = operation(run);
                phase.set(Phase::Attempt { attempt, last });
            }
            let PhaseProj::Attempt { attempt, last } = phase.as_mut().project() else {
                return Poll::Pending;
            };
            let returned = ready!(run.redress_poll_attempt(attempt, cx));
            let verdict = match &returned {
                Some(returned) => judge.clone().judge(returned),
                None => Verdict::TIMED_OUT,
            };
            let Verdict(Some(failed)) = verdict else {
                run.succeed();
                break 'call returned;
            };
            let last = returned.or_else(|| last.take());
            next = match run.settle_async(failed) {
                After::Ended(()) => break 'call last,
                After::Again => {
                    // The last attempt is dropped before the next one is created.
                    phase.set(Phase::Over);
                    Some(last)
                }
                After::Paused(()) => {
                    phase.set(Phase::Pause { last });
                    match ready!(phase.as_mut().poll_pause(run, cx)) {
                        Ok(last) => Some(last),
                        Err(last) => break 'call last,
                    }
                }
            };
        }
    };
    // The attempt is dropped before the call ends.
    phase.set(Phase::Over);
    let end = finish(run, last);
    // A finished call holds nothing, however long its future is kept.
    if run.is_held() {
        run.close();
    }
    Poll::Ready(end)
}

impl<F, T> Phase<F, T> {
    /// Waits until the call may go on. Returns the result of an earlier attempt, as an error if the call
    /// is over.
    #[inline]
    fn poll_pause<H: Hooks>(
        self: Pin<&mut Self>,
        run: &mut Run<'_, H>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<T>, Option<T>>> {
        let resumed = ready!(run.poll_pause(cx));
        let last = match self.project() {
            PhaseProj::Pause { last } => last.take(),
            _ => None,
        };
        Poll::Ready(match resumed {
            Ok(_) => Ok(last),
            Err(_) => Err(last),
        })
    }
}

/// Waits until an async call may go on. Resolves to `true` if the call is over instead.
///
/// It holds no result of the operation: a type that has no type parameter of the user's, and nothing to
/// drop, costs the compiler least.
pub struct Pause<'r, 'p, H: Hooks> {
    pub(super) run: &'r mut Run<'p, H>,
}

impl<H: Hooks> Future for Pause<'_, '_, H> {
    type Output = bool;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let resumed = self.run.poll_pause(cx);
        // What follows is polled with the function that awaits this, not through the call.
        self.run.note_idle();
        resumed.map(|resumed| resumed.is_err())
    }
}

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::hooks::Hooks;
use super::run::Run;
use crate::{FromInterrupt, Interrupt};

/// What follows an async attempt.
pub(super) enum Settled {
    /// The call is over.
    Return,
    /// Run the operation again.
    Again,
    /// Wait first.
    Pause,
}

/// Waits until an async call may go on, or gives back what its last attempt returned. Most have
/// nothing to wait for and are ready at once.
pub struct After<'r, 'p, H: Hooks, T> {
    /// Where there is a pause.
    run: Option<&'r mut Run<'p, H>>,
    /// With a pause, what to give back if nothing follows it; without, what to return, or `None` to
    /// go on.
    returned: Option<T>,
}

impl<'r, 'p, H: Hooks, T> After<'r, 'p, H, T> {
    #[inline]
    pub(super) const fn at_once(end: Option<T>) -> Self {
        Self {
            run: None,
            returned: end,
        }
    }

    #[inline]
    pub(super) const fn pause(run: &'r mut Run<'p, H>, returned: T) -> Self {
        Self {
            run: Some(run),
            returned: Some(returned),
        }
    }
}

/// Nothing in it is pinned in place: what was returned is only moved.
impl<H: Hooks, T> Unpin for After<'_, '_, H, T> {}

impl<H: Hooks, T> Future for After<'_, '_, H, T> {
    type Output = ControlFlow<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(run) = &mut self.run
            && ready!(run.poll_pause(cx)).is_ok()
        {
            return Poll::Ready(ControlFlow::Continue(()));
        }
        Poll::Ready(match self.returned.take() {
            Some(returned) => ControlFlow::Break(returned),
            None => ControlFlow::Continue(()),
        })
    }
}

/// As [`After`], for a call whose attempts can be cut off: what an attempt returned is kept until
/// a later one returns something.
pub struct AfterOrInterrupt<'r, 'p, H: Hooks, T> {
    run: Option<&'r mut Run<'p, H>>,
    returned: Option<T>,
    last: &'r mut Option<T>,
    // Held as a function so that only the call that makes this needs the bound, and a return type
    // that lacks it is reported once.
    interrupted: fn(Interrupt) -> T,
}

impl<'r, 'p, H: Hooks, T> AfterOrInterrupt<'r, 'p, H, T> {
    #[inline]
    pub(super) fn new(
        run: Option<&'r mut Run<'p, H>>,
        returned: Option<T>,
        last: &'r mut Option<T>,
    ) -> Self
    where
        T: FromInterrupt,
    {
        Self {
            run,
            returned,
            last,
            interrupted: T::from_interrupt,
        }
    }
}

impl<H: Hooks, T> Unpin for AfterOrInterrupt<'_, '_, H, T> {}

impl<H: Hooks, T> Future for AfterOrInterrupt<'_, '_, H, T> {
    type Output = ControlFlow<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        Poll::Ready(match &mut this.run {
            None => match this.returned.take() {
                Some(returned) => ControlFlow::Break(returned),
                None => ControlFlow::Continue(()),
            },
            Some(run) => match ready!(run.poll_pause(cx)) {
                Ok(()) => {
                    *this.last = this.returned.take();
                    ControlFlow::Continue(())
                }
                Err(_) => ControlFlow::Break(match this.returned.take() {
                    Some(returned) => returned,
                    None => (this.interrupted)(run.interrupt()),
                }),
            },
        })
    }
}

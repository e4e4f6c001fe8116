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

/// Waits until an async call may go on, or gives back what its last attempt returned. Ready at once
/// where there is no pause.
pub struct After<'r, 'p, H: Hooks, T> {
    /// Whose pause it is, and what the last attempt returned.
    pause: Option<(&'r mut Run<'p, H>, T)>,
}

impl<'r, 'p, H: Hooks, T> After<'r, 'p, H, T> {
    pub(super) const AT_ONCE: Self = Self { pause: None };

    #[inline]
    pub(super) const fn pause(run: &'r mut Run<'p, H>, returned: T) -> Self {
        Self {
            pause: Some((run, returned)),
        }
    }
}

/// Nothing in it is pinned in place: what was returned is only moved.
impl<H: Hooks, T> Unpin for After<'_, '_, H, T> {}

impl<H: Hooks, T> Future for After<'_, '_, H, T> {
    type Output = ControlFlow<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((run, _)) = &mut self.pause else {
            return Poll::Ready(ControlFlow::Continue(()));
        };
        let resumed = ready!(run.poll_pause(cx)).is_ok();
        Poll::Ready(match self.pause.take() {
            Some((_, returned)) if !resumed => ControlFlow::Break(returned),
            _ => ControlFlow::Continue(()),
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
        let Some(run) = &mut this.run else {
            return Poll::Ready(ControlFlow::Continue(()));
        };
        let resumed = ready!(run.poll_pause(cx)).is_ok();
        let returned = this.returned.take();
        Poll::Ready(if resumed {
            *this.last = returned;
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(match returned {
                Some(returned) => returned,
                None => (this.interrupted)(run.interrupt()),
            })
        })
    }
}

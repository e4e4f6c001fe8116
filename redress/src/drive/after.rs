use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::hooks::Hooks;
use super::run::Run;
use crate::{FromInterrupt, Interrupt};

/// What follows an async attempt. Most calls never pause, so they never pay for the future that
/// does.
pub enum Settled<T, F> {
    /// Return this.
    Return(T),
    /// Run the operation again.
    Again,
    /// Wait for this.
    Pause(F),
}

/// Waits until an async call may go on, or gives back what its last attempt returned.
pub struct After<'r, 'p, H: Hooks, T> {
    run: &'r mut Run<'p, H>,
    returned: Option<T>,
}

impl<'r, 'p, H: Hooks, T> After<'r, 'p, H, T> {
    #[inline]
    pub(super) const fn new(run: &'r mut Run<'p, H>, returned: T) -> Self {
        Self {
            run,
            returned: Some(returned),
        }
    }

    /// Tells whether there is another attempt, and gives back what the last one returned.
    #[inline]
    fn poll_resumed(&mut self, cx: &mut Context<'_>) -> Poll<(bool, Option<T>)> {
        let resumed = ready!(self.run.poll_pause(cx)).is_ok();
        Poll::Ready((resumed, self.returned.take()))
    }
}

/// Nothing in it is pinned in place: what was returned is only moved.
impl<H: Hooks, T> Unpin for After<'_, '_, H, T> {}

impl<H: Hooks, T> Future for After<'_, '_, H, T> {
    type Output = ControlFlow<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.poll_resumed(cx)) {
            (false, Some(returned)) => ControlFlow::Break(returned),
            _ => ControlFlow::Continue(()),
        })
    }
}

/// As [`After`], for a call whose attempts can be cut off: what an attempt returned is kept until
/// a later one returns something.
pub struct AfterOrInterrupt<'r, 'p, H: Hooks, T> {
    after: After<'r, 'p, H, Option<T>>,
    last: &'r mut Option<T>,
    // Held as a function so that only the call that makes this needs the bound, and a return type
    // that lacks it is reported once.
    interrupted: fn(Interrupt) -> T,
}

impl<'r, 'p, H: Hooks, T> AfterOrInterrupt<'r, 'p, H, T> {
    #[inline]
    pub(super) fn new(after: After<'r, 'p, H, Option<T>>, last: &'r mut Option<T>) -> Self
    where
        T: FromInterrupt,
    {
        Self {
            after,
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
        let (resumed, returned) = ready!(self.after.poll_resumed(cx));
        let returned = returned.flatten();
        Poll::Ready(if resumed {
            *self.last = returned;
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(match returned {
                Some(returned) => returned,
                None => (self.interrupted)(self.after.run.interrupt()),
            })
        })
    }
}

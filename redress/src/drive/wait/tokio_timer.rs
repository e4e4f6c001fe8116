//! Tokio's timer, and what goes on in its place when its runtime is shut down.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::time::{Duration, Instant, Sleep};

use super::thread_timer;
use crate::clock::Wait;
use crate::shielded::shielded;

/// Returns a future that ends after `duration`; `None` outside of a runtime, and in one that was
/// built without a timer.
pub(super) fn sleep(duration: Duration) -> Option<Wait> {
    tokio::runtime::Handle::try_current().ok()?;
    // A runtime without a timer panics here. There is no way to ask it before.
    let sleep = shielded(None, || Some(tokio::time::sleep(duration)))?;
    Some(Box::pin(Timer {
        sleep,
        is_registered: false,
        instead: None,
    }))
}

pin_project! {
    /// A sleep that outlives its runtime.
    ///
    /// Tokio panics when a sleep is polled whose runtime is shut down, and has no question for it. But
    /// a shutdown ends all sleeps, so one that has ended before its time tells of it.
    struct Timer {
        #[pin]
        sleep: Sleep,
        is_registered: bool,
        instead: Option<Wait>,
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(instead) = this.instead {
            return instead.as_mut().poll(cx);
        }
        let deadline = this.sleep.deadline();
        if !std::mem::replace(this.is_registered, true) {
            // This registers it as the first poll would, but without a panic.
            this.sleep.as_mut().reset(deadline);
        }
        let is_lost = this.sleep.is_elapsed() && Instant::now() < deadline;
        if !is_lost {
            // The runtime may be shut down between that question and this, and even in this.
            let polled = shielded(None, || Some(this.sleep.as_mut().poll(cx)));
            match polled {
                Some(Poll::Pending) => return Poll::Pending,
                Some(Poll::Ready(())) if Instant::now() >= deadline => return Poll::Ready(()),
                Some(Poll::Ready(())) | None => {}
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let instead: Wait = Box::pin(thread_timer::sleep(left));
        this.instead.insert(instead).as_mut().poll(cx)
    }
}

//! Calls that own their policy: for futures that must not borrow, such as those of services.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Run;
use super::future::{Phase, poll_call};
use crate::drive::decide::Judge;
use crate::drive::hooks::Hooks;
use crate::drive::state::{Compiled, Suspended};

/// Has the hooks of a call, which borrow from it.
pub(crate) trait OwnHooks {
    type Hooks<'a>: Hooks
    where
        Self: 'a;

    fn hooks(&self) -> Self::Hooks<'_>;
}

pin_project! {
    /// As [`CallFuture`](super::future::CallFuture), with a policy of its own. What differs from poll to
    /// poll is given to [`poll_with`](Self::poll_with).
    pub(crate) struct OwnedCall<P, H, F, T>
    where
        P: Compiled,
        H: OwnHooks,
    {
        call: Owned<P, H>,
        #[pin]
        phase: Phase<F, T>,
    }
}

/// A call between two polls. It is not a [`Run`], which borrows its policy, and becomes one for each poll.
struct Owned<P: Compiled, H: OwnHooks> {
    policy: P,
    hooks: H,
    /// `None` during a poll, and once the call is over.
    suspended: Option<Suspended>,
}

impl<P: Compiled, H: OwnHooks, F: Future<Output = T>, T> OwnedCall<P, H, F, T> {
    pub(crate) fn new(policy: P, hooks: H) -> Self {
        let suspended = Some(Run::prepare(&policy, hooks.hooks(), false).suspend());
        Self {
            call: Owned {
                policy,
                hooks,
                suspended,
            },
            phase: Phase::Start,
        }
    }

    /// Goes on with the call.
    #[inline]
    pub(crate) fn poll_with<'p, J, O>(
        self: Pin<&'p mut Self>,
        cx: &mut Context<'_>,
        judge: impl FnOnce(&'p P) -> J,
        mut operation: impl FnMut(&Run<'p, H::Hooks<'p>>) -> F,
        finish: impl Fn(&mut Run<'p, H::Hooks<'p>>, Option<T>) -> O,
    ) -> Poll<O>
    where
        J: Judge<T> + Clone,
    {
        let this = self.project();
        let Owned {
            policy,
            hooks,
            suspended,
        } = this.call;
        let (policy, hooks): (&'p P, &'p H) = (policy, hooks);
        let Some(went_before) = suspended.take() else {
            return Poll::Pending;
        };
        // If the operation panics, this closes the call.
        let mut run = Run::resume(policy, hooks.hooks(), went_before);
        let polled = poll_call(
            &mut run,
            &judge(policy),
            &mut operation,
            &finish,
            this.phase,
            cx,
        );
        if polled.is_pending() {
            *suspended = Some(run.suspend());
        }
        polled
    }
}

impl<P: Compiled, H: OwnHooks> Drop for Owned<P, H> {
    fn drop(&mut self) {
        if let Some(suspended) = self.suspended.take() {
            drop(Run::resume(&self.policy, self.hooks.hooks(), suspended));
        }
    }
}

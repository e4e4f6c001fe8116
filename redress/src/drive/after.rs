use std::pin::Pin;
use std::task::{Context, Poll};

use super::hooks::Hooks;
use super::run::Run;

/// What follows an async attempt that has failed.
pub(super) enum Settled {
    /// The call is over.
    Return,
    /// Run the operation again.
    Again,
    /// Wait first.
    Pause,
}

/// What follows an async attempt, for its owner. `K` is what the attempt returned, for the case that
/// the call ends in its pause; nothing where that is kept elsewhere.
#[derive(Debug)]
pub enum After<T, K = T> {
    /// The call is over.
    Ended(T),
    /// Run the operation again.
    Again,
    /// Wait first.
    Paused(K),
}

/// Waits until an async call may go on. True if it is over instead.
///
/// It holds nothing of what was returned: a type without parameters of the user's, and with nothing
/// to drop, is what costs the compiler least to look through.
pub struct Pause<'r, 'p, H: Hooks> {
    pub(super) run: &'r mut Run<'p, H>,
}

impl<H: Hooks> Future for Pause<'_, '_, H> {
    type Output = bool;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.run.poll_pause(cx).map(|resumed| resumed.is_err())
    }
}

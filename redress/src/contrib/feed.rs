//! A call as a source of items: it is a session whose attempts hand them out, each from where the one before
//! was lost.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::Error;

/// Knows where the next attempt begins.
pub(super) trait Cursor<T> {
    /// Moves behind an item, which is yielded now.
    fn pass(&mut self, item: &T);
}

/// The place through which an attempt, deep in the call, hands an item to the feed.
pub(super) struct Slot<T, K> {
    item: Option<T>,
    pub(super) cursor: K,
}

pub(super) type Shared<T, K> = Arc<Mutex<Slot<T, K>>>;

impl<T, K> Slot<T, K> {
    pub(super) fn new(cursor: K) -> Shared<T, K> {
        Arc::new(Mutex::new(Self { item: None, cursor }))
    }
}

/// A panic with the lock held, in a function of the user's, leaves the slot whole.
pub(super) fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives an item to the feed. Ends when the one after it is asked for.
pub(super) async fn hand_over<T, K: Cursor<T>>(slot: &Mutex<Slot<T, K>>, item: T) {
    let mut item = Some(item);
    poll_fn(|_| poll_taken(&mut lock(slot), &mut item)).await;
}

/// Is pending until the item is taken. Whoever takes it polls again when the next one is asked for, so no
/// waker is kept.
fn poll_taken<T, K: Cursor<T>>(slot: &mut Slot<T, K>, next: &mut Option<T>) -> Poll<()> {
    if slot.item.is_some() {
        return Poll::Pending;
    }
    let Some(item) = next.take() else {
        return Poll::Ready(());
    };
    // It is yielded by this very poll, also if the session is cut off before that ends.
    slot.cursor.pass(&item);
    slot.item = Some(item);
    Poll::Pending
}

pin_project! {
    /// Polls the call, and takes what it leaves in the slot.
    pub(super) struct Feed<F, T, K, E> {
        #[pin]
        call: F,
        slot: Shared<T, K>,
        stopped: Stopped<E>,
    }
}

/// Whether the call has ended, with an error that is still to be yielded.
enum Stopped<E> {
    No,
    By(Option<Error<E>>),
}

impl<F, T, K, E> Feed<F, T, K, E> {
    pub(super) const fn new(call: F, slot: Shared<T, K>) -> Self {
        Self {
            call,
            slot,
            stopped: Stopped::No,
        }
    }

    #[cfg(feature = "reqwest-0_13")]
    pub(super) fn cursor<V>(&self, see: impl FnOnce(&K) -> V) -> V {
        see(&lock(&self.slot).cursor)
    }

    /// Returns the next item; none after the error of a call that has stopped, or after its success.
    pub(super) fn poll_item(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<T, Error<E>>>>
    where
        F: Future,
        F::Output: Into<Option<Error<E>>>,
    {
        let this = self.project();
        if matches!(this.stopped, Stopped::No)
            && let Poll::Ready(end) = this.call.poll(cx)
        {
            *this.stopped = Stopped::By(end.into());
        }
        let item = lock(this.slot).item.take();
        match (item, this.stopped) {
            (Some(item), _) => Poll::Ready(Some(Ok(item))),
            (None, Stopped::No) => Poll::Pending,
            (None, Stopped::By(error)) => Poll::Ready(error.take().map(Err)),
        }
    }
}

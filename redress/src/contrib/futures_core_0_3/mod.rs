//! Streams of [`futures-core`](::futures_core_0_3) 0.3, which tokio-stream, futures-util and async-stream
//! make and take. Feature `futures-core-0_3`.
//!
//! It adds [`Policy::stream`] and [`CallContext::stream`]: a subscription that goes on where it was, however
//! often its connection is lost.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use ::futures_core_0_3::Stream;

use super::feed::{Cursor, Feed, Shared, Slot, hand_over, lock};
use crate::classify::Classifier;
use crate::drive::Session;
use crate::error::Error;
use crate::policy::{CallContext, Policy};

impl<C, R> Policy<C, R> {
    /// Makes one stream of many subscriptions: [sessions](Self::session) that hand on items, each of which
    /// begins where the one before was lost. Feature `futures-core-0_3`.
    ///
    /// `connect` is given the cursor of the last item, or `from` where there was none yet, and makes the
    /// stream of what comes after it. `cursor` says what an item's cursor is: its id, its offset.
    ///
    /// **Each item is yielded once** if a subscription has what comes after its cursor, in order: an item
    /// moves the cursor when it is yielded. It counts as handled, which is
    /// [progress](Session::progress), when the next one is asked for. A program that crashes between has
    /// handled it or not, as always; one that must know stores the cursor with what the item has done, and
    /// begins `from` there.
    ///
    /// An error of a subscription, or its end, leads to the next one as [`session`](Self::session) says.
    /// [`stall_timeout`](crate::PolicyBuilder::stall_timeout) counts while the subscription is waited for, and
    /// not while the consumer is busy.
    ///
    /// # Errors
    ///
    /// The stream ends with one error, which says why it has stopped for good.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Waiting for the next item may be dropped at any time: nothing is lost. Dropping the stream drops the
    /// subscription.
    ///
    /// ```
    /// # extern crate futures_core_0_3 as futures_core; // as users name it
    /// use std::pin::{Pin, pin};
    /// use std::task::{Context, Poll};
    /// use futures_core::Stream;
    /// use redress::{Policy, testing::VirtualClock};
    ///
    /// /// A subscription that is lost after three items. In a program: lines of a socket, a WebSocket.
    /// struct Numbers { next: u32, left: u32 }
    ///
    /// impl Stream for Numbers {
    ///     type Item = std::io::Result<u32>;
    ///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    ///         if self.left == 0 {
    ///             return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())));
    ///         }
    ///         (self.next, self.left) = (self.next + 1, self.left - 1);
    ///         Poll::Ready(Some(Ok(self.next)))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = Policy::sessions().clock(VirtualClock::new()).build().unwrap();
    /// let subscribe = |last| async move { Ok(Numbers { next: last, left: 3 }) };
    /// let mut numbers = pin!(policy.stream(0, |number| *number, subscribe));
    /// for expected in 1..=10 {
    ///     let number = std::future::poll_fn(|cx| numbers.as_mut().poll_next(cx)).await;
    ///     assert_eq!(number.unwrap().unwrap(), expected);
    /// }
    /// # }
    /// ```
    pub fn stream<K, T, E, S, F>(
        &self,
        from: K,
        cursor: impl FnMut(&T) -> K,
        mut connect: impl FnMut(K) -> F,
    ) -> impl Stream<Item = Result<T, Error<E>>>
    where
        K: Clone,
        C: Classifier<E>,
        F: Future<Output = Result<S, E>>,
        S: Stream<Item = Result<T, E>>,
    {
        let slot = Slot::new(Next { from, cursor });
        let filled = Arc::clone(&slot);
        let call = self.session(move |session| {
            let from = lock(&filled).cursor.from.clone();
            forward(session, Arc::clone(&filled), connect(from))
        });
        Feed::new(call, slot)
    }
}

impl<C, R, M> CallContext<'_, C, R, M> {
    /// Makes one stream of many subscriptions: see [`Policy::stream`].
    ///
    /// # Errors
    ///
    /// As [`Policy::stream`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::stream`].
    ///
    /// ```
    /// # extern crate futures_core_0_3 as futures_core; // as users name it
    /// use std::pin::{Pin, pin};
    /// use std::task::{Context, Poll};
    /// use futures_core::Stream;
    /// use redress::{Policy, StopReason};
    ///
    /// /// A subscription that never yields anything. In a program: lines of a socket, a WebSocket.
    /// struct Silent;
    ///
    /// impl Stream for Silent {
    ///     type Item = std::io::Result<u32>;
    ///     fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    ///         Poll::Pending
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redress::ConfigError> {
    /// let policy = Policy::sessions().build()?;
    /// let shutdown = async || (); // such as a signal
    /// let context = policy.context().operation("numbers").abort_on(shutdown);
    /// let mut numbers = pin!(context.stream(0, |number| *number, |_| async { Ok(Silent) }));
    /// let end = std::future::poll_fn(|cx| numbers.as_mut().poll_next(cx)).await;
    /// assert_eq!(end.unwrap().unwrap_err().stop_reason(), StopReason::Aborted);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<K, T, E, S, F>(
        &self,
        from: K,
        cursor: impl FnMut(&T) -> K,
        mut connect: impl FnMut(K) -> F,
    ) -> impl Stream<Item = Result<T, Error<E>>>
    where
        K: Clone,
        C: Classifier<E>,
        F: Future<Output = Result<S, E>>,
        S: Stream<Item = Result<T, E>>,
    {
        let slot = Slot::new(Next { from, cursor });
        let filled = Arc::clone(&slot);
        let call = self.session(move |session| {
            let from = lock(&filled).cursor.from.clone();
            forward(session, Arc::clone(&filled), connect(from))
        });
        Feed::new(call, slot)
    }
}

/// Where the next subscription begins.
struct Next<K, M> {
    from: K,
    cursor: M,
}

impl<T, K, M: FnMut(&T) -> K> Cursor<T> for Next<K, M> {
    fn pass(&mut self, item: &T) {
        self.from = (self.cursor)(item);
    }
}

/// One session: hands on what a subscription yields.
async fn forward<K, T, E, S, F>(
    session: Session,
    slot: Shared<T, K>,
    connecting: F,
) -> Result<(), E>
where
    F: Future<Output = Result<S, E>>,
    S: Stream<Item = Result<T, E>>,
    K: Cursor<T>,
{
    let mut items = pin!(connecting.await?);
    while let Some(item) = session
        .expect(poll_fn(|cx| items.as_mut().poll_next(cx)))
        .await
    {
        hand_over(&slot, item?).await;
        session.progress();
    }
    Ok(())
}

impl<F, T, K, E> Stream for Feed<F, T, K, E>
where
    F: Future<Output = Error<E>>,
{
    type Item = Result<T, Error<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

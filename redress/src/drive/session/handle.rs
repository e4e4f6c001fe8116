use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Beat;

/// The side of a session that its own attempt has: it says what only the attempt knows. See
/// [`Policy::session`](crate::Policy::session).
///
/// A clone is cheap, may go to another task, and speaks for the attempt that it was given to: once
/// that is over, it says nothing any more.
///
/// ```
/// use std::time::Duration;
/// use redress::{Policy, StopReason, testing::VirtualClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let policy = Policy::sessions().max_attempts(3).clock(VirtualClock::new()).build().unwrap();
/// let mut items = 4;
/// let ended = policy
///     .session(|session| {
///         items -= 1;
///         if items > 0 {
///             session.progress(); // it has handled something: what failed before is forgotten
///         }
///         async { Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) }
///     })
///     .await;
/// assert_eq!(ended.stop_reason(), StopReason::MaxAttemptsGlobal);
/// assert_eq!(items, -1); // three healthy sessions, of which the last counts as the first failure
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    beat: Arc<Beat>,
    connect: u32,
}

impl Session {
    pub(super) const fn new(beat: Arc<Beat>, connect: u32) -> Self {
        Self { beat, connect }
    }

    /// Returns the number of this connect, counted from 1 over the whole call, whatever health has made
    /// the call forget.
    #[must_use]
    pub const fn connect(&self) -> u32 {
        self.connect
    }

    /// Says that an item was handled: the session is healthy from now on, and not stalled.
    ///
    /// Say it after the item was handled, not when it was received: a session that always fails at the
    /// same item would else be healthy each time, and come back at once for ever.
    ///
    /// Costs about as much as an atomic increment. The call takes notice when the session's future next
    /// waits; progress in a task that the session has spawned is noticed at latest at the next limit of
    /// time, which it then moves.
    pub fn progress(&self) {
        self.beat.sign(self.connect, true);
    }

    /// Waits for `coming`, and says so: that is when
    /// [`stall_timeout`](crate::PolicyBuilder::stall_timeout) counts. Its time starts anew with each wait.
    ///
    /// Let it wait for what the other side should send, heartbeats included, and for nothing else:
    /// handling an item is silent, and may take as long as it likes. In a task that the session has spawned
    /// a stall is noticed after twice that time at latest.
    ///
    /// ```
    /// # use std::pin::Pin;
    /// # struct Socket;
    /// # impl Socket { async fn next(&mut self) -> Option<std::io::Result<u32>> { None } }
    /// # async fn handle(_item: u32) {}
    /// use redress::call::Session;
    ///
    /// async fn read(session: Session, mut socket: Socket) -> std::io::Result<()> {
    ///     while let Some(item) = session.expect(socket.next()).await {
    ///         handle(item?).await;
    ///         session.progress();
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of `coming`. What is dropped expects nothing any more.
    pub fn expect<F: IntoFuture>(&self, coming: F) -> Expect<F::IntoFuture> {
        Expect {
            coming: coming.into_future(),
            session: self.clone(),
            expecting: None,
        }
    }

    /// Says that something is expected until the returned guard is dropped: [`expect`](Self::expect) for
    /// what is not one future.
    ///
    /// ```
    /// # use redress::call::Session;
    /// async fn ask(session: Session) -> u32 {
    ///     let expecting = session.expecting();
    ///     let answer = async { 5 }.await;
    ///     drop(expecting);
    ///     answer
    /// }
    /// ```
    #[must_use = "nothing is expected any more when it is dropped"]
    pub fn expecting(&self) -> Expecting {
        self.beat.expect(self.connect);
        Expecting {
            session: self.clone(),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("connect", &self.connect)
            .finish_non_exhaustive()
    }
}

/// Says until it is dropped that a session expects something: see [`Session::expecting`].
#[derive(Debug)]
pub struct Expecting {
    session: Session,
}

impl Drop for Expecting {
    fn drop(&mut self) {
        let Session { beat, connect } = &self.session;
        beat.got(*connect);
    }
}

pin_project! {
    /// Waits for what a session expects: see [`Session::expect`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Expect<F> {
        #[pin]
        coming: F,
        session: Session,
        // Made by the first poll: what is not waited for yet is not expected.
        expecting: Option<Expecting>,
    }
}

impl<F: Future> Future for Expect<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let expecting = this.expecting;
        expecting.get_or_insert_with(|| this.session.expecting());
        let polled = this.coming.poll(cx);
        if polled.is_ready() {
            *expecting = None;
        }
        polled
    }
}

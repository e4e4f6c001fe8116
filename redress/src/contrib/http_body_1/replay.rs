//! A body that can be sent again as long as it is short.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use ::bytes_1::{Buf as _, Bytes};
use ::http_1::HeaderMap;
use ::http_body_1::{Body, Frame, SizeHint};

type BoxError = Box<dyn Error + Send + Sync>;
type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// What is sent instead of a body: it is recorded while it is sent, so that the next attempt can send it again.
///
/// One that is longer than the limit of its [layer](super::HttpRetryLayer::replay) is no longer recorded,
/// and streams on: its request is not sent again. One of which the length is known before, and too long, is never
/// recorded, and is sent again only if nothing of it was.
///
/// The body of an earlier attempt that is still being sent when the next one begins ends with an error: what
/// is left of the source goes to the newest.
///
/// The client inside of the layer is one of requests with this body:
///
/// ```
/// # extern crate http_1 as http; // as users name them
/// # extern crate tower_service_0_3 as tower_service;
/// use redress::contrib::http_body_1::ReplayBody;
///
/// fn takes<S: tower_service::Service<http::Request<ReplayBody<String>>>>(client: S) -> S {
///     client
/// }
/// ```
pub struct ReplayBody<B> {
    shared: Arc<Mutex<Shared<B>>>,
    /// Which of the copies this is.
    number: u64,
    /// How many of the recorded chunks it has given.
    given: usize,
    has_given_trailers: bool,
}

/// Chunks, of which the first, which is often the only one, needs no allocation.
#[derive(Default)]
struct Chunks {
    first: Option<Bytes>,
    others: Vec<Bytes>,
}

impl Chunks {
    fn push(&mut self, chunk: Bytes) {
        match &self.first {
            None => self.first = Some(chunk),
            Some(_) => self.others.push(chunk),
        }
    }

    fn get(&self, index: usize) -> Option<&Bytes> {
        match index.checked_sub(1) {
            None => self.first.as_ref(),
            Some(index) => self.others.get(index),
        }
    }

    fn len(&self) -> usize {
        let first = usize::from(self.first.is_some());
        self.others.len().saturating_add(first)
    }

    /// Returns the length of those from this one on.
    fn length_from(&self, start: usize) -> usize {
        let chunks = self.first.iter().chain(&self.others);
        let lengths = chunks.skip(start).map(Bytes::len);
        lengths.fold(0, usize::saturating_add)
    }
}

/// What all copies of a body have in common.
struct Shared<B> {
    source: B,
    /// The source has ended.
    is_over: bool,
    recorded: Chunks,
    trailers: Option<HeaderMap>,
    /// The length of what is recorded.
    length: usize,
    limit: usize,
    /// It is known to be longer than the limit.
    is_long: bool,
    /// A part of it was given and is not recorded, or the source has failed.
    is_spent: bool,
    /// It will be sent again: nothing may be given that is not recorded.
    is_reserved: bool,
    /// The number of the newest copy, the only one that is served.
    newest: u64,
    /// Who waits for the source.
    waits: Option<Waker>,
}

impl<B: Body> ReplayBody<B> {
    /// Creates the first one, which is sent if there are no copies.
    pub(in crate::contrib) fn new(source: B, limit: usize) -> Self {
        let least = usize::try_from(source.size_hint().lower()).unwrap_or(usize::MAX);
        let shared = Shared {
            source,
            is_over: false,
            recorded: Chunks::default(),
            trailers: None,
            length: 0,
            limit,
            is_long: least > limit,
            is_spent: false,
            is_reserved: false,
            newest: 0,
            waits: None,
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            number: 0,
            given: 0,
            has_given_trailers: false,
        }
    }

    /// Returns the body of another attempt, which takes the place of those before.
    pub(in crate::contrib) fn again(&self) -> Self {
        let mut shared = self.shared();
        shared.newest = shared.newest.saturating_add(1);
        shared.is_reserved = false;
        let (number, waits) = (shared.newest, shared.waits.take());
        drop(shared);
        // It finds that it is not the newest any more.
        if let Some(waker) = waits {
            waker.wake();
        }
        Self {
            shared: Arc::clone(&self.shared),
            number,
            given: 0,
            has_given_trailers: false,
        }
    }

    /// Returns `true` if it cannot be sent again. If it can, it stays so: an attempt that still sends it does not
    /// get beyond what is recorded.
    pub(in crate::contrib) fn is_spent(&self) -> bool {
        let mut shared = self.shared();
        shared.is_reserved = !shared.is_spent;
        shared.is_spent
    }
}

impl<B> ReplayBody<B> {
    /// Shows the source.
    #[cfg(feature = "tonic-0_14")]
    pub(in crate::contrib) fn with_source<T>(&self, see: impl FnOnce(&B) -> T) -> T {
        see(&self.shared().source)
    }

    fn shared(&self) -> MutexGuard<'_, Shared<B>> {
        // A source that has panicked is the caller's.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Body for ReplayBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = self.get_mut();
        // Nothing sends it again if there is no other.
        let is_last = Arc::strong_count(&this.shared) == 1;
        let mut shared = this.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.newest != this.number {
            return Poll::Ready(Some(Err(SentAnew.into())));
        }
        if let Some(chunk) = shared.recorded.get(this.given) {
            this.given = this.given.saturating_add(1);
            return Poll::Ready(Some(Ok(Frame::data(chunk.clone()))));
        }
        if shared.is_over {
            if std::mem::replace(&mut this.has_given_trailers, true) {
                return Poll::Ready(None);
            }
            return Poll::Ready(shared.trailers.clone().map(|t| Ok(Frame::trailers(t))));
        }
        if is_last {
            shared.stop_recording();
        }
        let frame = ready!(shared.poll_source(cx));
        this.given = shared.recorded.len();
        this.has_given_trailers |= shared.is_over;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let shared = self.shared();
        if shared.newest != self.number || self.given < shared.recorded.len() {
            return false;
        }
        if shared.is_over {
            self.has_given_trailers || shared.trailers.is_none()
        } else {
            shared.source.is_end_stream()
        }
    }

    fn size_hint(&self) -> SizeHint {
        let shared = self.shared();
        if shared.newest != self.number {
            return SizeHint::default();
        }
        let again = shared.recorded.length_from(self.given);
        let again = u64::try_from(again).unwrap_or(u64::MAX);
        let rest = if shared.is_over {
            SizeHint::with_exact(0)
        } else {
            shared.source.size_hint()
        };
        let mut hint = SizeHint::new();
        let upper = rest.upper().map(|upper| upper.saturating_add(again));
        hint.set_lower(rest.lower().saturating_add(again));
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint
    }
}

impl<B> Shared<B> {
    /// Forgets what all that are served have given.
    fn stop_recording(&mut self) {
        self.is_long = true;
        self.is_reserved = false;
        self.recorded = Chunks::default();
        self.length = 0;
    }
}

impl<B> Shared<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    /// Takes the next frame from the source, and records it as long as it is short.
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Polled {
        if self.is_reserved && (self.is_long || self.length >= self.limit) {
            return Poll::Ready(Some(Err(SentAnew.into())));
        }
        let frame = match Pin::new(&mut self.source).poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                self.waits = Some(cx.waker().clone());
                return Poll::Pending;
            }
        };
        let frame = match frame {
            None => {
                self.is_over = true;
                return Poll::Ready(None);
            }
            Some(Err(error)) => {
                self.is_spent = true;
                return Poll::Ready(Some(Err(error.into())));
            }
            Some(Ok(frame)) => frame,
        };
        Poll::Ready(match frame.into_data() {
            Ok(mut data) => {
                let chunk = data.copy_to_bytes(data.remaining());
                self.record(&chunk);
                Some(Ok(Frame::data(chunk)))
            }
            Err(frame) => frame.into_trailers().ok().map(|trailers| {
                // They are the last.
                self.is_over = true;
                self.trailers = Some(trailers.clone());
                Ok(Frame::trailers(trailers))
            }),
        })
    }

    fn record(&mut self, chunk: &Bytes) {
        if chunk.is_empty() {
            return;
        }
        let length = self.length.saturating_add(chunk.len());
        // What is reserved is kept whole, by at most one chunk more.
        if self.is_long || (length > self.limit && !self.is_reserved) {
            self.stop_recording();
            self.is_spent = true;
        } else {
            self.length = length;
            self.recorded.push(chunk.clone());
        }
    }
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody").finish_non_exhaustive()
    }
}

/// The body of an attempt that has failed, and is sent by another one.
#[derive(Debug)]
struct SentAnew;

impl fmt::Display for SentAnew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this attempt has ended, and its body is sent by the next one")
    }
}

impl Error for SentAnew {}

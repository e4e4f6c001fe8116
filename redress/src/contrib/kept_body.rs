use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::bytes_1::Bytes;
#[cfg(feature = "http-body-1")]
use ::http_1::HeaderMap;
use ::http_body_1::{Body, Frame, SizeHint};

/// The body of a failed response, as much of it as was kept. It ends with an error where some is missing:
/// no reader takes a part for the whole.
pub(super) struct KeptBody {
    kept: Option<Bytes>,
    whole: bool,
    #[cfg(feature = "http-body-1")]
    trailers: Option<HeaderMap>,
}

impl KeptBody {
    pub(super) fn new(kept: Vec<u8>, whole: bool) -> Self {
        let kept = Some(kept).filter(|kept| !kept.is_empty()).map(Bytes::from);
        Self {
            kept,
            whole,
            #[cfg(feature = "http-body-1")]
            trailers: None,
        }
    }

    /// Adds what stands behind the body.
    #[cfg(feature = "http-body-1")]
    pub(super) fn with_trailers(mut self, trailers: Option<HeaderMap>) -> Self {
        self.trailers = trailers;
        self
    }
}

impl Body for KeptBody {
    type Data = Bytes;
    type Error = NotKept;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NotKept>>> {
        if let Some(kept) = self.kept.take() {
            return Poll::Ready(Some(Ok(Frame::data(kept))));
        }
        #[cfg(feature = "http-body-1")]
        if self.whole
            && let Some(trailers) = self.trailers.take()
        {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        // Said once.
        let whole = std::mem::replace(&mut self.whole, true);
        Poll::Ready((!whole).then_some(Err(NotKept)))
    }

    fn is_end_stream(&self) -> bool {
        #[cfg(feature = "http-body-1")]
        if self.trailers.is_some() {
            return false;
        }
        self.whole && self.kept.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let kept = self.kept.as_ref().map_or(0, Bytes::len);
        let kept = u64::try_from(kept).unwrap_or(u64::MAX);
        if self.whole {
            return SizeHint::with_exact(kept);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(kept);
        hint
    }
}

/// The rest of a failed response was given up, for its connection.
#[derive(Debug)]
pub(super) struct NotKept;

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rest of this failed response was not kept: it is long, slow, or was cut")
    }
}

impl std::error::Error for NotKept {}

//! The body of a request, read before its handler runs.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::axum_0_8::Error;
use ::axum_0_8::body::{Body, Bytes};
use ::http_body_1::{Body as HttpBody, Frame, SizeHint};

/// A body that was read up to a limit.
pub(super) enum Buffered {
    /// All of it.
    Whole(Bytes),
    /// It is longer, has trailers or has failed: it can be read once, as if nothing had been read of it.
    Once(Body),
}

impl Buffered {
    /// Reads a body. What is known to be too long is not read at all.
    pub(super) async fn read(mut body: Body, limit: usize) -> Self {
        if body.is_end_stream() {
            return Self::Whole(Bytes::new());
        }
        if usize::try_from(body.size_hint().lower()).map_or(true, |least| least > limit) {
            return Self::Once(body);
        }
        let mut read = Read::default();
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            let next = match frame {
                None => return Self::Whole(read.into_bytes()),
                Some(Err(error)) => Err(error),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if read.length().saturating_add(data.len()) <= limit => {
                        read.push(data);
                        continue;
                    }
                    Ok(data) => Ok(Frame::data(data)),
                    Err(trailers) => Ok(trailers),
                },
            };
            let rest = Rest {
                read: read.into_bytes(),
                next: Some(next),
                body,
            };
            return Self::Once(Body::new(rest));
        }
    }
}

/// What was read of a body. Most bodies come in one chunk, which is not copied; many small ones, or empty ones,
/// take no more memory than their bytes.
#[derive(Default)]
struct Read {
    only: Bytes,
    joined: Vec<u8>,
}

impl Read {
    fn length(&self) -> usize {
        self.only.len().saturating_add(self.joined.len())
    }

    fn push(&mut self, data: Bytes) {
        if data.is_empty() {
            return;
        }
        if self.length() == 0 {
            self.only = data;
            return;
        }
        let only = std::mem::take(&mut self.only);
        self.joined.extend_from_slice(&only);
        self.joined.extend_from_slice(&data);
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.only
        } else {
            self.joined.into()
        }
    }
}

/// What was read of a body, and then its rest.
struct Rest {
    read: Bytes,
    next: Option<Result<Frame<Bytes>, Error>>,
    body: Body,
}

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.read.is_empty() {
            let data = std::mem::take(&mut self.read);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.next.take() {
            Some(next) => Poll::Ready(Some(next)),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.next.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let next = match &self.next {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        let read = self.read.len().saturating_add(next);
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint
    }
}

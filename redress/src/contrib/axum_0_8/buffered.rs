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
        let mut read = Vec::new();
        let mut length = 0_usize;
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            let next = match frame {
                None => return Self::Whole(joined(read)),
                Some(Err(error)) => Err(error),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        length = length.saturating_add(data.len());
                        if length <= limit {
                            read.push(data);
                            continue;
                        }
                        Ok(Frame::data(data))
                    }
                    Err(trailers) => Ok(trailers),
                },
            };
            let rest = Rest {
                read: read.into_iter(),
                next: Some(next),
                body,
            };
            return Self::Once(Body::new(rest));
        }
    }
}

fn joined(mut read: Vec<Bytes>) -> Bytes {
    match read.len() {
        // Most bodies are, and are not copied.
        0 | 1 => read.pop().unwrap_or_default(),
        _ => read.concat().into(),
    }
}

/// What was read of a body, and then its rest.
struct Rest {
    read: std::vec::IntoIter<Bytes>,
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
        if let Some(data) = self.read.next() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.next.take() {
            Some(next) => Poll::Ready(Some(next)),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.len() == 0 && self.next.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.as_slice().iter().map(Bytes::len);
        let next = match &self.next {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        let read = read.fold(next, usize::saturating_add);
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

//! The layer for clients of HTTP: which requests it sends again, and with what body.

mod clients;
mod replay;
mod told;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty};
use redress::Policy;
use redress::strategies::instant;

const LIMIT: usize = 64 * 1024;

fn policy(attempts: u32) -> Policy {
    let policy = Policy::builder().strategy(instant());
    policy.max_attempts(attempts).build().unwrap()
}

/// A body of these chunks and trailers, whose length is known or not.
#[derive(Default)]
struct Chunks {
    chunks: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    fails: bool,
    hint: SizeHint,
}

impl Chunks {
    fn new(chunks: impl IntoIterator<Item = Bytes>) -> Self {
        let chunks = chunks.into_iter().collect();
        Self {
            chunks,
            ..Self::default()
        }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(chunk) = self.chunks.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if std::mem::take(&mut self.fails) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        Poll::Ready(self.trailers.take().map(|t| Ok(Frame::trailers(t))))
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// Bytes that count themselves.
struct Counted(Arc<AtomicUsize>, Vec<u8>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn counted(alive: &Arc<AtomicUsize>, length: usize) -> Bytes {
    alive.fetch_add(1, SeqCst);
    Bytes::from_owner(Counted(Arc::clone(alive), vec![b'a'; length]))
}

fn put<B>(body: B) -> Request<B> {
    Request::put("http://localhost/").body(body).unwrap()
}

fn status(status: u16) -> Result<Response<Empty<Bytes>>, io::Error> {
    Ok(Response::builder()
        .status(status)
        .body(Empty::new())
        .unwrap())
}

async fn whole<B: Body<Data = Bytes> + Unpin>(body: B) -> (Vec<u8>, Option<HeaderMap>)
where
    B::Error: std::fmt::Debug,
{
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    (body.to_bytes().to_vec(), trailers)
}

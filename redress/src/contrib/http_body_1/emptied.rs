//! Empties failed responses, so that their connections can be used again.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::bytes_1::{Buf as _, Bytes};
use ::http_1::{HeaderMap, Response, response::Parts};
use ::http_body_1::{Body, Frame, SizeHint};
use ::tower_service_0_3::Service;
use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::contrib::http_1;
use crate::contrib::kept_body::KeptBody;
use crate::defaults;

type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// The body of a response. That of a failed one has been read before: at most 64 KiB of it, for at most a
    /// second. If there was more, it ends with an error.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name them
    /// # extern crate http_body_1 as http_body;
    /// use http_body::Body;
    /// use redress::contrib::http_body_1::ResponseBody;
    ///
    /// fn length<B: Body>(response: &http::Response<ResponseBody<B>>) -> Option<u64>
    /// where
    ///     B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    /// {
    ///     response.body().size_hint().exact()
    /// }
    /// ```
    pub struct ResponseBody<B> {
        #[pin]
        body: Inner<B>,
    }
}

pin_project! {
    #[project = InnerProj]
    enum Inner<B> {
        Live { #[pin] body: B },
        Kept { kept: KeptBody },
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().body.project() {
            InnerProj::Live { body } => {
                let frame = ready!(body.poll_frame(cx));
                Poll::Ready(frame.map(|frame| Ok(frame.map_err(Into::into)?.map_data(all))))
            }
            InnerProj::Kept { kept } => {
                let frame = ready!(Pin::new(kept).poll_frame(cx));
                Poll::Ready(frame.map(|frame| Ok(frame?)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Inner::Live { body } => body.is_end_stream(),
            Inner::Kept { kept } => kept.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Inner::Live { body } => body.size_hint(),
            Inner::Kept { kept } => kept.size_hint(),
        }
    }
}

/// Returns what is left of data. Those of hyper are not copied.
fn all(mut data: impl ::bytes_1::Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

/// A service whose failed responses hold no connection.
#[derive(Debug, Clone)]
pub(super) struct Emptying<S>(pub(super) S);

impl<S, Q, B> Service<Q> for Emptying<S>
where
    S: Service<Q, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = EmptyingFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        EmptyingFuture::Asking {
            response: self.0.call(request),
        }
    }
}

pin_project! {
    #[project = EmptyingProj]
    pub(super) enum EmptyingFuture<F, B> {
        Asking { #[pin] response: F },
        Reading { head: Option<Parts>, #[pin] body: B, #[pin] limit: Sleep, kept: Kept },
        Over,
    }
}

/// What has been read of a failed response.
#[derive(Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl Kept {
    /// Reads the body on. Returns whether it was read to its end.
    fn poll_read<B: Body>(&mut self, mut body: Pin<&mut B>, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            let frame = match ready!(body.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(true),
                Some(Err(_)) => return Poll::Ready(false),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(data) => {
                    let room = defaults::HTTP_KEPT_BODY.saturating_sub(self.bytes.len());
                    let is_more = data.remaining() > room;
                    let mut start = data.take(room);
                    while start.has_remaining() {
                        let chunk = start.chunk();
                        self.bytes.extend_from_slice(chunk);
                        let length = chunk.len();
                        start.advance(length);
                    }
                    if is_more {
                        return Poll::Ready(false);
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }
}

impl<F, B, E> Future for EmptyingFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                EmptyingProj::Asking { response } => {
                    let response = match ready!(response.poll(cx)) {
                        Ok(response) => response,
                        Err(error) => return Poll::Ready(Err(error)),
                    };
                    let failed = http_1::response(response.status(), response.headers());
                    if failed.is_none() {
                        self.set(Self::Over);
                        let live = |body| ResponseBody {
                            body: Inner::Live { body },
                        };
                        return Poll::Ready(Ok(response.map(live)));
                    }
                    let (head, body) = response.into_parts();
                    self.set(Self::Reading {
                        head: Some(head),
                        body,
                        limit: tokio::time::sleep(defaults::HTTP_EMPTYING),
                        kept: Kept::default(),
                    });
                }
                EmptyingProj::Reading {
                    head,
                    body,
                    limit,
                    kept,
                } => {
                    let is_whole = match kept.poll_read(body, cx) {
                        Poll::Ready(is_whole) => is_whole,
                        Poll::Pending => {
                            ready!(limit.poll(cx));
                            false
                        }
                    };
                    let (head, kept) = (head.take(), std::mem::take(kept));
                    self.set(Self::Over);
                    let Some(head) = head else { continue };
                    let kept = KeptBody::new(kept.bytes, is_whole).with_trailers(kept.trailers);
                    let body = Inner::Kept { kept };
                    return Poll::Ready(Ok(Response::from_parts(head, ResponseBody { body })));
                }
                EmptyingProj::Over => return Poll::Pending,
            }
        }
    }
}

impl<B> std::fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

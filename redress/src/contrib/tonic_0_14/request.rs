//! Requests that can be sent again.

use std::array;
use std::borrow::Cow;
use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::bytes_1::Bytes;
use ::http_1::request::Parts;
use ::http_1::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use ::http_body_1::{Frame, SizeHint};
use ::tonic_0_14::body::Body;
use ::tonic_0_14::{GrpcMethod, Status};
use tokio::time::Instant;

use super::methods::{Idempotent, operation};
use crate::classify::Classification;
use crate::contrib::http_1;
use crate::contrib::http_body_1::ReplayBody;
use crate::contrib::tower_service_0_3::CopyRequest;
use crate::deadline::{grpc_timeout, parse_grpc_timeout};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const PREVIOUS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// How much less must be left than a request says for it to be told.
const NOTABLE: Duration = Duration::from_millis(1);

/// Returns the time that a request has of its own.
pub(super) fn timeout(headers: &HeaderMap) -> Option<Duration> {
    parse_grpc_timeout(headers.get(GRPC_TIMEOUT)?.to_str().ok()?)
}

/// A request of a call or, as its copy, of one attempt.
pub(super) struct Kept {
    /// What the next attempt is sent with: the first takes that of the caller.
    parts: Cell<Option<Parts>>,
    body: ReplayBody<Call>,
    until: Option<Instant>,
    /// How many attempts there were.
    attempts: Cell<u32>,
    /// How many of them the server has not seen.
    unseen: Cell<u32>,
}

impl Kept {
    /// Keeps a request, of which up to so many bytes are recorded if it may be sent `again`.
    pub(super) fn new(request: Request<Body>, limit: usize, again: bool) -> Self {
        let (parts, body) = request.into_parts();
        let head = again.then(|| Head::of(&parts));
        let until = timeout(&parts.headers).and_then(|left| Instant::now().checked_add(left));
        Self {
            parts: Cell::new(Some(parts)),
            body: ReplayBody::new(Call { body, head }, limit),
            until,
            attempts: Cell::new(0),
            unseen: Cell::new(0),
        }
    }

    /// Returns by when the call is over.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(super) fn into_request(self) -> Request<Body> {
        let mut request = Request::new(Body::new(self.body));
        if let Some(parts) = self.parts.into_inner() {
            let body = std::mem::take(request.body_mut());
            request = Request::from_parts(parts, body);
        }
        request
    }
}

/// The source of a body, and beside it what its request is made of anew.
struct Call {
    body: Body,
    head: Option<Head>,
}

impl ::http_body_1::Body for Call {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a request is made of anew. It lies beside the body: nothing else is allocated for what most requests
/// have.
struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    extensions: Inserted,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation of each call"
)]
enum Headers {
    Few([Option<(HeaderName, HeaderValue)>; 6]),
    Many(HeaderMap),
}

enum Inserted {
    /// What generated clients insert.
    Method(GrpcMethod<'static>),
    Any(Extensions),
}

impl Head {
    fn of(parts: &Parts) -> Self {
        let given = &parts.headers;
        let mut few: [_; 6] = array::from_fn(|_| None);
        let headers = if given.len() <= few.len() {
            for (place, (name, value)) in few.iter_mut().zip(given) {
                *place = Some((name.clone(), value.clone()));
            }
            Headers::Few(few)
        } else {
            Headers::Many(given.clone())
        };
        let extensions = match parts.extensions.get::<GrpcMethod<'static>>() {
            Some(method) if parts.extensions.len() == 1 => Inserted::Method(method.clone()),
            _ => Inserted::Any(parts.extensions.clone()),
        };
        Self {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            version: parts.version,
            headers,
            extensions,
        }
    }

    fn parts(&self) -> Parts {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.method.clone();
        parts.uri = self.uri.clone();
        parts.version = self.version;
        match &self.headers {
            Headers::Few(few) => {
                for (name, value) in few.iter().flatten() {
                    parts.headers.append(name.clone(), value.clone());
                }
            }
            Headers::Many(all) => parts.headers = all.clone(),
        }
        match &self.extensions {
            Inserted::Method(method) => {
                parts.extensions.insert(method.clone());
            }
            Inserted::Any(all) => parts.extensions = all.clone(),
        }
        parts
    }
}

/// Copies requests of gRPC.
#[derive(Debug, Clone)]
pub(super) struct Copies(pub(super) Arc<Idempotent>);

impl Copies {
    fn see_path<T>(kept: &Kept, see: impl FnOnce(&str) -> T) -> Option<T> {
        let parts = kept.parts.take()?;
        let seen = see(parts.uri.path());
        kept.parts.set(Some(parts));
        Some(seen)
    }
}

impl CopyRequest<Kept> for Copies {
    fn copy(&self, kept: &Kept) -> Option<Kept> {
        let anew = || {
            kept.body
                .with_source(|call| Some(call.head.as_ref()?.parts()))
        };
        let parts = kept.parts.take().or_else(anew)?;
        let attempts = kept.attempts.get();
        let seen = attempts.saturating_sub(kept.unseen.get());
        kept.attempts.set(attempts.saturating_add(1));
        Some(Kept {
            parts: Cell::new(Some(parts)),
            body: kept.body.again(),
            until: kept.until,
            attempts: Cell::new(seen),
            unseen: Cell::new(0),
        })
    }

    fn may_repeat(&self, kept: &Kept) -> bool {
        Self::see_path(kept, |path| self.0.has(path)) == Some(true)
    }

    fn prepare(&self, kept: &mut Kept, left: Option<Duration>) {
        let (previous, until) = (kept.attempts.get(), kept.until);
        let Some(parts) = kept.parts.get_mut() else {
            return;
        };
        let headers = &mut parts.headers;
        if previous > 0 {
            headers.insert(PREVIOUS, HeaderValue::from(previous));
        }
        http_1::send_on(headers, None);
        let Some(given) = timeout(headers) else {
            return;
        };
        let own = until.map(|until| until.saturating_duration_since(Instant::now()));
        let Some(left) = own.into_iter().chain(left).min() else {
            return;
        };
        if left.saturating_add(NOTABLE) <= given {
            // The grammar has no zero.
            let text = grpc_timeout(left.max(Duration::from_nanos(1)));
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(GRPC_TIMEOUT, value);
            }
        }
    }

    fn last_word(&self, kept: &Kept, said: Classification) -> Classification {
        // What the server asks for, it has seen, also where it may be sent again.
        if said.is_unsent() && said.retry_after_hint().is_none() {
            kept.unseen.set(kept.unseen.get().saturating_add(1));
        }
        if said.is_retry_forbidden() {
            return said;
        }
        let is_over = kept.until.is_some_and(|until| Instant::now() >= until);
        if is_over || kept.body.is_spent() {
            said.no_retry()
        } else {
            said
        }
    }

    fn operation(&self, kept: &Kept) -> Option<Cow<'static, str>> {
        Some(Self::see_path(kept, operation)??.into())
    }
}

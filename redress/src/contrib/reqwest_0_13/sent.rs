//! What the async and the blocking client have in common: the rule of what is sent again, and a name.

use std::borrow::Cow;

use ::http_1::{HeaderMap, Method};
use ::reqwest_0_13::{Request, Url};

use super::Failure;
use crate::classify::Classification;
use crate::contrib::http_1;
use crate::policy::CallContext;

/// A request of either.
pub(super) trait Sent: Sized {
    fn method(&self) -> &Method;
    fn headers(&self) -> &HeaderMap;
    fn url(&self) -> &Url;
    /// Returns the request again, unless its body can be sent once only.
    fn again(&self) -> Option<Self>;
    /// Returns `true` if its body is not in memory.
    fn has_stream(&self) -> bool;
}

macro_rules! sent {
    ($Request:ty) => {
        impl Sent for $Request {
            fn method(&self) -> &Method {
                self.method()
            }
            fn headers(&self) -> &HeaderMap {
                self.headers()
            }
            fn url(&self) -> &Url {
                self.url()
            }
            fn again(&self) -> Option<Self> {
                self.try_clone()
            }
            fn has_stream(&self) -> bool {
                self.body().is_some_and(|body| body.as_bytes().is_none())
            }
        }
    };
}

sent!(Request);
#[cfg(feature = "reqwest-0_13-blocking")]
sent!(::reqwest_0_13::blocking::Request);

/// Names the call of a request, and says whether it may be repeated.
pub(super) fn settle<'a, C, R, M>(
    context: &mut CallContext<'a, C, R, M>,
    operation: Option<Cow<'a, str>>,
    idempotent: bool,
    request: &impl Sent,
) {
    context.name(operation, || {
        // Without what makes each request different.
        let host = request.url().host_str().unwrap_or_default();
        format!("{} {host}", request.method())
    });
    if !idempotent && !http_1::may_repeat(request.method(), request.headers()) {
        context.set_once();
    }
}

/// Has the last word on a failure, with what is known of its request.
pub(super) fn last_word(failure: &Failure, said: Classification) -> Classification {
    // Whatever a classifier says of them.
    if failure.is_body_spent() {
        said.no_retry()
    } else if failure.may_follow() {
        said.unsent()
    } else {
        said
    }
}

/// The requests of the attempts.
pub(super) struct Next<Q> {
    request: Option<Q>,
    again: bool,
}

impl<Q: Sent> Next<Q> {
    pub(super) fn new(request: Q, again: bool) -> Self {
        let request = Some(request);
        Self { request, again }
    }

    /// Returns the next request, and `true` with it if no other can follow because its body cannot be sent
    /// again.
    #[inline]
    pub(super) fn request(&mut self) -> Result<(Q, bool), Failure> {
        let copy = match &self.request {
            Some(request) if self.again => request.again(),
            _ => None,
        };
        if let Some(copy) = copy {
            return Ok((copy, false));
        }
        match self.request.take() {
            Some(request) => {
                let spent = request.has_stream();
                Ok((request, spent))
            }
            // The rule has ended the call before.
            None => Err(Failure::of_reading(
                "the request was sent, and its body is gone",
            )),
        }
    }
}

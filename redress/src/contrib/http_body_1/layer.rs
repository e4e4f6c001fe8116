use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http_1::{Request, Response};
use ::http_body_1::Body;
use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;
use pin_project_lite::pin_project;

use super::emptied::{Emptying, ResponseBody};
use super::replay::ReplayBody;
use crate::classify::{AnyValue, Classification, Classifier, DefaultClassifier, ResultClassifier};
use crate::contrib::http_1;
use crate::contrib::tower_service_0_3::{CopyRequest, ResponseFuture, Retry, RetryLayer};
use crate::defaults;
use crate::error::Error;
use crate::policy::{Policy, SharedErrors, ValuesOr};

/// Makes clients of HTTP that repeat requests as a policy says: a layer for any service of
/// [`Request`]s, such as hyper-util's client.
///
/// See [the page](super) for what is sent again. A clone shares the policy.
///
/// ```
/// # use redress::Policy;
/// # use redress::contrib::http_body_1::HttpRetryLayer;
/// let layer = HttpRetryLayer::new(Policy::recommended()); // `layer.layer(client)`, or in a `ServiceBuilder`
/// # let _ = layer;
/// ```
pub struct HttpRetryLayer<C = DefaultClassifier, R = AnyValue> {
    policy: Policy<C, R>,
    limit: usize,
}

impl<C, R> HttpRetryLayer<C, R> {
    /// Creates a layer that records up to 64 KiB of a request's body.
    ///
    /// A response that the policy's result classifier does not take for a failure is judged by
    /// [`http_1::of_response`].
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::http_body_1::HttpRetryLayer;
    /// let layer = HttpRetryLayer::new(Policy::recommended());
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn new(policy: Policy<C, R>) -> Self {
        let limit = defaults::HTTP_REPLAYED_BODY;
        Self { policy, limit }
    }

    /// Records up to so many bytes of the body of each request, while it is sent. Default: 64 KiB.
    ///
    /// A longer body is sent once; with 0, each body that is not empty.
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::http_body_1::HttpRetryLayer;
    /// let layer = HttpRetryLayer::new(Policy::recommended()).replay(1024 * 1024);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn replay(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl<S, C, R> Layer<S> for HttpRetryLayer<C, R> {
    type Service = HttpRetry<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let policy = self.policy.or_values(Answers);
        let names = !self.policy.is_named();
        let layer = RetryLayer::copying(policy, Replayed { names });
        HttpRetry {
            inner: layer.layer(Emptying(inner)),
            limit: self.limit,
        }
    }
}

type Inner<S, C, R> = Retry<Emptying<S>, SharedErrors<C, R>, ValuesOr<C, R, Answers>, Replayed>;

/// A client of HTTP that repeats requests as a policy says: what [`HttpRetryLayer`] makes.
///
/// ```
/// # extern crate tower_layer_0_3 as tower_layer; // as users name it
/// use redress::contrib::http_body_1::{HttpRetry, HttpRetryLayer};
/// use tower_layer::Layer as _;
///
/// struct Api<S> {
///     http: HttpRetry<S>,
/// }
///
/// fn api<S>(client: S, layer: &HttpRetryLayer) -> Api<S> {
///     Api { http: layer.layer(client) }
/// }
/// ```
pub struct HttpRetry<S, C = DefaultClassifier, R = AnyValue> {
    inner: Inner<S, C, R>,
    limit: usize,
}

impl<S, B, A, C, R> Service<Request<B>> for HttpRetry<S, C, R>
where
    S: Service<Request<ReplayBody<B>>, Response = Response<A>> + Clone,
    B: Body + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    A: Body,
    C: Classifier<S::Error>,
    R: ResultClassifier<Response<ResponseBody<A>>>,
{
    type Response = Response<ResponseBody<A>>;
    type Error = Error<S::Error>;
    type Future = HttpResponseFuture<S, B, A, C, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let limit = self.limit;
        let request = request.map(|body| ReplayBody::new(body, limit));
        HttpResponseFuture {
            call: self.inner.call(request),
        }
    }
}

pin_project! {
    /// The future of a call of [`HttpRetry`].
    ///
    /// Dropping it drops the attempt in progress.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name them
    /// # extern crate http_body_1 as http_body;
    /// # extern crate tower_service_0_3 as tower_service;
    /// use http::{Request, Response};
    /// use redress::contrib::http_body_1::{HttpResponseFuture, ReplayBody};
    /// use tower_service::Service;
    ///
    /// /// The future of a service that has a client with retries inside.
    /// struct Fetch<S, B, A>
    /// where
    ///     S: Service<Request<ReplayBody<B>>, Response = Response<A>>,
    ///     A: http_body::Body,
    /// {
    ///     fetched: HttpResponseFuture<S, B, A>,
    /// }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct HttpResponseFuture<S, B, A, C = DefaultClassifier, R = AnyValue>
    where
        S: Service<Request<ReplayBody<B>>, Response = Response<A>>,
        A: Body,
    {
        #[pin]
        call: ResponseFuture<
            Emptying<S>,
            Request<ReplayBody<B>>,
            SharedErrors<C, R>,
            ValuesOr<C, R, Answers>,
            Replayed,
        >,
    }
}

impl<S, B, A, C, R> Future for HttpResponseFuture<S, B, A, C, R>
where
    S: Service<Request<ReplayBody<B>>, Response = Response<A>> + Clone,
    B: Body + Unpin,
    A: Body,
    C: Classifier<S::Error>,
    R: ResultClassifier<Response<ResponseBody<A>>>,
{
    type Output = Result<Response<ResponseBody<A>>, Error<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx)
    }
}

/// Copies requests whose bodies are replayed.
#[derive(Debug, Clone, Copy)]
struct Replayed {
    /// The policy has no name for the operation.
    names: bool,
}

impl<B: Body> CopyRequest<Request<ReplayBody<B>>> for Replayed {
    fn copy(&self, request: &Request<ReplayBody<B>>) -> Option<Request<ReplayBody<B>>> {
        let mut copy = Request::new(request.body().again());
        request.method().clone_into(copy.method_mut());
        request.uri().clone_into(copy.uri_mut());
        *copy.version_mut() = request.version();
        request.headers().clone_into(copy.headers_mut());
        request.extensions().clone_into(copy.extensions_mut());
        Some(copy)
    }

    fn may_repeat(&self, request: &Request<ReplayBody<B>>) -> bool {
        http_1::may_repeat(request.method(), request.headers())
    }

    fn prepare(&self, request: &mut Request<ReplayBody<B>>, _left: Option<Duration>) {
        http_1::send_on(request.headers_mut(), None);
    }

    fn operation(&self, request: &Request<ReplayBody<B>>) -> Option<Cow<'static, str>> {
        if !self.names {
            return None;
        }
        let mut name = request.method().as_str().to_owned();
        if let Some(host) = request.uri().host() {
            name.push(' ');
            name.push_str(host);
        }
        Some(name.into())
    }

    fn last_word(&self, request: &Request<ReplayBody<B>>, said: Classification) -> Classification {
        if said.is_retry_forbidden() || !request.body().is_spent() {
            said
        } else {
            said.no_retry()
        }
    }
}

/// Judges responses by their status.
struct Answers;

impl<B> ResultClassifier<Response<B>> for Answers {
    fn classify(&self, response: &Response<B>) -> Option<Classification> {
        http_1::of_response(response)
    }
}

impl<C, R> Clone for HttpRetryLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            limit: self.limit,
        }
    }
}

impl<S: Clone, C, R> Clone for HttpRetry<S, C, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            limit: self.limit,
        }
    }
}

impl<C, R> fmt::Debug for HttpRetryLayer<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HttpRetryLayer");
        shown.field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for HttpRetry<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HttpRetry");
        shown.field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B, A, C, R> fmt::Debug for HttpResponseFuture<S, B, A, C, R>
where
    S: Service<Request<ReplayBody<B>>, Response = Response<A>>,
    A: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponseFuture").finish_non_exhaustive()
    }
}

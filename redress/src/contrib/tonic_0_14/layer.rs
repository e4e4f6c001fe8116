use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http_1::{Request, Response, StatusCode};
use ::tonic_0_14::body::Body;
use ::tonic_0_14::metadata::MetadataMap;
use ::tonic_0_14::{Code, Status, TimeoutExpired};
use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::head;
use super::methods::Idempotent;
use super::request::{Copies, Kept};
use super::status::{Pushback, pushback};
use crate::classify::{
    AnyValue, Classification, Classifier, DefaultClassifier, ResultClassifier, find,
};
use crate::contrib::tower_service_0_3::{ResponseFuture, Retry, RetryLayer};
use crate::contrib::transport;
use crate::defaults;
use crate::error::Error;
use crate::policy::{Policy, SharedErrors, ValuesOr};
use crate::reason::{Cause, StopReason};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Makes channels that repeat calls as a policy says: a layer for
/// `tonic::transport::Channel`, or any service that generated clients take.
///
/// See [the page](super#a-channel-that-repeats-calls) for what is sent again. A clone shares the policy.
///
/// ```
/// use redress::Policy;
/// use redress::contrib::tonic_0_14::GrpcRetryLayer;
///
/// // `OrdersClient::new(layer.layer(channel))`, or in a `ServiceBuilder`
/// let layer = GrpcRetryLayer::new(Policy::recommended())
///     .idempotent(["/shop.Orders/Get", "/shop.Orders/List", "/shop.Catalog"]);
/// # let _ = layer;
/// ```
pub struct GrpcRetryLayer<C = DefaultClassifier, R = AnyValue> {
    policy: Policy<C, R>,
    limit: usize,
    idempotent: Arc<Idempotent>,
}

impl<C, R> GrpcRetryLayer<C, R> {
    /// Creates a layer under which each method is [`once`](crate::CallContext::once), and that records up to
    /// 64 KiB of the messages of a call.
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::tonic_0_14::GrpcRetryLayer;
    /// let layer = GrpcRetryLayer::new(Policy::recommended());
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn new(policy: Policy<C, R>) -> Self {
        Self {
            policy,
            limit: defaults::HTTP_REPLAYED_BODY,
            idempotent: Arc::default(),
        }
    }

    /// Lists methods that may be sent again although they may have been applied: a method as
    /// `/pkg.Service/Method`, all methods of a service as `/pkg.Service`. Adds to those before.
    ///
    /// A name that no method has does nothing: the method that it is meant for stays
    /// [`once`](crate::CallContext::once).
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::tonic_0_14::GrpcRetryLayer;
    /// let layer = GrpcRetryLayer::new(Policy::recommended())
    ///     .idempotent(["/shop.Orders/Get", "/shop.Catalog"]); // a method, and all of a service
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn idempotent(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let idempotent = Arc::make_mut(&mut self.idempotent);
        for name in names {
            idempotent.name(name.as_ref());
        }
        self
    }

    /// Has a function say which methods may be sent again although they may have been applied. It gets the
    /// path, as in `/pkg.Service/Method`, of methods that are not listed, and returns `true` for those.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::contrib::tonic_0_14::{GrpcRetryLayer, rpc_method_name};
    ///
    /// let layer = GrpcRetryLayer::new(Policy::recommended())
    ///     .idempotent_by(|path| rpc_method_name(path).is_some_and(|name| name.starts_with("Get")));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn idempotent_by(mut self, says: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.idempotent).ask(Arc::new(says));
        self
    }

    /// Records up to so many bytes of the messages of each call, while they are sent. Default: 64 KiB.
    ///
    /// A call that has sent more is not sent again; with 0, each that has sent anything.
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::tonic_0_14::GrpcRetryLayer;
    /// let layer = GrpcRetryLayer::new(Policy::recommended()).replay(1024 * 1024);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn replay(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl<S, C, R> Layer<S> for GrpcRetryLayer<C, R> {
    type Service = GrpcRetry<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let again = self.policy.may_retry();
        let policy = self.policy.reclassified(Obeyed, Committed);
        let layer = RetryLayer::copying(policy, Copies(Arc::clone(&self.idempotent)));
        GrpcRetry {
            inner: layer.layer(Statuses(inner)),
            limit: self.limit,
            again,
        }
    }
}

type Inner<S, C, R> = Retry<Statuses<S>, Obeyed<C, R>, Committed<C, R>, Copies>;

/// A channel that repeats calls as a policy says: what [`GrpcRetryLayer`] makes.
///
/// Its error is a [`Status`]: of the last attempt, or, where there was none, `UNAVAILABLE` or
/// `DEADLINE_EXCEEDED` with the policy's [`Error`] as its source.
///
/// ```
/// # extern crate tonic_0_14 as tonic; // as users name them
/// # extern crate tower_layer_0_3 as tower_layer;
/// # extern crate tower_service_0_3 as tower_service;
/// use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
/// use tower_layer::Layer as _;
///
/// /// What a generated client is made of.
/// struct Orders<S> {
///     channel: GrpcRetry<S>,
/// }
///
/// fn orders<S>(channel: S, layer: &GrpcRetryLayer) -> Orders<S> {
///     Orders { channel: layer.layer(channel) }
/// }
/// ```
pub struct GrpcRetry<S, C = DefaultClassifier, R = AnyValue> {
    inner: Inner<S, C, R>,
    limit: usize,
    again: bool,
}

impl<S, B, C, R> Service<Request<Body>> for GrpcRetry<S, C, R>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    C: Classifier<Status>,
    R: ResultClassifier<Response<B>>,
{
    type Response = Response<B>;
    type Error = Status;
    type Future = GrpcResponseFuture<S, B, C, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let ready = self.inner.poll_ready(cx);
        ready.map_err(|error| to_status(error, false))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let kept = Kept::new(request, self.limit, self.again);
        let limit = kept.until().map(tokio::time::sleep_until);
        GrpcResponseFuture {
            call: self.inner.call(kept),
            limit,
        }
    }
}

pin_project! {
    /// The future of a call of [`GrpcRetry`].
    ///
    /// Dropping it drops the attempt in progress, whose stream is reset.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name them
    /// # extern crate tonic_0_14 as tonic;
    /// # extern crate tower_service_0_3 as tower_service;
    /// use http::{Request, Response};
    /// use redress::contrib::tonic_0_14::GrpcResponseFuture;
    /// use tonic::body::Body;
    /// use tower_service::Service;
    ///
    /// /// The future of a service that has a channel with retries inside.
    /// struct Ask<S, B>
    /// where
    ///     S: Service<Request<Body>, Response = Response<B>>,
    ///     S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    /// {
    ///     asked: GrpcResponseFuture<S, B>,
    /// }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct GrpcResponseFuture<S, B, C = DefaultClassifier, R = AnyValue>
    where
        S: Service<Request<Body>, Response = Response<B>>,
        S::Error: Into<BoxError>,
    {
        #[pin]
        call: ResponseFuture<Statuses<S>, Kept, Obeyed<C, R>, Committed<C, R>, Copies>,
        // The time that the request has of its own is that of all its attempts.
        #[pin]
        limit: Option<Sleep>,
    }
}

impl<S, B, C, R> Future for GrpcResponseFuture<S, B, C, R>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    C: Classifier<Status>,
    R: ResultClassifier<Response<B>>,
{
    type Output = Result<Response<B>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let limit = this.limit.as_pin_mut();
        let is_over = limit.is_some_and(|limit| limit.poll(cx).is_ready());
        // An attempt that is still running ends by itself then, so that it counts as one that has failed.
        match this.call.poll(cx) {
            Poll::Ready(returned) => {
                Poll::Ready(returned.map_err(|error| to_status(error, is_over)))
            }
            Poll::Pending if is_over => Poll::Ready(Err(over())),
            Poll::Pending => Poll::Pending,
        }
    }
}

const OVER: &str = "the time of the call is over";

fn over() -> Status {
    Status::deadline_exceeded(OVER)
}

/// Returns what a client is told of a call that has ended, and may have used the time that it has of its own.
fn to_status(error: Error<Status>, is_over: bool) -> Status {
    let reason = error.stop_reason();
    let cut_off = reason == StopReason::DeadlineExceeded || error.cause() == Some(Cause::Timeout);
    // To tonic's client this is CANCELLED, as if it were the caller's wish.
    let is_timeout = |status: &Status| {
        transport::behind(status).any(|link| find::<TimeoutExpired>(link).is_some())
    };
    let said = error.source_ref();
    let late = (is_over || reason == StopReason::DeadlineExceeded) && said.is_some_and(is_timeout);
    if said.is_some() && !late {
        return match error.into_source() {
            Some(status) => status,
            None => Status::unknown("no status"),
        };
    }
    let code = if cut_off || late {
        Code::DeadlineExceeded
    } else {
        Code::Unavailable
    };
    // Why no other attempt follows is no news where the time is over.
    let said = match late && reason != StopReason::DeadlineExceeded {
        true => OVER.to_owned(),
        false => error.to_string(),
    };
    let mut status = Status::new(code, said);
    status.set_source(Arc::new(error));
    status
}

/// A service whose failures are statuses, also those that stand in the head of a response.
#[derive(Debug, Clone)]
struct Statuses<S>(S);

impl<S, B> Service<Kept> for Statuses<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = Status;
    type Future = StatusFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let ready = self.0.poll_ready(cx);
        ready.map_err(|error| Status::from_error(error.into()))
    }

    fn call(&mut self, kept: Kept) -> Self::Future {
        StatusFuture {
            until: kept.until(),
            response: self.0.call(kept.into_request()),
        }
    }
}

pin_project! {
    struct StatusFuture<F> {
        #[pin]
        response: F,
        until: Option<Instant>,
    }
}

impl<F, B, E> Future for StatusFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Poll::Ready(returned) = this.response.poll(cx) else {
            return match *this.until {
                Some(until) if Instant::now() >= until => Poll::Ready(Err(over())),
                _ => Poll::Pending,
            };
        };
        Poll::Ready(match returned {
            Ok(response) => match failure(&response) {
                Some(status) => Err(status),
                None => Ok(response),
            },
            Err(error) => Err(Status::from_error(error.into())),
        })
    }
}

/// Returns the failure that the head of a response is: of a server that has nothing but that to say, or of a
/// proxy, of which tonic would make the same status.
fn failure<B>(response: &Response<B>) -> Option<Status> {
    if let Some(status) = head::status(response.headers()) {
        return (status.code() != Code::Ok).then_some(status);
    }
    let code = match response.status() {
        StatusCode::OK => return None,
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    let text = format!(
        "grpc-status header missing, mapped from HTTP status code {}",
        response.status().as_u16()
    );
    let metadata = MetadataMap::from_headers(response.headers().clone());
    Some(Status::with_metadata(code, text, metadata))
}

/// Classifies as the policy does, and obeys the server's pushback whatever that is.
pub(super) struct Obeyed<C, R>(SharedErrors<C, R>);

impl<C: Classifier<Status>, R> Classifier<Status> for Obeyed<C, R> {
    fn classify(&self, status: &Status) -> Classification {
        let said = self.0.classify(status);
        match pushback(status.metadata().as_ref()) {
            // The server asks for another attempt.
            Some(Pushback::After(pause)) => said.unsent().retry_after(pause),
            Some(Pushback::Never) => said.no_retry(),
            None => said,
        }
    }
}

/// Judges responses that have begun: none is followed by another attempt.
pub(super) struct Committed<C, R>(ValuesOr<C, R, AnyValue>);

impl<C, R: ResultClassifier<T>, T: ?Sized> ResultClassifier<T> for Committed<C, R> {
    fn classify(&self, response: &T) -> Option<Classification> {
        Some(self.0.classify(response)?.no_retry())
    }
}

impl<C, R> Clone for GrpcRetryLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            limit: self.limit,
            idempotent: Arc::clone(&self.idempotent),
        }
    }
}

impl<S: Clone, C, R> Clone for GrpcRetry<S, C, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            limit: self.limit,
            again: self.again,
        }
    }
}

impl<C, R> fmt::Debug for GrpcRetryLayer<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcRetryLayer")
            .field("policy", &self.policy)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for GrpcRetry<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("GrpcRetry");
        shown.field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B, C, R> fmt::Debug for GrpcResponseFuture<S, B, C, R>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcResponseFuture").finish_non_exhaustive()
    }
}

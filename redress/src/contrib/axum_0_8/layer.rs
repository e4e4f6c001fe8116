use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::axum_0_8::body::Body;
use ::axum_0_8::extract::Request;
use ::axum_0_8::response::{IntoResponse, Response};
use ::http_1::request::Parts;
use ::http_1::{Method, header};
use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;

use super::buffered::Buffered;
use super::{Unavailable, Undone, operation};
use crate::classify::{AnyValue, Classification, DefaultClassifier, ResultClassifier};
use crate::defaults;
use crate::policy::{Policy, SharedErrors, ValuesOr};
use crate::strategies::full_jitter;

/// Runs handlers again that say that nothing is left of what they did: with [`Undone`].
///
/// Whatever else a handler answers is sent as it is, also a 503: only the handler knows whether something is
/// left. See [the page](super#handlers-that-were-undone).
///
/// ```
/// # extern crate axum_0_8 as axum; // as users name it
/// use axum::Router;
/// use axum::routing::put;
/// use redress::contrib::axum_0_8::{RetryLayer, Undone};
/// use redress::{ErrorClass, Policy};
///
/// async fn put_order(body: String) -> Result<&'static str, axum::response::Response> {
///     match store(&body) {
///         Ok(()) => Ok("stored"),
///         Err(rolled_back) => Err(Undone::new(ErrorClass::Concurrency).respond(rolled_back)),
///     }
/// }
/// # fn store(_: &str) -> Result<(), &'static str> { Ok(()) }
///
/// let app: Router = Router::new()
///     .route("/orders/{id}", put(put_order))
///     .route_layer(RetryLayer::default());
/// let patient = RetryLayer::new(Policy::builder().max_attempts(5).build()?).body_limit(1024 * 1024);
/// # let _ = (app, patient);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct RetryLayer {
    policy: MarkedPolicy,
    body_limit: usize,
}

/// A policy that takes marked responses for failures.
type MarkedPolicy =
    Policy<SharedErrors<DefaultClassifier, AnyValue>, ValuesOr<DefaultClassifier, AnyValue, Marks>>;

impl RetryLayer {
    /// Creates a layer that runs handlers again as a policy says.
    ///
    /// A deadline or an attempt timeout of the policy cuts handlers off, with 504. Where the policy refuses the
    /// request, the answer is an [`Unavailable`].
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::axum_0_8::RetryLayer;
    /// let layer = RetryLayer::new(Policy::builder().max_attempts(5).no_deadline().build()?);
    /// # let _ = layer;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as the other layers: a policy is cheap to clone"
    )]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy: policy.or_values(Marks),
            body_limit: defaults::HANDLER_BODY,
        }
    }

    /// Keeps so many bytes of the body of each request, which is read before its handler runs. Default: 64 KiB.
    ///
    /// With a longer body, the handler runs once; it reads all of it.
    ///
    /// ```
    /// # use redress::Policy;
    /// # use redress::contrib::axum_0_8::RetryLayer;
    /// let layer = RetryLayer::default().body_limit(1024 * 1024);
    /// # let _ = Policy::new();
    /// # let _ = layer;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
}

/// Three runs, up to 50 ms apart, and no time limit but that of the [scope](crate::deadline) that the request
/// is in: a deadline would cut handlers off that are slow.
impl Default for RetryLayer {
    fn default() -> Self {
        let delay = full_jitter(defaults::HANDLER_DELAY).base(defaults::HANDLER_DELAY);
        let policy = Policy::builder()
            .max_attempts(defaults::HANDLER_ATTEMPTS)
            .strategy(delay)
            .no_deadline()
            .inherit_deadline();
        // It is valid.
        Self::new(policy.build().unwrap_or_default())
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Rerun<S>;

    fn layer(&self, inner: S) -> Rerun<S> {
        Rerun {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service that runs handlers again: what [`RetryLayer`] makes.
///
/// ```
/// # extern crate tower_layer_0_3 as tower_layer; // as users name it
/// use redress::contrib::axum_0_8::{Rerun, RetryLayer};
/// use tower_layer::Layer as _;
///
/// fn around<S>(service: S) -> Rerun<S> {
///     RetryLayer::default().layer(service)
/// }
/// ```
#[derive(Clone)]
pub struct Rerun<S> {
    inner: S,
    layer: RetryLayer,
}

impl<S> Service<Request> for Rerun<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready is the one that is called.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        // What becomes of such a connection is no answer that could be made again.
        if is_upgrade(&request) {
            return Box::pin(ready.call(request));
        }
        Box::pin(run(ready, self.layer.clone(), request))
    }
}

fn is_upgrade(request: &Request) -> bool {
    request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE)
}

/// Runs the handler of a request under the policy of its layer.
async fn run<S>(ready: S, layer: RetryLayer, request: Request) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let RetryLayer { policy, body_limit } = layer;
    let (parts, body) = request.into_parts();
    let body = match policy.may_retry() {
        true => Buffered::read(body, body_limit).await,
        false => Buffered::Once(body),
    };
    let mut context = policy.context();
    if policy.is_shown() {
        context = context.operation(operation(&parts.method, &parts.extensions));
    }
    let mut runs = Runs {
        service: ready.clone(),
        is_ready: Some(ready),
        parts,
        body,
    };
    let answered = context.call_async(|| runs.next()).await;
    Ok(match answered {
        Ok(mut response) => {
            response.extensions_mut().remove::<Undone>();
            response
        }
        Err(refused) => Unavailable::from(refused).into_response(),
    })
}

/// What the runs of one request are made of.
struct Runs<S> {
    service: S,
    /// The service that was ready when the request came.
    is_ready: Option<S>,
    parts: Parts,
    body: Buffered,
}

impl<S> Runs<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    /// Makes the next run of the handler.
    fn next(&mut self) -> impl Future<Output = Result<Response, Infallible>> + use<S> {
        let (body, again) = match &mut self.body {
            Buffered::Whole(bytes) => (Body::from(bytes.clone()), true),
            Buffered::Once(body) => (std::mem::take(body), false),
        };
        let request = Request::from_parts(self.parts.clone(), body);
        let ready = self.is_ready.take();
        let mut service = self.service.clone();
        async move {
            let called = match ready {
                Some(mut ready) => ready.call(request),
                None => {
                    poll_fn(|cx| service.poll_ready(cx)).await?;
                    service.call(request)
                }
            };
            let mut response = called.await?;
            if !again && let Some(undone) = response.extensions_mut().get_mut::<Undone>() {
                undone.forbid_retry();
            }
            Ok(response)
        }
    }
}

/// Takes a response for a failure that says so itself.
#[derive(Debug, Clone, Copy)]
struct Marks;

impl<B> ResultClassifier<::http_1::Response<B>> for Marks {
    fn classify(&self, response: &::http_1::Response<B>) -> Option<Classification> {
        let undone = response.extensions().get::<Undone>()?;
        Some(undone.classification().clone())
    }
}

impl fmt::Debug for RetryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("policy", &self.policy)
            .field("body_limit", &self.body_limit)
            .finish()
    }
}

impl<S> fmt::Debug for Rerun<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Rerun");
        shown.field("layer", &self.layer).finish_non_exhaustive()
    }
}

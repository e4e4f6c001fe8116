use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;

use crate::classify::{AnyValue, Classification, Classifier, DefaultClassifier, ResultClassifier};
use crate::error::Error;
use crate::policy::{CallContext, Got, Policy};

/// Makes services that repeat their calls as a policy says.
///
/// A clone shares the policy. See [the page](super) for where it stands among other layers.
pub struct RetryLayer<C = DefaultClassifier, R = AnyValue, K = Cloned> {
    policy: Policy<C, R>,
    copy: K,
}

/// A service that repeats its calls as a policy says: what [`RetryLayer`] makes.
pub struct Retry<S, C = DefaultClassifier, R = AnyValue, K = Cloned> {
    inner: S,
    policy: Policy<C, R>,
    copy: K,
}

/// Copies a request for the next attempt.
#[diagnostic::on_unimplemented(
    message = "`{Q}` cannot be sent again: it is not `Clone`",
    note = "say how it is copied: `RetryLayer::new(policy).copy_by(|request| Some(..))`, or `None` for what is sent once"
)]
pub trait CopyRequest<Q> {
    /// Returns a copy; `None` for a request that is sent once.
    fn copy(&self, request: &Q) -> Option<Q>;

    /// Returns `true` if the request may be sent again although it may have been applied.
    fn may_repeat(&self, request: &Q) -> bool;
}

/// Requests are cloned, and may be sent again.
#[derive(Debug, Clone, Copy)]
pub struct Cloned;

impl<Q: Clone> CopyRequest<Q> for Cloned {
    fn copy(&self, request: &Q) -> Option<Q> {
        Some(request.clone())
    }

    fn may_repeat(&self, _request: &Q) -> bool {
        true
    }
}

/// Requests are copied by a function, and may be sent again where another one says so.
#[derive(Debug, Clone, Copy)]
pub struct CopiedBy<F, P> {
    copy: F,
    may_repeat: P,
}

impl<Q, F, P> CopyRequest<Q> for CopiedBy<F, P>
where
    F: Fn(&Q) -> Option<Q>,
    P: Fn(&Q) -> bool,
{
    fn copy(&self, request: &Q) -> Option<Q> {
        (self.copy)(request)
    }

    fn may_repeat(&self, request: &Q) -> bool {
        (self.may_repeat)(request)
    }
}

impl<C, R> RetryLayer<C, R> {
    /// Creates a layer for services whose requests are [`Clone`]. Each request may be sent again, whatever
    /// became of it; if that is wrong for some, see [`copy_by`](Self::copy_by).
    #[must_use]
    pub const fn new(policy: Policy<C, R>) -> Self {
        let copy = Cloned;
        Self { policy, copy }
    }

    /// Copies requests by a function, for those that are not [`Clone`] or must not be sent twice: it returns
    /// `None` for what is sent once, and the call then ends with
    /// [`RetryForbidden`](crate::StopReason::RetryForbidden) at its first failure.
    ///
    /// `may_repeat` says which requests may be sent again although they may have been applied; the others
    /// are [`once`](crate::CallContext::once).
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::http_1;
    /// use redress::contrib::tower_service_0_3::RetryLayer;
    ///
    /// let layer = RetryLayer::new(Policy::recommended()).copy_by(
    ///     |request: &http::Request<String>| Some(request.clone()),
    ///     |request| http_1::may_repeat(request.method(), request.headers()),
    /// );
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn copy_by<Q, F, P>(self, copy: F, may_repeat: P) -> RetryLayer<C, R, CopiedBy<F, P>>
    where
        F: Fn(&Q) -> Option<Q>,
        P: Fn(&Q) -> bool,
    {
        RetryLayer {
            policy: self.policy,
            copy: CopiedBy { copy, may_repeat },
        }
    }
}

impl<S, C, R, K: Clone> Layer<S> for RetryLayer<C, R, K> {
    type Service = Retry<S, C, R, K>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry {
            inner,
            policy: self.policy.clone(),
            copy: self.copy.clone(),
        }
    }
}

/// The future of a call of [`Retry`]. It is in a box: it owns the policy that its call borrows.
///
/// Dropping it drops the attempt in progress.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<T, E>(Pin<Box<dyn Future<Output = Result<T, Error<E>>> + Send>>);

impl<T, E> Future for ResponseFuture<T, E> {
    type Output = Result<T, Error<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<S, Q, C, R, K> Service<Q> for Retry<S, C, R, K>
where
    S: Service<Q> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Q: Send + 'static,
    C: Classifier<S::Error> + Send + Sync + 'static,
    R: ResultClassifier<S::Response> + Send + Sync + 'static,
    K: CopyRequest<Q> + Clone + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = Error<S::Error>;
    type Future = ResponseFuture<S::Response, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner
            .poll_ready(cx)
            .map_err(Error::before_first_attempt)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // The one that is ready is the one that is called.
        let fresh = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, fresh);
        let call = call(ready, self.policy.clone(), self.copy.clone(), request);
        ResponseFuture(Box::pin(call))
    }
}

async fn call<S, Q, C, R, K>(
    mut service: S,
    policy: Policy<C, R>,
    copy: K,
    request: Q,
) -> Result<S::Response, Error<S::Error>>
where
    S: Service<Q> + Clone,
    C: Classifier<S::Error>,
    R: ResultClassifier<S::Response>,
    K: CopyRequest<Q>,
{
    let mut context: CallContext<'_, C, R> = policy.context();
    if !copy.may_repeat(&request) {
        context = context.once();
    }
    let last = AtomicBool::new(false);
    let rule = |_: &S::Error, said: Classification| {
        if last.load(Relaxed) {
            said.no_retry()
        } else {
            said
        }
    };
    let again = context.may_retry();
    let (mut request, mut is_first) = (Some(request), true);
    let attempt = || {
        let copied = request
            .as_ref()
            .filter(|_| again)
            .and_then(|request| copy.copy(request));
        let next = copied.or_else(|| {
            // No other follows, whatever a classifier says.
            last.store(true, Relaxed);
            request.take()
        });
        let start = match next {
            Some(next) if std::mem::take(&mut is_first) => Start::Called(service.call(next)),
            Some(next) => Start::Fresh(service.clone(), next),
            None => Start::Never,
        };
        let last = &last;
        async move {
            match start {
                Start::Called(response) => response.await.map(Got::Value),
                Start::Fresh(mut service, request) => {
                    let ready = poll_fn(|cx| service.poll_ready(cx)).await;
                    if ready.is_err() {
                        last.store(true, Relaxed);
                    }
                    ready?;
                    service.call(request).await.map(Got::Value)
                }
                // The rule has ended the call before.
                Start::Never => std::future::pending().await,
            }
        }
    };
    context.call_async_ruled(rule, attempt).await
}

/// How an attempt starts.
enum Start<S: Service<Q>, Q> {
    /// The service was ready, and has been called.
    Called(S::Future),
    /// The service may not be ready.
    Fresh(S, Q),
    Never,
}

impl<C, R, K: Clone> Clone for RetryLayer<C, R, K> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            copy: self.copy.clone(),
        }
    }
}

impl<S: Clone, C, R, K: Clone> Clone for Retry<S, C, R, K> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            policy: self.policy.clone(),
            copy: self.copy.clone(),
        }
    }
}

impl<C, R, K> fmt::Debug for RetryLayer<C, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RetryLayer");
        shown.field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, C, R, K> fmt::Debug for Retry<S, C, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Retry");
        shown.field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<T, E> fmt::Debug for ResponseFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

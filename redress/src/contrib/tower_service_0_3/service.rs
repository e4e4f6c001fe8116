use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;
use pin_project_lite::pin_project;

use crate::classify::{AnyValue, Classification, Classifier, DefaultClassifier, ResultClassifier};
use crate::error::Error;
use crate::policy::{Ended, LayeredCall, Policy};

/// Makes services that repeat their calls as a policy says.
///
/// A clone shares the policy. See [the page](super) for where it stands among other layers.
///
/// ```
/// use redress::Policy;
/// use redress::contrib::tower_service_0_3::RetryLayer;
///
/// let layer = RetryLayer::new(Policy::recommended()); // `layer.layer(service)`, or in a `ServiceBuilder`
/// # let _ = layer;
/// ```
pub struct RetryLayer<C = DefaultClassifier, R = AnyValue, K = Cloned> {
    policy: Policy<C, R>,
    copy: K,
}

/// A service that repeats its calls as a policy says: what [`RetryLayer`] makes.
///
/// ```
/// # extern crate tower_layer_0_3 as tower_layer; // as users name it
/// use redress::contrib::tower_service_0_3::{Retry, RetryLayer};
/// use tower_layer::Layer as _;
///
/// struct Api<S> {
///     service: Retry<S>,
/// }
///
/// fn api<S>(service: S, layer: &RetryLayer) -> Api<S> {
///     Api { service: layer.layer(service) }
/// }
/// ```
pub struct Retry<S, C = DefaultClassifier, R = AnyValue, K = Cloned> {
    inner: S,
    policy: Policy<C, R>,
    copy: K,
}

/// Copies a request for the next attempt.
///
/// [`RetryLayer::copy_by`] makes one of functions, which is enough for most requests:
///
/// ```
/// use redress::contrib::tower_service_0_3::{Cloned, CopyRequest};
///
/// /// Whatever copies the requests of a service.
/// fn copies<Q>(requests: &impl CopyRequest<Q>, request: &Q) -> bool {
///     requests.copy(request).is_some() && requests.may_repeat(request)
/// }
/// assert!(copies(&Cloned, &"question"));
/// ```
///
/// With all that it can say, for requests that count their attempts:
///
/// ```
/// use std::borrow::Cow;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use std::time::Duration;
/// use redress::Classification;
/// use redress::contrib::tower_service_0_3::CopyRequest;
///
/// #[derive(Default)]
/// struct Question {
///     writes: bool,
///     attempt: u32,
///     millis: Option<u128>,
///     sent: AtomicU32,
/// }
///
/// #[derive(Clone)]
/// struct Questions;
///
/// impl CopyRequest<Question> for Questions {
///     fn copy(&self, question: &Question) -> Option<Question> {
///         let attempt = question.sent.fetch_add(1, Relaxed) + 1;
///         Some(Question { writes: question.writes, attempt, ..Question::default() })
///     }
///     fn may_repeat(&self, question: &Question) -> bool {
///         !question.writes
///     }
///     fn prepare(&self, question: &mut Question, left: Option<Duration>) {
///         question.millis = left.map(|left| left.as_millis());
///     }
///     fn last_word(&self, question: &Question, said: Classification) -> Classification {
///         if question.sent.load(Relaxed) == 9 { said.no_retry() } else { said }
///     }
///     fn operation(&self, question: &Question) -> Option<Cow<'static, str>> {
///         Some(if question.writes { "write" } else { "read" }.into())
///     }
/// }
///
/// let question = Question::default();
/// assert_eq!(Questions.copy(&question).map(|copy| copy.attempt), Some(1));
/// assert_eq!(Questions.copy(&question).map(|copy| copy.attempt), Some(2));
/// assert_eq!(Questions.operation(&question).as_deref(), Some("read"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Q}` cannot be sent again: it is not `Clone`",
    note = "say how it is copied: `RetryLayer::new(policy).copy_by(|request| Some(..))`, or `None` for what is sent once"
)]
pub trait CopyRequest<Q> {
    /// Returns a copy; `None` for a request that is sent once.
    fn copy(&self, request: &Q) -> Option<Q>;

    /// Returns `true` if the request may be sent again although it may have been applied.
    fn may_repeat(&self, request: &Q) -> bool;

    /// Changes a request that is about to be sent, for example by headers. Its attempt may take the time that
    /// is `left`, if there is a limit, and is [the current one](crate::Attempt::current) where the policy
    /// tells its attempts. Default: leaves it as it is.
    fn prepare(&self, _request: &mut Q, _left: Option<Duration>) {}

    /// Has the last word on what an attempt that has failed means; the request is the one that is copied. It is
    /// [`no_retry`](Classification::no_retry) where that cannot be copied again. An attempt that was cut off
    /// is not asked about. Default: what the classifier has said.
    fn last_word(&self, _request: &Q, said: Classification) -> Classification {
        said
    }

    /// Names the operation of a request: asked if there are observers. Default: none, which leaves that of
    /// the policy.
    fn operation(&self, _request: &Q) -> Option<Cow<'static, str>> {
        None
    }
}

/// Requests are cloned, and may be sent again.
///
/// ```
/// use redress::contrib::tower_service_0_3::{Cloned, CopyRequest as _};
///
/// assert_eq!(Cloned.copy(&7), Some(7));
/// ```
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
///
/// ```
/// use redress::Policy;
/// use redress::contrib::tower_service_0_3::{CopiedBy, RetryLayer};
///
/// type Copies = CopiedBy<fn(&String) -> Option<String>, fn(&String) -> bool>;
///
/// let layer: RetryLayer<_, _, Copies> =
///     RetryLayer::new(Policy::recommended()).copy_by(|request| Some(request.clone()), |_| true);
/// # let _ = layer;
/// ```
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
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::contrib::tower_service_0_3::RetryLayer;
    ///
    /// let layer = RetryLayer::new(Policy::recommended());
    /// # let _ = layer;
    /// ```
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

#[cfg(feature = "http-body-1")]
impl<C, R, K> RetryLayer<C, R, K> {
    /// Creates a layer that copies requests in a way of its own.
    pub(in crate::contrib) const fn copying(policy: Policy<C, R>, copy: K) -> Self {
        Self { policy, copy }
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

pin_project! {
    /// The future of a call of [`Retry`]. It owns all that it needs, and allocates nothing.
    ///
    /// Dropping it drops the attempt in progress.
    ///
    /// ```
    /// # extern crate tower_service_0_3 as tower_service; // as users name it
    /// use redress::contrib::tower_service_0_3::{ResponseFuture, Retry};
    /// use redress::{Classifier, DefaultClassifier};
    /// use tower_service::Service;
    ///
    /// /// Starts a call, for code that names its future: a service around this one.
    /// fn start<S>(service: &mut Retry<S>, request: u64) -> ResponseFuture<S, u64>
    /// where
    ///     S: Service<u64> + Clone,
    ///     DefaultClassifier: Classifier<S::Error>,
    /// {
    ///     service.call(request)
    /// }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Q, C = DefaultClassifier, R = AnyValue, K = Cloned>
    where
        S: Service<Q>,
    {
        #[pin]
        call: LayeredCall<C, R, Attempt<S, Q>, S::Response, S::Error>,
        next: Next<S, Q, K>,
    }
}

impl<S, Q, C, R, K> Future for ResponseFuture<S, Q, C, R, K>
where
    S: Service<Q> + Clone,
    C: Classifier<S::Error>,
    R: ResultClassifier<S::Response>,
    K: CopyRequest<Q>,
{
    type Output = Result<S::Response, Error<S::Error>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // One of them asks for an attempt, the other one judges it.
        let next = RefCell::new(this.next);
        let last_word = |said| next.borrow().last_word(said);
        let call = this.call;
        let polled = call.poll_with(cx, |left| next.borrow_mut().attempt(left), &last_word);
        if polled.is_ready() {
            // What is left of the request ends with its call.
            next.borrow_mut().request = None;
        }
        polled
    }
}

impl<S, Q, C, R, K> Service<Q> for Retry<S, C, R, K>
where
    S: Service<Q> + Clone,
    C: Classifier<S::Error>,
    R: ResultClassifier<S::Response>,
    K: CopyRequest<Q> + Clone,
{
    type Response = S::Response;
    type Error = Error<S::Error>;
    type Future = ResponseFuture<S, Q, C, R, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner
            .poll_ready(cx)
            .map_err(Error::before_first_attempt)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // The one that is ready is the one that is called.
        let fresh = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, fresh);
        let once = !self.copy.may_repeat(&request);
        let shown = self.policy.is_shown();
        let operation = shown.then(|| self.copy.operation(&request)).flatten();
        ResponseFuture {
            call: LayeredCall::new(self.policy.clone(), once, operation),
            next: Next {
                service: ready,
                is_ready: true,
                again: self.policy.may_retry(),
                request: Some(request),
                copy: self.copy.clone(),
            },
        }
    }
}

/// What the next attempt is made of.
struct Next<S, Q, K> {
    service: S,
    /// The service was ready when the call was made, and has not been called.
    is_ready: bool,
    /// The policy allows more than one attempt.
    again: bool,
    request: Option<Q>,
    copy: K,
}

impl<S: Service<Q> + Clone, Q, K: CopyRequest<Q>> Next<S, Q, K> {
    /// Returns what a failure means to the request.
    fn last_word(&self, said: Classification) -> Classification {
        match self.request.as_ref().filter(|_| self.again) {
            Some(request) => self.copy.last_word(request, said),
            None => said,
        }
    }

    fn attempt(&mut self, left: Option<Duration>) -> Attempt<S, Q> {
        let request = self.request.as_ref().filter(|_| self.again);
        let copied = request.and_then(|request| self.copy.copy(request));
        // A request that cannot be copied is sent once.
        let last = copied.is_none() && self.again;
        let Some(mut request) = copied.or_else(|| self.request.take()) else {
            // The last attempt has ended the call.
            return Attempt::Never;
        };
        self.copy.prepare(&mut request, left);
        if std::mem::take(&mut self.is_ready) {
            let response = self.service.call(request);
            return Attempt::Called { response, last };
        }
        Attempt::Waiting {
            service: self.service.clone(),
            request: Some(request),
            last,
        }
    }
}

pin_project! {
    /// An attempt.
    #[project = AttemptProj]
    enum Attempt<S, Q>
    where
        S: Service<Q>,
    {
        // The service may not be ready.
        Waiting { service: S, request: Option<Q>, last: bool },
        Called { #[pin] response: S::Future, last: bool },
        Never,
    }
}

impl<S: Service<Q>, Q> Future for Attempt<S, Q> {
    type Output = Ended<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let called = match self.as_mut().project() {
                AttemptProj::Called { response, last } => {
                    let (returned, last) = (ready!(response.poll(cx)), *last);
                    return Poll::Ready(Ended { returned, last });
                }
                AttemptProj::Waiting {
                    service,
                    request,
                    last,
                } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Ended {
                            returned: Err(error),
                            last: true,
                        });
                    }
                    match request.take() {
                        Some(request) => Self::Called {
                            response: service.call(request),
                            last: *last,
                        },
                        None => Self::Never,
                    }
                }
                AttemptProj::Never => return Poll::Pending,
            };
            self.set(called);
        }
    }
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

impl<S, Q, C, R, K> fmt::Debug for ResponseFuture<S, Q, C, R, K>
where
    S: Service<Q>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

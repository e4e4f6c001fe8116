use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http_1::{HeaderName, Request};
use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;

use crate::contrib::http_1::scope_within;
use crate::deadline::{InScope, attach};

/// Makes services whose handlers know by when the caller gives up: a layer for servers of axum, tonic and
/// hyper. Features `tower-service-0_3` and `http-1`.
///
/// It reads the headers that [`http_1::scope`](crate::contrib::http_1::scope()) lists, and runs the handler in the
/// [scope](crate::deadline) that they make. Policies that
/// [inherit](crate::PolicyBuilder::inherit_deadline) it stop in time; what the handler spawns is on its own unless
/// it is [attached](crate::deadline::attach). The handler itself is not cut off: that is what a layer with
/// a timeout does.
///
/// Headers are what the caller says: behind a proxy that does not strip them, anyone can make a request end
/// early, and nobody can make it end later than the policy's own deadline.
///
/// ```
/// use std::time::Duration;
/// use redress::contrib::tower_service_0_3::DeadlineLayer;
///
/// // `Router::new().route(..).layer(deadlines)`
/// let deadlines = DeadlineLayer::new().margin(Duration::from_millis(5));
/// # let _ = deadlines;
/// ```
#[derive(Debug, Clone, Default)]
pub struct DeadlineLayer {
    margin: Duration,
    millis: Arc<[HeaderName]>,
}

impl DeadlineLayer {
    /// Creates a layer that reads the headers of gRPC and Envoy, without a margin.
    ///
    /// ```
    /// use redress::contrib::tower_service_0_3::DeadlineLayer;
    ///
    /// let layer = DeadlineLayer::new(); // `Router::new().route(..).layer(layer)`
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes so much away from the time that the caller gives: what the request and the answer take on the
    /// network. Default: nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::contrib::tower_service_0_3::DeadlineLayer;
    ///
    /// let layer = DeadlineLayer::new().margin(Duration::from_millis(5));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Reads the time also from a header of this name, in milliseconds. Any number may be added.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name it
    /// use http::HeaderName;
    /// use redress::contrib::tower_service_0_3::DeadlineLayer;
    ///
    /// let layer = DeadlineLayer::new().millis_header(HeaderName::from_static("x-timeout-ms"));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn millis_header(mut self, name: HeaderName) -> Self {
        self.millis = self.millis.iter().cloned().chain([name]).collect();
        self
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlines {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose handlers know by when the caller gives up: what [`DeadlineLayer`] makes.
///
/// ```
/// # extern crate tower_layer_0_3 as tower_layer; // as users name it
/// use redress::contrib::tower_service_0_3::{DeadlineLayer, Deadlines};
/// use tower_layer::Layer as _;
///
/// fn around<S>(service: S) -> Deadlines<S> {
///     DeadlineLayer::new().layer(service)
/// }
/// ```
#[derive(Clone)]
pub struct Deadlines<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Deadlines<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = InScope<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let DeadlineLayer { margin, millis } = &self.layer;
        let scope = scope_within(request.headers(), millis, *margin);
        match scope {
            // What the service does before its future is polled is in the scope, too.
            Some(scope) => scope.run(|| attach(self.inner.call(request))),
            None => attach(self.inner.call(request)),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Deadlines<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

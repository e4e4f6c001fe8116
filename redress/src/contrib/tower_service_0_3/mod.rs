//! A client-side layer for any [`Service`](::tower_service_0_3::Service) of tower, and with `http-1` one for
//! servers, which sets [deadlines](crate::deadline). Feature `tower-service-0_3`.
//!
//! ```
//! # extern crate tower_layer_0_3 as tower_layer; // as users name it
//! # extern crate tower_service_0_3 as tower_service;
//! use redress::Policy;
//! use redress::contrib::tower_service_0_3::RetryLayer;
//! use tower_layer::Layer as _;
//! use tower_service::Service;
//!
//! async fn ask<S>(client: S) -> Result<String, redress::Error<S::Error>>
//! where
//!     S: Service<String, Response = String> + Clone + Send + 'static,
//!     S::Future: Send,
//!     S::Error: std::error::Error + Send + 'static,
//! {
//!     let layer = RetryLayer::new(Policy::recommended()); // a layer of a `ServiceBuilder`, too
//!     let mut client = layer.layer(client);
//!     std::future::poll_fn(|cx| client.poll_ready(cx)).await?;
//!     client.call("question".to_owned()).await
//! }
//! ```
//!
//! # Readiness
//!
//! `poll_ready` is that of the service inside. The service that was ready makes the first attempt, and each
//! further attempt waits for a fresh clone to be ready: so a `Buffer` or a limit of concurrency inside is never
//! called without its permit, and the attempt timeout and the deadline bound the wait in its queue, too. An
//! error of readiness ends the call.
//!
//! # Where it stands
//!
//! | layer | place | because |
//! |---|---|---|
//! | a timeout of each attempt | inside, or `attempt_timeout` of the policy | |
//! | `ConcurrencyLimit`, `Buffer` | inside | outside, a call that waits holds a permit |
//! | `LoadShed` | inside | its `Overloaded` is UNKNOWN unless a classifier says otherwise |
//!
//! The errors of some layers, such as `Buffer` and `Timeout`, are boxes, which are no [`Error`](std::error::Error)
//! themselves. The classifier of a policy outside of them says what is in the box:
//!
//! ```
//! use redress::Policy;
//! use redress::classify::classify_dyn;
//! use redress::contrib::tower_service_0_3::RetryLayer;
//!
//! type BoxError = Box<dyn std::error::Error + Send + Sync>;
//!
//! let policy = Policy::builder().classifier(|error: &BoxError| classify_dyn(&**error)).build()?;
//! let layer = RetryLayer::new(policy);
//! # let _ = layer;
//! # Ok::<_, redress::ConfigError>(())
//! ```
//!
//! A response that the policy takes for a failure is kept until the next attempt returns, and with it its
//! connection. For a client of HTTP prefer [an integration](super) that empties it.

#[cfg(feature = "http-1")]
mod deadline;
mod service;

#[cfg(feature = "http-1")]
pub use deadline::{DeadlineLayer, Deadlines};
pub use service::{Cloned, CopiedBy, CopyRequest, ResponseFuture, Retry, RetryLayer};

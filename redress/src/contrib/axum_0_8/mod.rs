//! Servers of [`axum`](::axum_0_8) 0.8. Feature `axum-0_8`.
//!
//! A handler that calls other services lets [`Unavailable`] answer where a policy has refused, and [`operation`] name what
//! it does:
//!
//! ```no_run
//! # extern crate axum_0_8 as axum; // as users name it
//! use std::sync::LazyLock;
//! use axum::Router;
//! use axum::routing::get;
//! use redress::Policy;
//! use redress::contrib::axum_0_8::{DeadlineLayer, Unavailable};
//!
//! static ORDERS: LazyLock<Policy> = LazyLock::new(|| {
//!     let policy = Policy::builder().recommended().inherit_deadline().leave_retries_to_caller();
//!     policy.build().unwrap()
//! });
//!
//! async fn fetch() -> std::io::Result<String> {
//!     Ok("orders".to_owned()) // asks another service
//! }
//!
//! async fn orders() -> Result<String, Unavailable> {
//!     Ok(ORDERS.call_async(fetch).await?)
//! }
//!
//! let app: Router = Router::new().route("/orders", get(orders)).layer(DeadlineLayer::new());
//! # let _ = app;
//! ```
//!
//! # What a policy's error is answered with
//!
//! | the call stopped | status | header |
//! |---|---|---|
//! | `CIRCUIT_OPEN` | 503 | `retry-after`, while the breaker refuses |
//! | `BUDGET_EXHAUSTED`, `NO_THREAD`, `ABORTED`, `SCHEDULED` | 503 | |
//! | `DEADLINE_EXCEEDED`, or its last attempt was cut off | 504 | |
//! | for any other reason: the service that was asked has failed | 502 | |
//!
//! Nothing of the error itself is in the answer: log it where it is made.
//!
//! # Handlers that were undone
//!
//! A handler that has failed may have done a part of its work, so by itself it is not run again: that would do the
//! part twice, and double the load when there is most of it. What failed is retried where it failed: the call
//! inside of the handler, the transaction that was rolled back.
//!
//! Where that is the whole of the handler, it can say so. [`RetryLayer`] runs a handler again whose response is
//! marked as [`Undone`], and no other:
//!
//! | request | runs |
//! |---|---|
//! | its body is at most as long as [`body_limit`](RetryLayer::body_limit) | as the policy says |
//! | its body is longer, has trailers, or was cut off | once, with the body as it is |
//! | `CONNECT`, or with an `Upgrade` header | once; the policy does not see it |
//!
//! The body is read before the handler runs, up to the limit. So a handler that answers while it still reads a
//! body of unknown length stands on a route without the layer. Extensions are cloned for each run.

mod buffered;
mod layer;
mod operation;
mod unavailable;
mod undone;

pub use layer::{Rerun, RetryLayer};
pub use operation::operation;
pub use unavailable::Unavailable;
pub use undone::Undone;

pub use super::tower_service_0_3::{DeadlineLayer, Deadlines};

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
//! # Why handlers are not repeated
//!
//! A handler that has failed may have done a part of its work, and has read its body; to run it again doubles the
//! load when there is most of it. What failed is retried where it failed: the call inside of the handler, the
//! transaction that was rolled back.

mod operation;
mod unavailable;

pub use operation::operation;
pub use unavailable::Unavailable;

pub use super::tower_service_0_3::{DeadlineLayer, Deadlines};

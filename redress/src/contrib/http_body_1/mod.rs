//! A client-side layer of tower for requests of HTTP with any [`Body`](::http_body_1::Body). Feature `http-body-1`.
//!
//! ```no_run
//! # extern crate bytes_1 as bytes; // as users name them
//! # extern crate http_1 as http;
//! # extern crate http_body_1 as http_body;
//! # extern crate tower_layer_0_3 as tower_layer;
//! # extern crate tower_service_0_3 as tower_service;
//! use http::{Request, Response};
//! use http_body::Body;
//! use redress::Policy;
//! use redress::contrib::http_body_1::{HttpRetryLayer, ReplayBody};
//! use tower_layer::Layer as _;
//! use tower_service::Service as _;
//!
//! /// `client` is hyper-util's `Client<_, ReplayBody<String>>`, for example.
//! async fn put<S, A>(client: S) -> Result<u16, redress::Error<S::Error>>
//! where
//!     S: tower_service::Service<Request<ReplayBody<String>>, Response = Response<A>> + Clone,
//!     S::Error: std::error::Error + 'static,
//!     A: Body,
//! {
//!     let mut client = HttpRetryLayer::new(Policy::recommended()).layer(client);
//!     std::future::poll_fn(|cx| client.poll_ready(cx)).await?;
//!     let request = Request::put("http://localhost/orders/7").body("socks".to_owned());
//!     let response = client.call(request.expect("a valid URI")).await?;
//!     Ok(response.status().as_u16())
//! }
//! ```
//!
//! # What is sent again
//!
//! What [the table](super::http_1#which-requests-may-be-repeated) says: a POST without an `Idempotency-Key` only if
//! it was not applied. A last response that says no is returned as it is.
//!
//! A body is recorded while it is sent, by [`ReplayBody`], which copies no bytes of bodies that are
//! [`Bytes`](::bytes_1::Bytes): the first attempt waits for nothing. Bodies must be `Unpin`; those that are not are so in a
//! box.
//!
//! | body | sent again |
//! |---|---|
//! | none, or at most as long as [`replay`](HttpRetryLayer::replay) says | yes |
//! | longer | no, unless nothing of it was sent; the call ends with [`RetryForbidden`](crate::StopReason::RetryForbidden) |
//! | its source has failed | no |
//!
//! # What is told
//!
//! A policy without an operation of its own has calls named by the method and the host, as in `GET api.example.com`,
//! since paths hold numbers that no metric should have. Under a policy that
//! [inherits deadlines](crate::PolicyBuilder::inherit_deadline), what is left is sent on with each attempt, as
//! [`http_1::write_scope`](super::http_1::write_scope) writes it.
//!
//! # What is held
//!
//! Of a failed response at most 64 KiB are read, for at most a second and inside of the attempt. So its
//! connection can be used again, and a call that waits holds none. A policy with one attempt records nothing,
//! and what is recorded is forgotten when the call ends.
//!
//! Futures of calls need tokio's timer.

mod emptied;
mod layer;
mod replay;

pub use emptied::ResponseBody;
pub use layer::{HttpResponseFuture, HttpRetry, HttpRetryLayer};
pub use replay::ReplayBody;

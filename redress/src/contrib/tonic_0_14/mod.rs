//! [`tonic`](::tonic_0_14) 0.14. Feature `tonic-0_14`.
//!
//! # What a status means
//!
//! A [`Status`](::tonic_0_14::Status) that tonic's client made has a cause, and the cause counts: which
//! code tonic gives it depends on tonic's feature `server`, which any crate of the program may turn on.
//! A status that came from the server counts by its code.
//!
//! | first that fits | class | unsent |
//! |---|---|---|
//! | `TimeoutExpired`: the timeout of the channel or of the request | TRANSIENT | no |
//! | `ConnectError`: refused, DNS, a timeout | TRANSIENT | yes |
//! | `ConnectError`: a certificate that is not trusted | PERMANENT | yes |
//! | a cause that is an error of `hyper`, `h2` or the system | [as that](super::hyper_1) | |
//! | a proxy's answer 429 | RATE_LIMIT | no |
//! | a code | as [`grpc_code`] | no |
//!
//! # What the server asks for
//!
//! | first that is there | hint |
//! |---|---|
//! | `grpc-retry-pushback-ms`, a number | so many milliseconds |
//! | `grpc-retry-pushback-ms`, negative or unreadable | [no retry](crate::Classification::no_retry) |
//! | `google.rpc.RetryInfo` among the details | its delay |
//! | `retry-after-ms`, `Retry-After`, which a proxy sends | as [`retry_after`] reads it |
//!
//! # A channel that repeats calls
//!
//! [`GrpcRetryLayer`] is a layer for a channel, so generated clients work with it as they do without:
//!
//! ```no_run
//! # extern crate tonic_0_14 as tonic; // as users name them
//! # extern crate tower_layer_0_3 as tower_layer;
//! # extern crate tower_service_0_3 as tower_service;
//! use redress::Policy;
//! use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
//! use tonic::client::GrpcService;
//! use tower_layer::Layer as _;
//!
//! /// `channel` is a `tonic::transport::Channel`, for example; then `OrdersClient::new(retried(channel))`.
//! fn retried<S: GrpcService<tonic::body::Body>>(channel: S) -> GrpcRetry<S> {
//!     let layer = GrpcRetryLayer::new(Policy::recommended());
//!     layer.idempotent(["/shop.Orders/Get", "/shop.Orders/List"]).layer(channel)
//! }
//! ```
//!
//! A call is decided when the head of its response comes: from then on it is committed, and its stream is the
//! caller's. A failure that stands in the head itself, which is how servers answer before they have begun, or an
//! answer of a proxy, is one that may be repeated. A failure in trailers behind a head is not seen here:
//! `#[retry]` on a function that makes the call sees it.
//!
//! | the attempt | a listed method | every other one |
//! |---|---|---|
//! | was not sent, or refused by HTTP/2: `REFUSED_STREAM`, a GOAWAY that did not take it | again | again |
//! | was answered with a pushback that is a number | again, by its class, after so long | the same |
//! | was answered with a pushback that is negative or unreadable | no | no |
//! | failed otherwise | again, by its class | no: it may have been applied |
//! | has sent more than [`replay`](GrpcRetryLayer::replay) says, or an error | no | no |
//!
//! | header | is sent |
//! |---|---|
//! | `grpc-timeout` | if the request has a timeout: it is one of the whole call, so each attempt is told what is left of it, and no more than the deadline and the attempt timeout leave; if the policy [inherits](crate::PolicyBuilder::inherit_deadline) deadlines: what is left |
//! | `grpc-previous-rpc-attempts` | from the second attempt on that the server may have seen |
//! | `redress-attempt` | if the policy inherits deadlines |
//!
//! A server may end a stream at the time that it is told, long after the head: give streams that have
//! a timeout a policy of no shorter deadline. A request without a timeout gets none from a policy's own deadline.
//!
//! The client gets the [`Status`](::tonic_0_14::Status) of the last attempt. Where there is none, as from an open
//! breaker, it is `UNAVAILABLE`, after a deadline `DEADLINE_EXCEEDED`, with the policy's
//! [`Error`](crate::Error) as its source. The operation is named as in `shop.Orders/Get`, if there are observers.
//!
//! A policy whose classifier does not classify a `Status` is not one for this layer; a result classifier is
//! asked about responses that have begun, and its failures count, but are not repeated.
//!
//! Futures of calls with a timeout need tokio's timer, as those of tonic's channel do.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | pushback, what commits a call, what is repeated unseen | [gRFC A6] |
//! | `grpc-timeout` | [gRPC over HTTP/2], "Requests" |
//! | `RetryInfo` | [error_details.proto] |
//! | what a proxy's answer becomes | [HTTP to gRPC status code mapping] |
//!
//! [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
//! [gRPC over HTTP/2]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
//! [error_details.proto]: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
//! [HTTP to gRPC status code mapping]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
//! [`grpc_code`]: crate::classify::grpc_code
//! [`retry_after`]: super::http_1::retry_after()

mod head;
mod layer;
mod methods;
mod request;
mod retry_info;
mod status;

pub use layer::{GrpcResponseFuture, GrpcRetry, GrpcRetryLayer};
pub use methods::{rpc_method_name, rpc_service_name};
pub(super) use status::classify_link;

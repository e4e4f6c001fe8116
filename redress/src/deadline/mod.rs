//! Deadlines between services: how much time the caller of this program leaves, and whether it tries again.
//!
//! A service that goes on after its caller has given up works for nothing, and a chain of services that each
//! retry multiplies requests: three layers of four attempts are 64. Both are known where the request comes
//! in, and needed where the next one goes out:
//!
//! | where | what | by |
//! |---|---|---|
//! | a request comes in | a [`Scope`] is set from its headers | `DeadlineLayer` of `contrib::tower_service_0_3`, or [`Scope::attach`] |
//! | a policy is asked | it stops when the caller does, if it says so | [`inherit_deadline`](crate::PolicyBuilder::inherit_deadline) |
//! | | it makes one attempt if the caller makes more, if it says so | [`leave_retries_to_caller`](crate::PolicyBuilder::leave_retries_to_caller) |
//! | work is spawned | the scope goes along only when asked to; with attempts on [threads](crate::Policy::call_detached) it goes | [`attach`] |
//! | a request goes out | what is left is sent on, rounded down | `contrib::reqwest_0_13`; [`Attempt::scope`](crate::Attempt::scope) and `contrib::http_1::write_scope` |
//!
//! Times between services are relative, as in `grpc-timeout`: clocks of machines differ. What the network
//! takes is not seen, so a receiver believes that it has a little more than it has: the layer can subtract a
//! margin.
//!
//! ```
//! use std::time::Duration;
//! use redress::deadline::Scope;
//! use redress::{Policy, StopReason};
//!
//! let policy = Policy::builder().inherit_deadline().build()?;
//! let late = Scope::new(Duration::ZERO); // the caller has given up
//! let refused = late.run(|| policy.call(|| Ok::<_, std::io::Error>("work"))).unwrap_err();
//! assert_eq!(refused.stop_reason(), StopReason::DeadlineExceeded);
//! assert_eq!(refused.attempts(), 0);
//! # Ok::<_, redress::ConfigError>(())
//! ```
//!
//! A policy without `inherit_deadline` sees nothing of a scope, and pays nothing for there being such things.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | `grpc-timeout` | [gRPC over HTTP/2], "Requests" |
//! | `x-envoy-expected-rq-timeout-ms`, `x-envoy-attempt-count` | [Envoy's HTTP header reference] |
//! | one layer of a stack retries | "Site Reliability Engineering", chapter 22, "Retries" |
//!
//! [gRPC over HTTP/2]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
//! [Envoy's HTTP header reference]: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter

mod current;
mod grpc_timeout;
mod in_scope;
mod scope;

pub use grpc_timeout::{grpc_timeout, parse_grpc_timeout};
pub use in_scope::{InScope, attach};
pub use scope::{Scope, remaining};

//! [`reqwest`](::reqwest_0_13) 0.13. Feature `reqwest-0_13`.
//!
//! Any request is retried under any policy, and reading the body is part of the attempt:
//!
//! ```no_run
//! # extern crate reqwest_0_13 as reqwest; // as users name it
//! use redress::Policy;
//! use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
//!
//! async fn page(http: &reqwest::Client, policy: &Policy) -> Result<String, Failure> {
//!     Ok(http.get("https://example.com/").retry(policy).text().await?)
//! }
//! ```
//!
//! [`Client`] has the same verbs and a policy for each host. In a function with `#[retry]`, [`Failure`] is the
//! error and [`CheckExt::check`] makes one of a response.
//!
//! [`RetriedRequest::download`] makes a [`Download`], which goes on where it was when its connection is lost.
//!
//! The blocking client has the same in `blocking`, feature `reqwest-0_13-blocking`.
//!
//! # What is sent again
//!
//! | failure | GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE, and with a key | POST, PATCH and others |
//! |---|---|---|
//! | not sent, or refused by HTTP/2 | again | again |
//! | 408, 409, 421, 423, 425, 429; 413 and 503 with Retry-After | again | again |
//! | every other 5xx, a timeout, a reset, an answer that is cut | again | no: [`MayHaveBeenApplied`] |
//! | 501, 505, 511 | no | no |
//! | every other status | is an answer | is an answer |
//! | any, if the body is a stream, which can be sent once | no: [`RetryForbidden`] | no |
//!
//! [`RetryExt::idempotency_key`] sends a key in each attempt; [`RetriedRequest::idempotent`] says that a POST
//! only reads. A request that is built anew in each attempt, in a function with `#[retry]`, is not known:
//! there a POST needs `#[retry(once)]`.
//!
//! An answer is returned by `send`, and an error of `text` and the others if it is 400 or above; it is a
//! success to the policy, since the server is well.
//!
//! # What becomes of a failed response
//!
//! Its body is read before the pause, for at most 64 KiB and a second, so that its connection can be used
//! again, and nothing of it is held while the call waits. The last one is returned with what was read.
//!
//! # Time
//!
//! The policy's `attempt_timeout` and deadline cut an attempt off, the body included as far as it is part of the
//! attempt. The timeout of the request and that of its client hold for each attempt, too.
//!
//! A policy that [inherits deadlines](crate::PolicyBuilder::inherit_deadline) tells the server how much time is
//! left, in `x-envoy-expected-rq-timeout-ms`, and which attempt it is, in `redress-attempt`:
//! [`write_scope`](super::http_1::write_scope).
//!
//! reqwest repeats some requests by itself, which the policy does not see: a request that HTTP/2 refuses is
//! sent three times in each attempt. Build the client with `.retry(reqwest::retry::never())`.
//!
//! [`MayHaveBeenApplied`]: crate::StopReason::MayHaveBeenApplied
//! [`RetryForbidden`]: crate::StopReason::RetryForbidden
//!
//! # What an error means
//!
//! | [`reqwest::Error`](::reqwest_0_13::Error) | class | unsent |
//! |---|---|---|
//! | a status, from `error_for_status` | as [`http_1::response`] without headers; 4xx as [`http_status`] | 408, 421, 425, 429 |
//! | builder: a URL or a header that is wrong | PERMANENT | yes |
//! | redirect, upgrade | PERMANENT | no |
//! | connect: refused, reset, DNS, a timeout | TRANSIENT | yes |
//! | connect: a certificate that is not trusted | PERMANENT | yes |
//! | connect, and no I/O error says why: TLS that is not compiled in, a proxy's refusal | UNKNOWN | yes |
//! | every other timeout | TRANSIENT | no |
//! | caused by an error of `hyper`, `h2` or the system | [as that](super::hyper_1) | no, once an answer has begun |
//! | decode, and none of these: JSON that does not fit | PERMANENT | no |
//! | everything else | UNKNOWN | no |
//!
//! Unsent is said of the request that failed. Where redirects are followed, that may be one after a
//! request that was answered: turn them off for a client whose requests must not be applied twice.
//!
//! [`http_1::response`]: super::http_1::response()
//! [`http_status`]: crate::classify::http_status

mod attempt;
#[cfg(feature = "reqwest-0_13-blocking")]
pub mod blocking;
mod call;
mod client;
mod download;
mod emptied;
mod ended;
mod errors;
mod failure;
mod per_host;
mod sent;

use std::error::Error;

pub use call::{RetriedRequest, RetryExt};
pub use client::Client;
pub use download::{Discontinued, Discontinuity, Download};
pub use failure::{CheckExt, Failure};

use crate::classify::Classification;

pub(super) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    errors::classify_link(link).or_else(|| failure::classify_link(link))
}

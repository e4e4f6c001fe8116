//! [`ureq`](::ureq_3) 3. Feature `ureq-3`.
//!
//! An [`Agent`] has the verbs of ureq's and a policy:
//!
//! ```no_run
//! # extern crate ureq_3 as ureq; // as users name it
//! use redress::Policy;
//! use redress::contrib::ureq_3::Agent;
//!
//! let api = Agent::new(ureq::agent(), Policy::recommended());
//! println!("{}", api.get("https://api.example.com/users/5").text()?);
//! # Ok::<_, redress::Error<ureq::Error>>(())
//! ```
//!
//! # What is sent again
//!
//! The rule is that of every client: see [the table](super::http_1#which-requests-may-be-repeated). A POST
//! is sent again if it was not sent, if the server says that it did not act, or with a key. Bodies are those
//! that can be [sent again](Repeatable).
//!
//! Unsent is said of the request that failed. Where redirects are followed, that may be one after a request
//! that was answered: set `max_redirects(0)` for an agent whose requests must not be applied twice.
//!
//! # What becomes of a failed response
//!
//! Its body is read before the pause, for at most 64 KiB, so that its connection can be used again. The last
//! one is returned with what was read; reading on is an error where there was more.
//!
//! # Time
//!
//! A sync call cannot be cut off. So each attempt gets a `timeout_global` of what the policy's attempt timeout
//! and its deadline leave, if the agent's own is not shorter.
//!
//! A policy that [inherits deadlines](crate::PolicyBuilder::inherit_deadline) tells the server how much time is
//! left, in `x-envoy-expected-rq-timeout-ms`, and which attempt it is, in `redress-attempt`:
//! [`write_scope`](super::http_1::write_scope).
//!
//! # What an error means
//!
//! | [`ureq::Error`](::ureq_3::Error) | class | unsent |
//! |---|---|---|
//! | `StatusCode` | as [`http_1::response`] without headers; 4xx as [`http_status`] | 408, 421, 425, 429 |
//! | `Timeout` of DNS or of connecting, `HostNotFound`, `ConnectionFailed`, `ConnectProxyFailed` | TRANSIENT | yes |
//! | every other `Timeout` | TRANSIENT | no |
//! | `Io`: refused, a name that is not found | TRANSIENT | yes |
//! | every other `Io` | by its kind, see [`io_error_kind`] | no |
//! | `Other` | by its cause, if that is an I/O error | no |
//! | a wrong request, an answer that is no HTTP, TLS, redirects, JSON | PERMANENT | no |
//! | everything else | UNKNOWN | no |
//!
//! A host that is unreachable is not unsent: an established connection can say so, too.
//!
//! [`http_1::response`]: super::http_1::response()
//! [`http_status`]: crate::classify::http_status
//! [`io_error_kind`]: crate::classify::io_error_kind

mod agent;
mod errors;

pub use agent::{Agent, Repeatable, RetriedRequest};
pub(super) use errors::classify_link;

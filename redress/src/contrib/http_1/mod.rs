//! Responses and requests of [`http`](::http_1) 1, the types that hyper, reqwest, ureq, axum and
//! tonic share. Feature `http-1`.
//!
//! [`of_response`] is the result classifier of a policy whose calls return an
//! [`http::Response`](::http_1::Response) of any body:
//!
//! ```
//! # extern crate http_1 as http; // as users name it
//! use http::{Response, StatusCode};
//! use redress::contrib::http_1;
//! use redress::{Policy, StopReason};
//! # use redress::testing::VirtualClock;
//!
//! # let clock = VirtualClock::new();
//! let policy = Policy::builder()
//!     .result_classifier(http_1::of_response)
//! #   .clock(clock.clone())
//!     .build()?;
//!
//! // In a program: `client.send(request.clone())`.
//! let mut answers = [(503, "2"), (404, "")].into_iter();
//! let mut send = || {
//!     let (status, retry_after) = answers.next().unwrap();
//!     Response::builder().status(status).header("retry-after", retry_after).body("...")
//! };
//! let outcome = policy.execute(&mut send);
//! assert_eq!(outcome.attempts, 2); // the second one after two seconds, as the server asked
//! assert_eq!(outcome.stop_reason, None); // a 404 is an answer
//! assert_eq!(outcome.into_result().unwrap().status(), StatusCode::NOT_FOUND);
//! # assert!(clock.sleeps()[0] >= std::time::Duration::from_secs(2));
//! # Ok::<_, redress::ConfigError>(())
//! ```
//!
//! # Which requests may be repeated
//!
//! A result classifier does not see the request, so the policy above repeats a POST as it does a
//! GET. Whether that is right depends on both sides: [`may_repeat`] says it of the request alone,
//! [`may_repeat_after`] once there is a response.
//!
//! | response | [`response`] | repeatable request | other request |
//! |---|---|---|---|
//! | 1xx, 2xx, 3xx | `None` | | |
//! | 408, 421, 425 | TRANSIENT | again | again |
//! | 409, 423 | CONCURRENCY | again | again |
//! | 413 with a hint | TRANSIENT | again | again |
//! | 429 | RATE_LIMIT | again | again |
//! | 503 with a hint | SERVER_ERROR | again | again |
//! | 501, 505, 511 | PERMANENT | no | no |
//! | every other 5xx, and 600 to 999 | SERVER_ERROR | again | no: it may have been applied |
//! | every other 4xx, 412 among them | `None` | no | no |
//!
//! A hint is what [`retry_after`] reads. Where any request may be sent again, the server says that
//! it did not act on this one, or asks for it later. Where it did not act, which 409 and 423 leave
//! open, [`response`] is [unsent](crate::Classification::unsent): so a policy that is
//! [`once`](crate::PolicyBuilder::once) is one for POST.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | idempotent methods; when a client may repeat a request | [RFC 9110], section 9.2.2 |
//! | QUERY | RFC 10008 |
//! | Retry-After and its forms | RFC 9110, sections 10.2.3 and 5.6.7 |
//! | 408, 409, 412, 413, 421, and codes that do not exist | RFC 9110, sections 15 and 15.5 |
//! | 501, 505 | RFC 9110, section 15.6 |
//! | 423 | RFC 4918, section 11.3 |
//! | 425 | [RFC 8470], section 5.2 |
//! | 429, 511 | [RFC 6585], sections 4 and 6 |
//! | Idempotency-Key | [draft-ietf-httpapi-idempotency-key-header] |
//! | `retry-after-ms` | no standard: OpenAI and Azure send it |
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110
//! [RFC 8470]: https://www.rfc-editor.org/rfc/rfc8470
//! [RFC 6585]: https://www.rfc-editor.org/rfc/rfc6585
//! [draft-ietf-httpapi-idempotency-key-header]: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

mod errors;
mod request;
mod response;
mod retry_after;
mod scope;

pub(super) use errors::classify_link;
pub use request::may_repeat;
pub use response::{may_repeat_after, of_response, response};
pub use retry_after::retry_after;
#[cfg(feature = "tower-service-0_3")]
pub(crate) use scope::scope_within;
#[cfg(any(feature = "http-body-1", feature = "reqwest-0_13", feature = "ureq-3"))]
pub(crate) use scope::send_on;
pub use scope::{scope, write_scope};

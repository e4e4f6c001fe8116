//! [`reqwest`](::reqwest_0_13) 0.13. Feature `reqwest-0_13`.
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
//! | caused by an error of `hyper`, `h2` or the system | [as that](super::hyper_1) | |
//! | decode, and none of these: JSON that does not fit | PERMANENT | no |
//! | everything else | UNKNOWN | no |
//!
//! Unsent is said of the request that failed. Where redirects are followed, that may be one after a
//! request that was answered: turn them off for a client whose requests must not be applied twice.
//!
//! [`http_1::response`]: super::http_1::response()
//! [`http_status`]: crate::classify::http_status

mod errors;

pub(super) use errors::classify_link;

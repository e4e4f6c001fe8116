//! [`ureq`](::ureq_3) 3. Feature `ureq-3`.
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

mod errors;

pub(super) use errors::classify_link;

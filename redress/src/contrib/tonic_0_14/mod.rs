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
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | pushback | [gRFC A6] |
//! | `RetryInfo` | [error_details.proto] |
//! | what a proxy's answer becomes | [HTTP to gRPC status code mapping] |
//!
//! [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
//! [error_details.proto]: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
//! [HTTP to gRPC status code mapping]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
//! [`grpc_code`]: crate::classify::grpc_code
//! [`retry_after`]: super::http_1::retry_after()

mod retry_info;
mod status;

pub(super) use status::classify_link;

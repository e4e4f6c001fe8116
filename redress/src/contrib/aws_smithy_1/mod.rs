//! Errors of the AWS SDK for Rust, and of every other client that smithy makes. Feature `aws-smithy-1`.
//!
//! [`SdkError`] says what it means, whatever the service:
//!
//! ```
//! # extern crate aws_smithy_runtime_api_1 as aws_smithy_runtime_api; // as users name it
//! # extern crate aws_smithy_types_1 as aws_smithy_types;
//! use std::time::Duration;
//!
//! use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
//! use aws_smithy_runtime_api::client::result::SdkError;
//! use aws_smithy_types::body::SdkBody;
//! use aws_smithy_types::error::ErrorMetadata;
//! use redress::{Classify, ErrorClass, Policy};
//!
//! // What `client.put_item().send().await` fails with has an error of the operation in this place.
//! type PutItem = SdkError<ErrorMetadata, HttpResponse>;
//!
//! let policy = Policy::builder().classifier(PutItem::classify).build()?;
//!
//! let mut response = HttpResponse::new(400.try_into()?, SdkBody::empty());
//! response.headers_mut().insert("x-amz-retry-after", "1500");
//! let code = ErrorMetadata::builder().code("ProvisionedThroughputExceededException").build();
//! let throttled = PutItem::service_error(code, response).classify();
//! assert_eq!(throttled.class(), ErrorClass::RateLimit);
//! assert_eq!(throttled.retry_after_hint(), Some(Duration::from_millis(1500)));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! `#[retry]` asks by itself; a policy is told to, as above, because its default classifier cannot
//! look into a type with parameters. In a chain it knows [`ErrorMetadata`], which is there for errors that
//! a service has not modelled, throttling among them.
//!
//! | error | class |
//! |---|---|
//! | `ServiceError` | [`aws_error_code`] of the code and the status; without a code [`http_status`](crate::classify::http_status()) |
//! | `TimeoutError`, `ResponseError` | TRANSIENT; both may have been applied |
//! | `DispatchFailure`, by the connector | I/O and timeouts TRANSIENT, the user's mistakes PERMANENT, else by its kind |
//! | `DispatchFailure` of another kind, `ConstructionFailure` | by what is behind it, else UNKNOWN and PERMANENT |
//!
//! The hint is `x-amz-retry-after`, in milliseconds, else `Retry-After`.
//!
//! **The SDK retries, too**, three times where nothing else is set: give its client
//! `RetryConfig::disabled()`, or the attempts multiply.

use std::error::Error;
use std::time::{Duration, SystemTime};

use ::aws_smithy_runtime_api_1::client::orchestrator::HttpResponse;
use ::aws_smithy_runtime_api_1::client::result::{DispatchFailure, SdkError};
use ::aws_smithy_types_1::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use ::aws_smithy_types_1::retry::ErrorKind;

use crate::classify::{
    Classification, Classify, ErrorClass, aws_error_code, classify_dyn, find, retry_after,
};

impl Classify for ErrorMetadata {
    /// Classifies by the code.
    fn classify(&self) -> Classification {
        aws_error_code(self.code().unwrap_or_default(), None).into()
    }
}

impl<E> Classify for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn classify(&self) -> Classification {
        let hint = self.raw_response().and_then(hint);
        let said = match self {
            Self::ServiceError(error) => {
                let code = error.err().code().unwrap_or_default();
                let status = error.raw().status().as_u16();
                aws_error_code(code, Some(status)).into()
            }
            Self::TimeoutError(_) | Self::ResponseError(_) => ErrorClass::Transient.into(),
            Self::DispatchFailure(failure) => dispatch(failure, self.source()),
            Self::ConstructionFailure(_) => behind(self.source(), ErrorClass::Permanent),
            _ => ErrorClass::Unknown.into(),
        };
        match hint {
            Some(hint) => said.retry_after(hint),
            None => said,
        }
    }
}

fn dispatch(failure: &DispatchFailure, source: Option<&(dyn Error + 'static)>) -> Classification {
    if failure.is_timeout() || failure.is_io() {
        return ErrorClass::Transient.into();
    }
    if failure.is_user() {
        return ErrorClass::Permanent.into();
    }
    match failure.as_other() {
        Some(ErrorKind::TransientError) => ErrorClass::Transient.into(),
        Some(ErrorKind::ThrottlingError) => ErrorClass::RateLimit.into(),
        Some(ErrorKind::ServerError) => ErrorClass::ServerError.into(),
        Some(ErrorKind::ClientError) => ErrorClass::Permanent.into(),
        _ => behind(source, ErrorClass::Unknown),
    }
}

/// Classifies what is behind an error; where that is UNKNOWN, `class` is the answer.
fn behind(source: Option<&(dyn Error + 'static)>, class: ErrorClass) -> Classification {
    let said = source.map(classify_dyn);
    said.filter(|said| said.class() != ErrorClass::Unknown || said.is_abort())
        .unwrap_or_else(|| class.into())
}

/// Reads how long the service asks to wait.
fn hint(response: &HttpResponse) -> Option<Duration> {
    let headers = response.headers();
    let exact = headers.get("x-amz-retry-after");
    exact
        .and_then(|millis| millis.trim().parse().ok().map(Duration::from_millis))
        .or_else(|| retry_after(headers.get("retry-after")?, SystemTime::now()))
}

pub(super) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    let said = find::<ErrorMetadata>(link)?.classify();
    // An unknown code leaves it to what else is in the chain.
    (said.class() != ErrorClass::Unknown).then_some(said)
}

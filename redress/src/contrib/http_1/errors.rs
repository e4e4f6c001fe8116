use std::error::Error;

use ::http_1::header::{InvalidHeaderName, InvalidHeaderValue, MaxSizeReached, ToStrError};
use ::http_1::method::InvalidMethod;
use ::http_1::status::InvalidStatusCode;
use ::http_1::uri::{InvalidUri, InvalidUriParts};

use super::super::says_itself;
use crate::classify::{Classification, Classify, ErrorClass};

/// Makes errors PERMANENT: each says that a part of a message is malformed, and it stays so.
macro_rules! permanent {
    ($($error:ty),* $(,)?) => {
        $(impl Classify for $error {
            /// Returns PERMANENT: the part of a message that was refused is refused again.
            fn classify(&self) -> Classification {
                ErrorClass::Permanent.into()
            }
        })*

        pub(in super::super) fn classify_link(
            link: &(dyn Error + 'static),
        ) -> Option<Classification> {
            None$(.or_else(|| says_itself::<$error>(link)))*
        }
    };
}

permanent!(
    ::http_1::Error,
    InvalidHeaderName,
    InvalidHeaderValue,
    InvalidMethod,
    InvalidStatusCode,
    InvalidUri,
    InvalidUriParts,
    MaxSizeReached,
    ToStrError,
);

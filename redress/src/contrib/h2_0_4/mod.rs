//! Errors of [`h2`](::h2_0_4) 0.4. Feature `h2-0_4`.
//!
//! [`h2::Error`](::h2_0_4::Error) is what stands behind the errors of `hyper`, `reqwest` and `tonic` where
//! they speak HTTP/2; their features turn this one on.
//!
//! | error | class | unsent |
//! |---|---|---|
//! | RST_STREAM by the server: REFUSED_STREAM | TRANSIENT | yes |
//! | GOAWAY by the server, any reason but those below | TRANSIENT | yes |
//! | ENHANCE_YOUR_CALM | RATE_LIMIT | if it came with a GOAWAY |
//! | HTTP_1_1_REQUIRED, INADEQUATE_SECURITY | PERMANENT | if it came with a GOAWAY |
//! | RST_STREAM: INTERNAL_ERROR | SERVER_ERROR | no |
//! | every other reason, CANCEL among them | TRANSIENT | no |
//! | I/O | by its kind, see [`io_error_kind`] | no |
//! | misuse by the caller | PERMANENT | no |
//!
//! A GOAWAY names the last request that the server may have acted on. `h2` gives the error only to
//! requests after it, so none of them was acted on, whatever the reason; requests before it end with an
//! I/O error.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | reasons; GOAWAY and its last stream | [RFC 9113], sections 7 and 6.8 |
//! | that REFUSED_STREAM and GOAWAY make a repetition safe | RFC 9113, section 8.7 |
//!
//! [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113

use std::error::Error as StdError;

use ::h2_0_4::{Error, Reason};

use crate::classify::{Classification, Classify, ErrorClass, io_error_kind};

impl Classify for Error {
    /// Classifies by the reason, and by who ended what: see [the table](self).
    ///
    /// ```
    /// # extern crate h2_0_4 as h2; // as users name it
    /// use redress::{Classify, ErrorClass};
    ///
    /// let calm = h2::Error::from(h2::Reason::ENHANCE_YOUR_CALM);
    /// assert_eq!(calm.classify().class(), ErrorClass::RateLimit);
    /// assert!(!calm.classify().is_unsent()); // it does not say who sent it
    /// ```
    fn classify(&self) -> Classification {
        if let Some(error) = self.get_io() {
            return io_error_kind(error.kind()).into();
        }
        let Some(reason) = self.reason() else {
            // What is left is misuse: a header that HTTP/2 does not have, a stream that is closed.
            return ErrorClass::Permanent.into();
        };
        let not_taken = self.is_remote()
            && (self.is_go_away() || (self.is_reset() && reason == Reason::REFUSED_STREAM));
        let class = match reason {
            Reason::ENHANCE_YOUR_CALM => ErrorClass::RateLimit,
            Reason::HTTP_1_1_REQUIRED | Reason::INADEQUATE_SECURITY => ErrorClass::Permanent,
            Reason::INTERNAL_ERROR if !not_taken => ErrorClass::ServerError,
            _ => ErrorClass::Transient,
        };
        let said = Classification::new(class);
        if not_taken { said.unsent() } else { said }
    }
}

pub(super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    super::says_something::<Error>(link)
}

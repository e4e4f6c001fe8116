//! Errors of [`hyper`](::hyper_1) 1. Feature `hyper-1`.
//!
//! | error | class | unsent |
//! |---|---|---|
//! | canceled: the request never left its queue | TRANSIENT | yes |
//! | parse, user: not HTTP, or a body or a request that is wrong | PERMANENT | no |
//! | caused by an error of `h2` | [as that](super::h2_0_4), with the feature `h2-0_4` | no, once an answer has begun |
//! | caused by I/O | by its kind, see [`io_error_kind`] | no |
//! | the message ended too early, the connection is closed, a timeout | TRANSIENT | no |
//! | everything else | UNKNOWN | no |
//!
//! A connection that the server closes as the next request goes out is not unsent: nothing tells whether
//! the request arrived.

// The link to `h2_0_4` needs its feature.
#![cfg_attr(not(feature = "h2-0_4"), allow(rustdoc::broken_intra_doc_links))]

use std::error::Error as StdError;

use ::hyper_1::Error;

use super::transport;
#[cfg(doc)]
use crate::classify::io_error_kind;
use crate::classify::{Classification, Classify, ErrorClass};

impl Classify for Error {
    /// Classifies by what it says, and by what caused it: see [the table](self).
    ///
    /// ```no_run
    /// # extern crate hyper_1 as hyper; // as users name it
    /// use redress::Classify;
    ///
    /// /// Returns `true` if the server cannot have seen the request.
    /// fn is_unsent(error: &hyper::Error) -> bool {
    ///     error.classify().is_unsent()
    /// }
    /// ```
    fn classify(&self) -> Classification {
        if self.is_canceled() {
            return Classification::new(ErrorClass::Transient).unsent();
        }
        if self.is_parse() || self.is_user() {
            return ErrorClass::Permanent.into();
        }
        if let Some(said) = transport::by_cause(self) {
            // Nothing but its text tells that it is of the body of an answer.
            let is_answered = said.is_unsent() && self.to_string().contains("reading a body");
            return if is_answered {
                transport::answered(&said)
            } else {
                said
            };
        }
        let broken = self.is_incomplete_message() || self.is_closed() || self.is_timeout();
        let class = if broken {
            ErrorClass::Transient
        } else {
            ErrorClass::Unknown
        };
        class.into()
    }
}

pub(super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    super::says_something::<Error>(link)
}

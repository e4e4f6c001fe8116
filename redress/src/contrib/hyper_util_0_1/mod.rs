//! Errors of the client of [`hyper-util`](::hyper_util_0_1) 0.1. Feature `hyper-util-0_1`.
//!
//! | error | class | unsent |
//! |---|---|---|
//! | no connection: refused, reset, DNS, a timeout of the connector | TRANSIENT | yes |
//! | no connection: a certificate that is not trusted | PERMANENT | yes |
//! | no connection, and no I/O error says why: TLS that is not compiled in, a proxy's refusal | UNKNOWN | yes |
//! | caused by an error of `hyper` | [as that](super::hyper_1) | |
//! | everything else | UNKNOWN | no |

use std::error::Error as StdError;

use ::hyper_util_0_1::client::legacy::Error;

use super::transport;
use crate::classify::{Classification, Classify, ErrorClass};

impl Classify for Error {
    /// Classifies by whether there was a connection, and by what caused it: see [the table](self).
    ///
    /// ```no_run
    /// # extern crate hyper_util_0_1 as hyper_util; // as users name it
    /// use hyper_util::client::legacy::Error;
    /// use redress::Policy;
    ///
    /// // The default classifier knows it; this one takes nothing else.
    /// let policy = Policy::builder().classifier(<Error as redress::Classify>::classify).build();
    /// ```
    fn classify(&self) -> Classification {
        if self.is_connect() {
            return transport::not_connected(self);
        }
        transport::by_cause(self).unwrap_or(ErrorClass::Unknown.into())
    }
}

pub(super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    super::says_something::<Error>(link)
}

use std::error::Error as StdError;

use ::http_1::HeaderMap;
use ::reqwest_0_13::Error;

use crate::classify::{Classification, Classify, ErrorClass, http_status};
use crate::contrib::{http_1, says_something, transport};

impl Classify for Error {
    /// Classifies by what reqwest says of it, and by what caused it: see
    /// [the table](super#what-an-error-means).
    ///
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::{Classify, ErrorClass};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let client = reqwest::Client::new();
    /// let closed = client.get("http://127.0.0.1:1").send().await.unwrap_err();
    /// assert_eq!(closed.classify().class(), ErrorClass::Transient);
    /// assert!(closed.classify().is_unsent());
    ///
    /// let wrong = client.get("not a URL").send().await.unwrap_err();
    /// assert_eq!(wrong.classify().class(), ErrorClass::Permanent);
    /// # }
    /// ```
    fn classify(&self) -> Classification {
        if let Some(status) = self.status() {
            // The headers are gone, and with them the hint.
            return http_1::response(status, &HeaderMap::new())
                .unwrap_or_else(|| http_status(status.as_u16()).into());
        }
        if self.is_builder() {
            return Classification::new(ErrorClass::Permanent).unsent();
        }
        if self.is_redirect() || self.is_upgrade() {
            return ErrorClass::Permanent.into();
        }
        if self.is_connect() {
            return transport::not_connected(self);
        }
        if self.is_timeout() {
            return ErrorClass::Transient.into();
        }
        // Then the server has answered, whatever it says of the stream afterwards.
        let is_answered = self.is_decode() || self.is_body();
        match transport::by_cause(self) {
            Some(said) if is_answered => transport::answered(&said),
            Some(said) => said,
            // The body arrived, and is not what it should be.
            None if self.is_decode() => ErrorClass::Permanent.into(),
            None => ErrorClass::Unknown.into(),
        }
    }
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    says_something::<Error>(link)
}

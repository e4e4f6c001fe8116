use std::error::Error as StdError;
use std::time::Duration;

use ::http_1::HeaderMap;
use ::tonic_0_14::{Code, ConnectError, Status, TimeoutExpired};

use super::retry_info;
use crate::classify::{Classification, Classify, ErrorClass, find, grpc_code};
use crate::contrib::{http_1, says_something, transport};

impl Classify for Status {
    /// Classifies by the cause, then by the code, with what the server asks for: see
    /// [the tables](super#what-a-status-means).
    ///
    /// ```
    /// # extern crate tonic_0_14 as tonic; // as users name it
    /// use std::time::Duration;
    /// use redress::{Classify, ErrorClass};
    ///
    /// let mut status = tonic::Status::unavailable("draining");
    /// status.metadata_mut().insert("grpc-retry-pushback-ms", "250".parse().unwrap());
    /// assert_eq!(status.classify().class(), ErrorClass::Transient);
    /// assert_eq!(status.classify().retry_after_hint(), Some(Duration::from_millis(250)));
    ///
    /// status.metadata_mut().insert("grpc-retry-pushback-ms", "-1".parse().unwrap());
    /// assert!(status.classify().is_retry_forbidden());
    /// ```
    fn classify(&self) -> Classification {
        let said = by_cause(self).unwrap_or_else(|| by_code(self).into());
        match pushback(self.metadata().as_ref()) {
            Some(Pushback::After(pause)) => said.retry_after(pause),
            Some(Pushback::Never) => said.no_retry(),
            None => {
                let asked = retry_info::delay(self.details());
                said.retry_after(asked.or_else(|| http_1::retry_after(self.metadata().as_ref())))
            }
        }
    }
}

fn by_cause(status: &Status) -> Option<Classification> {
    for link in transport::behind(status) {
        if find::<TimeoutExpired>(link).is_some() {
            return Some(ErrorClass::Transient.into());
        }
        if find::<ConnectError>(link).is_some() {
            return Some(transport::not_connected(link));
        }
    }
    transport::by_cause(status)
}

fn by_code(status: &Status) -> ErrorClass {
    // The code of 429 is that of 502 to 504; only the text tells.
    if status.code() == Code::Unavailable && status.message().ends_with("HTTP status code 429") {
        return ErrorClass::RateLimit;
    }
    grpc_code(status.code() as i32)
}

/// What the server says about another attempt.
pub(super) enum Pushback {
    After(Duration),
    Never,
}

pub(super) fn pushback(headers: &HeaderMap) -> Option<Pushback> {
    let value = headers.get("grpc-retry-pushback-ms")?;
    let millis = value
        .to_str()
        .ok()
        .and_then(|value| value.trim().parse::<i64>().ok());
    Some(match millis.map(u64::try_from) {
        Some(Ok(millis)) => Pushback::After(Duration::from_millis(millis)),
        _ => Pushback::Never,
    })
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    says_something::<Status>(link)
}

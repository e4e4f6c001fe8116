use std::fmt;

use ::axum_0_8::response::{IntoResponse, Response};

use crate::classify::Classification;

/// Says that nothing is left of what a handler did: its request may be run again, by a
/// [`RetryLayer`](super::RetryLayer).
///
/// Only what has made sure of that may say so: a transaction that was rolled back, a version that was not the
/// expected one. Whatever the handler has sent elsewhere before is done a second time. Without a layer the
/// response is a response like any other.
///
/// ```
/// # extern crate axum_0_8 as axum; // as users name it
/// # extern crate http_1 as http;
/// use axum::response::{IntoResponse, Response};
/// use http::StatusCode;
/// use redress::classify::sqlstate;
/// use redress::contrib::axum_0_8::Undone;
///
/// enum ApiError {
///     /// The transaction was rolled back: the code of the database.
///     RolledBack(String),
///     NotFound,
/// }
///
/// impl IntoResponse for ApiError {
///     fn into_response(self) -> Response {
///         match self {
///             // 40001 is CONCURRENCY, and is run again; 23505 is PERMANENT, and is not.
///             Self::RolledBack(code) => Undone::new(sqlstate(&code)).respond(StatusCode::CONFLICT),
///             Self::NotFound => StatusCode::NOT_FOUND.into_response(),
///         }
///     }
/// }
/// # let _ = (ApiError::NotFound.into_response(), ApiError::RolledBack("40001".to_owned()).into_response());
/// ```
#[derive(Clone)]
pub struct Undone {
    classification: Classification,
}

impl Undone {
    /// Says what has failed, as a class or a [`Classification`]: the policy of the layer decides by it. It is
    /// taken for [unsent](Classification::unsent).
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::contrib::axum_0_8::Undone;
    /// use redress::{Classification, ErrorClass};
    ///
    /// let collided = Undone::new(ErrorClass::Concurrency);
    /// let busy = Undone::new(Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_millis(20)));
    /// # let _ = (collided, busy);
    /// ```
    #[must_use]
    pub fn new(failed: impl Into<Classification>) -> Self {
        Self {
            classification: failed.into().unsent(),
        }
    }

    /// Marks a response, which is sent if the handler is not run again.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name it
    /// use redress::ErrorClass;
    /// use redress::contrib::axum_0_8::Undone;
    ///
    /// let response = Undone::new(ErrorClass::Concurrency).respond((http::StatusCode::CONFLICT, "again, please"));
    /// assert_eq!(response.status(), 409);
    /// ```
    #[must_use]
    pub fn respond(self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        response.extensions_mut().insert(self);
        response
    }

    pub(super) const fn classification(&self) -> &Classification {
        &self.classification
    }

    /// There is no request to run the handler with again.
    pub(super) fn forbid_retry(&mut self) {
        self.classification = self.classification.clone().no_retry();
    }
}

impl fmt::Debug for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undone").finish_non_exhaustive()
    }
}

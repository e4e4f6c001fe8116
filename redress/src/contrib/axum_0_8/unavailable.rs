use std::fmt;
use std::time::Duration;

use ::axum_0_8::response::{IntoResponse, Response};
use ::http_1::{HeaderValue, StatusCode, header};

use crate::error::{Error, Interrupt};
use crate::reason::{Cause, StopReason};

/// The answer where an outbound call has ended without a result: 503 with Retry-After, 504 or 502, as
/// [the page](super#what-a-policys-error-is-answered-with) says.
///
/// It is made of a policy's [`Error`], whatever the operation's own error, and of an
/// [`Interrupt`], so `?` does. It keeps nothing of the operation's error.
///
/// ```
/// use redress::Policy;
/// use redress::contrib::axum_0_8::Unavailable;
///
/// async fn fetch() -> std::io::Result<String> {
///     Ok("orders".to_owned()) // asks another service
/// }
///
/// async fn handler(policy: Policy) -> Result<String, Unavailable> {
///     Ok(policy.call_async(fetch).await?)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl Unavailable {
    fn new(reason: StopReason, cause: Option<Cause>, retry_after: Option<Duration>) -> Self {
        let status = match reason {
            StopReason::CircuitOpen
            | StopReason::BudgetExhausted
            | StopReason::NoThread
            | StopReason::Aborted
            | StopReason::Scheduled => StatusCode::SERVICE_UNAVAILABLE,
            StopReason::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            _ if cause == Some(Cause::Timeout) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self {
            status,
            retry_after,
        }
    }

    /// Returns the status of the answer.
    ///
    /// ```
    /// # extern crate axum_0_8 as axum; // as users name it
    /// # use redress::contrib::axum_0_8::Unavailable;
    /// # use redress::{CircuitBreaker, Policy};
    /// let breaker = CircuitBreaker::new();
    /// breaker.force_open();
    /// let policy = Policy::builder().circuit_breaker(breaker).build()?;
    /// let refused = policy.call(|| Ok::<_, std::io::Error>(())).unwrap_err();
    /// assert_eq!(Unavailable::from(refused).status(), 503);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns after which time a breaker may let a call through again, if one has refused this.
    ///
    /// ```
    /// # extern crate axum_0_8 as axum; // as users name it
    /// # use redress::contrib::axum_0_8::Unavailable;
    /// # use redress::{CircuitBreaker, Policy};
    /// let breaker = CircuitBreaker::new();
    /// breaker.force_open();
    /// let policy = Policy::builder().circuit_breaker(breaker).build()?;
    /// let refused = policy.call(|| Ok::<_, std::io::Error>(())).unwrap_err();
    /// assert!(Unavailable::from(refused).retry_after().is_some());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl<E> From<Error<E>> for Unavailable {
    fn from(error: Error<E>) -> Self {
        Self::new(error.stop_reason(), error.cause(), error.retry_after())
    }
}

impl From<Interrupt> for Unavailable {
    fn from(interrupt: Interrupt) -> Self {
        let cut_off = interrupt.is_attempt_timeout().then_some(Cause::Timeout);
        Self::new(interrupt.stop_reason(), cut_off, interrupt.retry_after())
    }
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(after) = self.retry_after {
            // Whole seconds, and never sooner than it says.
            let whole = after.as_secs();
            let seconds = whole.saturating_add(u64::from(after > Duration::from_secs(whole)));
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an outbound call has failed: {}", self.status)
    }
}

impl std::error::Error for Unavailable {}

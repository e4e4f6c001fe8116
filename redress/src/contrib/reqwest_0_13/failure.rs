use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use ::http_1::response::Parts;
use ::http_1::{HeaderMap, StatusCode};
use ::reqwest_0_13::{Error as TransportError, Response, Url};

use super::download::Discontinued;
use super::ended;
use crate::classify::{
    Classification, Classify, ClassifyAny, ErrorClass, classify_dyn, http_status,
};
use crate::contrib::http_1;
use crate::contrib::kept_body::KeptBody;
use crate::error::{Error, Interrupt};

/// How a request failed: by its response, on the way, while its body was read, or not at all because
/// its call was interrupted.
///
/// It is the error of functions with `#[retry]`, too: [`CheckExt::check`] makes one of a response, and
/// `?` takes a [`reqwest::Error`](TransportError) and, from `attempt_timeout` and its like, an
/// [`Interrupt`].
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// use redress::contrib::reqwest_0_13::{CheckExt as _, Failure};
/// use redress::retry;
///
/// #[retry(attempt_timeout = 2s)] // 404 stops at once, 503 waits as long as the server asks
/// async fn user(http: &reqwest::Client, id: u32) -> Result<String, Failure> {
///     let url = format!("https://api.example.com/users/{id}");
///     Ok(http.get(url).send().await?.check().await?.text().await?)
/// }
/// ```
///
/// `{}` shows the status and the host, `{:#}` also what has caused it, and neither shows the path nor the body,
/// which may hold what a log must not.
pub struct Failure(Box<Inner>);

struct Inner {
    what: What,
    /// The request had a body that can be sent only once.
    spent: bool,
}

#[allow(
    clippy::large_enum_variant,
    reason = "it is in a box already; which is large depends on the features"
)]
enum What {
    Response(FailedResponse),
    /// Without its URL, which its texts would show.
    Transport {
        error: TransportError,
        url: Option<Url>,
    },
    Reading(Box<dyn StdError + Send + Sync>),
    Discontinued(Discontinued),
    Interrupted(Interrupt),
}

/// A response without its connection: the head, and how the body begins.
pub(super) struct FailedResponse {
    parts: Parts,
    url: Url,
    body: Vec<u8>,
    /// The body is all here.
    whole: bool,
}

impl Failure {
    fn new(what: What) -> Self {
        Self(Box::new(Inner { what, spent: false }))
    }

    /// Makes a failure of a response. Its connection is free for the next request if the body is short
    /// and arrives soon, and closed otherwise.
    pub(super) async fn of_response(response: Response) -> Self {
        let url = response.url().clone();
        let mut response = response;
        let (body, whole) = super::emptied::read(&mut response).await;
        let (parts, _) = ::http_1::Response::from(response).into_parts();
        Self::new(What::Response(FailedResponse {
            parts,
            url,
            body,
            whole,
        }))
    }

    /// Makes a failure of a response of the blocking client: see [`of_response`](Self::of_response).
    #[cfg(feature = "reqwest-0_13-blocking")]
    pub(super) fn of_blocking_response(mut response: ::reqwest_0_13::blocking::Response) -> Self {
        let (body, whole) = super::emptied::read_blocking(&mut response);
        let (parts, url) = ended::take_parts(&mut response);
        Self::new(What::Response(FailedResponse {
            parts,
            url,
            body,
            whole,
        }))
    }

    /// Makes a failure of an error of a function that read a response.
    pub(super) fn of_reading(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let error = error.into();
        match error.downcast::<TransportError>() {
            Ok(error) => Self::from(*error),
            Err(error) => match error.downcast::<Self>() {
                Ok(failure) => *failure,
                Err(error) => Self::new(What::Reading(error)),
            },
        }
    }

    pub(super) fn spend(mut self) -> Self {
        self.0.spent = true;
        self
    }

    /// Returns the status of the response; `None` if there was none, or it was a success whose body could
    /// not be read.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn is_missing(failure: &Failure) -> bool {
    ///     failure.status().is_some_and(|status| status == 404)
    /// }
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.what {
            What::Response(response) => Some(response.parts.status),
            What::Transport { error, .. } => error.status(),
            What::Reading(_) | What::Discontinued(_) | What::Interrupted(_) => None,
        }
    }

    /// Returns the headers of the response, if there was one.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn trace(failure: &Failure) -> Option<&str> {
    ///     failure.headers()?.get("x-request-id")?.to_str().ok()
    /// }
    /// ```
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        Some(&self.response()?.parts.headers)
    }

    /// Returns the first 64 KiB of the body of the response; empty if there was none. Its encoding is
    /// whatever the server sent.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn said(failure: &Failure) -> std::borrow::Cow<'_, str> {
    ///     String::from_utf8_lossy(failure.body())
    /// }
    /// ```
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.response().map_or(&[], |response| &response.body)
    }

    /// Returns how long the server asked to wait, as [`http_1::retry_after`] reads it.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn later(failure: &Failure) -> Option<std::time::Instant> {
    ///     std::time::Instant::now().checked_add(failure.retry_after()?)
    /// }
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        http_1::retry_after(self.headers()?)
    }

    /// Returns the URL that failed: the last one, where redirects were followed.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn host(failure: &Failure) -> Option<&str> {
    ///     failure.url()?.host_str()
    /// }
    /// ```
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        match &self.0.what {
            What::Response(response) => Some(&response.url),
            What::Transport { url, .. } => url.as_ref(),
            What::Reading(_) | What::Discontinued(_) | What::Interrupted(_) => None,
        }
    }

    /// Returns the error of the transport, if it was one.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn is_timeout(failure: &Failure) -> bool {
    ///     failure.transport().is_some_and(|error| error.is_timeout())
    /// }
    /// ```
    #[must_use]
    pub fn transport(&self) -> Option<&TransportError> {
        match &self.0.what {
            What::Transport { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Returns why a download cannot go on, if that is the failure.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn arrived(failure: &Failure) -> Option<u64> {
    ///     Some(failure.discontinued()?.position())
    /// }
    /// ```
    #[must_use]
    pub fn discontinued(&self) -> Option<&Discontinued> {
        match &self.0.what {
            What::Discontinued(why) => Some(why),
            _ => None,
        }
    }

    /// Returns why the call was interrupted, if it was.
    ///
    /// ```
    /// use redress::contrib::reqwest_0_13::Failure;
    /// use redress::{CircuitBreaker, Policy};
    ///
    /// let breaker = CircuitBreaker::new();
    /// breaker.force_open();
    /// let policy = Policy::builder().circuit_breaker(breaker).build()?;
    /// let failure: Failure = policy.call(|| Ok::<_, Failure>(5)).unwrap_err().into();
    /// assert!(failure.interrupt().is_some_and(|interrupt| interrupt.is_circuit_open()));
    /// assert_eq!(failure.to_string(), "the call was interrupted: CIRCUIT_OPEN");
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn interrupt(&self) -> Option<&Interrupt> {
        match &self.0.what {
            What::Interrupted(interrupt) => Some(interrupt),
            _ => None,
        }
    }

    /// Returns `true` if the request was sent once only because its body cannot be sent again: a
    /// stream, or a form with files.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// fn hint(failure: &Failure) -> Option<&'static str> {
    ///     failure.is_body_spent().then_some("read the file into memory to have the upload retried")
    /// }
    /// ```
    #[must_use]
    pub fn is_body_spent(&self) -> bool {
        self.0.spent
    }

    fn response(&self) -> Option<&FailedResponse> {
        match &self.0.what {
            What::Response(response) => Some(response),
            _ => None,
        }
    }

    /// Returns `true` if another request may follow this response, whatever the request was.
    pub(super) fn may_follow(&self) -> bool {
        self.response().is_some_and(|response| {
            http_1::may_repeat_after(response.parts.status, &response.parts.headers, false)
        })
    }

    /// Makes the response again, with the body that is here.
    pub(super) fn into_response(self) -> Result<Response, Self> {
        self.into_http().map(Response::from)
    }

    /// Makes the response again, as one of the blocking client.
    #[cfg(feature = "reqwest-0_13-blocking")]
    pub(super) fn into_blocking_response(self) -> Result<::reqwest_0_13::blocking::Response, Self> {
        self.into_http()
            .map(::reqwest_0_13::blocking::Response::from)
    }

    fn into_http(self) -> Result<::http_1::Response<::reqwest_0_13::Body>, Self> {
        match self.0.what {
            What::Response(failed) => Ok(failed.into_http()),
            what => Err(Self(Box::new(Inner { what, ..*self.0 }))),
        }
    }
}

impl FailedResponse {
    fn into_http(self) -> ::http_1::Response<::reqwest_0_13::Body> {
        let Self {
            parts,
            url,
            body,
            whole,
        } = self;
        let body = ::reqwest_0_13::Body::wrap(KeptBody::new(body, whole));
        ended::again(parts, url, body)
    }
}

impl Classify for Failure {
    /// A response is classified as [`http_1::response`] does, with its hint, and as
    /// [`http_status`] where that is `None`; the rest by what it is. A request whose body cannot be sent
    /// again is not [retried](Classification::no_retry).
    fn classify(&self) -> Classification {
        self.redress_classify_by(&classify_dyn)
    }

    fn redress_classify_by(&self, known: ClassifyAny<'_>) -> Classification {
        let said = match &self.0.what {
            What::Response(FailedResponse { parts, .. }) => {
                http_1::response(parts.status, &parts.headers)
                    .unwrap_or_else(|| http_status(parts.status.as_u16()).into())
            }
            What::Transport { error, .. } => error.classify(),
            What::Reading(error) => known(error.as_ref()),
            What::Discontinued(why) => why.classify(),
            What::Interrupted(interrupt) => interrupt.classify(),
        };
        if self.0.spent { said.no_retry() } else { said }
    }
}

/// What a link of a chain says: all but the errors that stand behind it as links of their own.
pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    let failure = crate::classify::find::<Failure>(link)?;
    match failure.0.what {
        What::Reading(_) if !failure.0.spent => None,
        _ => Some(failure.classify()).filter(|said| *said != ErrorClass::Unknown.into()),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Response(FailedResponse { parts, url, .. }) => {
                write!(
                    f,
                    "{} answered {}",
                    url.host_str().unwrap_or("server"),
                    parts.status
                )
            }
            What::Transport { .. } => f.write_str("the request failed"),
            What::Reading(_) => f.write_str("the response could not be read"),
            What::Discontinued(why) => return write!(f, "{why}"),
            What::Interrupted(interrupt) => {
                write!(f, "the call was interrupted: {}", interrupt.stop_reason())?;
                #[cfg(feature = "config")]
                if let Some(unknown) = interrupt.unknown_policy() {
                    write!(f, ": {unknown}")?;
                }
                Ok(())
            }
        }?;
        if self.0.spent {
            f.write_str("; its body cannot be sent again")?;
        }
        match &self.0.what {
            What::Response(_) | What::Discontinued(_) => Ok(()),
            _ if !f.alternate() => Ok(()),
            What::Transport { error, .. } => write_chain(error, f),
            What::Reading(error) => write_chain(error.as_ref(), f),
            What::Interrupted(interrupt) => write!(f, ": {interrupt:#}"),
        }
    }
}

/// Writes an error and what has caused it.
fn write_chain(error: &(dyn StdError + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut link = Some(error);
    while let Some(error) = link {
        write!(f, ": {error}")?;
        link = error.source();
    }
    Ok(())
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Failure");
        match &self.0.what {
            What::Response(FailedResponse {
                parts, url, body, ..
            }) => shown
                .field("status", &parts.status)
                .field("host", &url.host_str())
                .field("body", &format_args!("{} bytes", body.len())),
            What::Transport { error, .. } => shown.field("transport", error),
            What::Reading(error) => shown.field("reading", error),
            What::Discontinued(why) => shown.field("discontinued", why),
            What::Interrupted(interrupt) => shown.field("interrupt", interrupt),
        }
        .field("body_spent", &self.0.spent)
        .finish()
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.what {
            What::Response(_) => None,
            What::Transport { error, .. } => Some(error),
            What::Reading(error) => Some(error.as_ref()),
            What::Discontinued(why) => why.source(),
            What::Interrupted(interrupt) => Some(interrupt),
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        let url = error.url().cloned();
        let error = error.without_url();
        Self::new(What::Transport { error, url })
    }
}

impl From<Discontinued> for Failure {
    fn from(why: Discontinued) -> Self {
        Self::new(What::Discontinued(why))
    }
}

impl From<Interrupt> for Failure {
    fn from(interrupt: Interrupt) -> Self {
        Self::new(What::Interrupted(interrupt))
    }
}

impl From<Error<Failure>> for Failure {
    /// As [`Error::into_error`], so that `?` does it.
    fn from(error: Error<Failure>) -> Self {
        error.into_error()
    }
}

/// Makes an error of a response that says no, and keeps what it says.
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// use redress::contrib::reqwest_0_13::{CheckExt as _, Failure};
///
/// async fn page(http: &reqwest::Client) -> Result<String, Failure> {
///     Ok(http.get("https://example.com/").send().await?.check().await?.text().await?)
/// }
/// ```
pub trait CheckExt {
    /// Returns the response if its status is a success, or a [`Failure`] with its status, headers and the
    /// first 64 KiB of its body if it is 4xx or 5xx.
    ///
    /// `error_for_status` keeps the status alone: neither Retry-After nor the body, and the connection is
    /// closed more often than not.
    ///
    /// # Errors
    ///
    /// A [`Failure`] for a status of 400 and above.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the response.
    ///
    /// ```
    /// # extern crate http_1 as http; // as users name it
    /// # extern crate reqwest_0_13 as reqwest;
    /// use redress::contrib::reqwest_0_13::CheckExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let busy = http::Response::builder().status(503).header("retry-after", "7").body("full").unwrap();
    /// let failure = reqwest::Response::from(busy).check().await.unwrap_err();
    /// assert_eq!(failure.status().unwrap(), 503);
    /// assert_eq!(failure.retry_after().unwrap().as_secs(), 7);
    /// assert_eq!(failure.body(), b"full");
    /// # }
    /// ```
    fn check(self) -> impl Future<Output = Result<Response, Failure>> + Send;
}

impl CheckExt for Response {
    async fn check(self) -> Result<Response, Failure> {
        if self.status().as_u16() < 400 {
            return Ok(self);
        }
        Err(Failure::of_response(self).await)
    }
}

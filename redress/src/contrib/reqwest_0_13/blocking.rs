//! The blocking client. Feature `reqwest-0_13-blocking`.
//!
//! ```no_run
//! # extern crate reqwest_0_13 as reqwest; // as users name it
//! use redress::Policy;
//! use redress::contrib::reqwest_0_13::Failure;
//! use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
//!
//! fn page(http: &reqwest::blocking::Client, policy: &Policy) -> Result<String, Failure> {
//!     Ok(http.get("https://example.com/").retry(policy).text()?)
//! }
//! ```
//!
//! What is sent again, and what becomes of failed responses, is the same as [of the async
//! client](super#what-is-sent-again), but that a read of a failed response, once it has begun, takes as long as its
//! attempt may.
//!
//! # Time
//!
//! A sync call cannot be cut off. So each attempt has a timeout of its own, for sending and reading: what the
//! policy's `attempt_timeout` and its deadline leave, or that of the request if it is shorter. **It takes the place
//! of the client's timeout**, which cannot be read from outside, and is 30 s at most, as the client's is unless
//! it was set: if yours is shorter, set it as the policy's `attempt_timeout`. With neither of them
//! the client's counts.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use ::reqwest_0_13::blocking::{Client, Request, RequestBuilder, Response};

use super::Failure;
use super::ended;
use super::sent::{self, Next, last_word};
use crate::classify::{AnyValue, Classifier, DefaultClassifier, ResultClassifier};
use crate::contrib::http_1;
use crate::defaults;
use crate::error::Error;
use crate::policy::{Attempted, CallContext, Got};

/// Adds retries to any blocking [`RequestBuilder`].
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// # use redress::contrib::reqwest_0_13::Failure;
/// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
/// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
/// let page = http.get("https://example.com/").retry(&policy).text()?;
/// # let _ = page;
/// # Ok(())
/// # }
/// ```
pub trait RetryExt: Sized {
    /// Sends the request under a policy, a `&Policy`, or under the [context](crate::Policy::context) of one.
    ///
    /// Nothing happens until [`send`](RetriedRequest::send), [`text`](RetriedRequest::text) or one of the
    /// others is called.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::Failure;
    /// use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// use redress::{Error, Policy};
    ///
    /// fn user(http: &reqwest::blocking::Client, policy: &Policy, id: u32) -> Result<String, Error<Failure>> {
    ///     let url = format!("https://api.example.com/users/{id}");
    ///     http.get(url).retry(policy).operation("GET /users/{id}").text()
    /// }
    /// ```
    fn retry<'a, C, R>(self, policy: impl Into<CallContext<'a, C, R>>) -> RetriedRequest<'a, C, R>;

    /// Sends this key as `Idempotency-Key` in every attempt: see
    /// [`RetryExt::idempotency_key`](super::RetryExt::idempotency_key).
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::Failure;
    /// use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// use redress::{Error, Policy};
    ///
    /// fn pay(http: &reqwest::blocking::Client, policy: &Policy, order: u64) -> Result<(), Error<Failure>> {
    ///     let request = http.post("https://pay.example.com/charges").body("amount=5");
    ///     request.idempotency_key(order).retry(policy).text()?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    fn idempotency_key(self, key: impl fmt::Display) -> Self;
}

impl RetryExt for RequestBuilder {
    fn retry<'a, C, R>(self, policy: impl Into<CallContext<'a, C, R>>) -> RetriedRequest<'a, C, R> {
        RetriedRequest {
            builder: self,
            context: policy.into(),
            operation: None,
            idempotent: false,
        }
    }

    fn idempotency_key(self, key: impl fmt::Display) -> Self {
        self.header("idempotency-key", key.to_string())
    }
}

/// A request that is sent again as its policy says: see [the rule](super#what-is-sent-again).
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// # use redress::contrib::reqwest_0_13::Failure;
/// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
/// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
/// let request = http.get("https://example.com/").retry(&policy);
/// let page = request.operation("home page").text()?;
/// # let _ = page;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until `send`, `text` or one of the others is called"]
pub struct RetriedRequest<'a, C = DefaultClassifier, R = AnyValue> {
    builder: RequestBuilder,
    context: CallContext<'a, C, R>,
    operation: Option<Cow<'a, str>>,
    idempotent: bool,
}

impl<'a, C, R> RetriedRequest<'a, C, R> {
    /// Names the operation in events. Default: the method and the host, as in `GET api.example.com`.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let user = http.get("https://api.example.com/users/5").retry(&policy);
    /// let user = user.operation("GET /users/{id}").text()?;
    /// # let _ = user;
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Says whether the request may be repeated although it may have been applied: see
    /// [`idempotent`](super::RetriedRequest::idempotent) of the async client.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let search = http.post("https://api.example.com/search").body("socks");
    /// let found = search.retry(&policy).idempotent(true).text()?;
    /// # let _ = found;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sends a key in every attempt: see [`RetryExt::idempotency_key`].
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let order = http.post("https://api.example.com/orders").body("socks");
    /// order.retry(&policy).idempotency_key("order-7").send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotency_key(self, key: impl fmt::Display) -> Self {
        self.with(|request| request.idempotency_key(key))
    }

    /// Changes the request: adds headers, a body, a query.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let request = http.get("https://api.example.com/users").retry(&policy);
    /// let users = request.with(|request| request.bearer_auth("token")).text()?;
    /// # let _ = users;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }
}

impl<C, R> RetriedRequest<'_, C, R>
where
    C: Classifier<Failure>,
{
    /// Sends the request until there is a response that no retry can better.
    ///
    /// A response that is a failure to the policy, such as 503, is returned as well if it is the last one:
    /// with its status, its headers and its body. Of a body beyond 64 KiB the rest is an error when it is
    /// read.
    ///
    /// The body of a success is yet to be read, in what was left of the attempt's time: if that breaks, it is
    /// not read again. [`text`](Self::text), [`bytes`](Self::bytes) and [`read`](Self::read) make it a part
    /// of the attempt.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let response = http.get("https://example.com/").retry(&policy).send()?;
    /// println!("{}", response.status()); // also 404, and 503 after the last attempt
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there was no response, inside an [`Error`] that says why the call stopped.
    ///
    /// # Panics
    ///
    /// Within a tokio runtime, in reqwest.
    pub fn send(self) -> Result<Response, Error<Failure>>
    where
        R: ResultClassifier<Response>,
    {
        let sent = self.run(|response| Ok(Got::Value(response)));
        sent.or_else(|error| error.recover(Failure::into_blocking_response))
    }

    /// Sends the request and reads the body of the response as text, until both succeed.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let page = http.get("https://example.com/").retry(&policy).text()?;
    /// println!("{page}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`]; a response of 400 and above is one, too.
    pub fn text(self) -> Result<String, Error<Failure>>
    where
        R: ResultClassifier<String>,
    {
        self.read(|response| {
            let response = ended::checked_blocking(response)?;
            response.text().map_err(Failure::from)
        })
    }

    /// Sends the request and reads the body of the response, until both succeed.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let image = http.get("https://example.com/logo.png").retry(&policy).bytes()?;
    /// println!("{} bytes", image.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn bytes(self) -> Result<::bytes_1::Bytes, Error<Failure>>
    where
        R: ResultClassifier<::bytes_1::Bytes>,
    {
        self.read(|response| {
            let response = ended::checked_blocking(response)?;
            response.bytes().map_err(Failure::from)
        })
    }

    /// Sends the request and reads the body of the response as JSON, until both succeed. JSON that does
    /// not fit is PERMANENT. Feature `reqwest-0_13-json`.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::Failure;
    /// # use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// # fn example(http: reqwest::blocking::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let prices: Vec<f64> = http.get("https://example.com/prices").retry(&policy).json()?;
    /// println!("{} prices", prices.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    #[cfg(feature = "reqwest-0_13-json")]
    pub fn json<T>(self) -> Result<T, Error<Failure>>
    where
        T: serde_core::de::DeserializeOwned,
        R: ResultClassifier<T>,
    {
        self.read(|response| {
            let response = ended::checked_blocking(response)?;
            response.json().map_err(Failure::from)
        })
    }

    /// Sends the request and has the response read, until both succeed: for what is too large for
    /// memory, or of a form of its own.
    ///
    /// `read` gets each response below 400, and starts anew with each: it truncates the file that it
    /// writes to. Its error is classified as that of an operation is.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::Failure;
    /// use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    /// use redress::{Error, Policy};
    ///
    /// fn save(http: &reqwest::blocking::Client, policy: &Policy, url: &str) -> Result<u64, Error<Failure>> {
    ///     let save = |mut response: reqwest::blocking::Response| {
    ///         let mut file = std::fs::File::create("page.html")?;
    ///         std::io::copy(&mut response, &mut file)
    ///     };
    ///     http.get(url).retry(policy).read(save)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn read<T, E>(self, read: impl Fn(Response) -> Result<T, E>) -> Result<T, Error<Failure>>
    where
        R: ResultClassifier<T>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.run(|response| {
            if response.status().as_u16() >= 400 {
                return Ok(Got::Refusal(Failure::of_blocking_response(response)));
            }
            read(response).map(Got::Value).map_err(Failure::of_reading)
        })
    }

    fn run<T>(self, read: impl Fn(Response) -> Attempted<T, Failure>) -> Result<T, Error<Failure>>
    where
        R: ResultClassifier<T>,
    {
        let (client, request) = self.builder.build_split();
        let request = match request {
            Ok(request) => request,
            Err(error) => return Err(Error::before_first_attempt(error.into())),
        };
        let mut context = self.context;
        sent::settle(&mut context, self.operation, self.idempotent, &request);
        let mut next = Next::new(request, context.may_retry());
        context.call_ruled(last_word, |limit| {
            let (mut request, spent) = next.request()?;
            shorten(request.timeout_mut(), limit);
            let timeout = request.timeout().copied();
            http_1::send_on(request.headers_mut(), timeout);
            let attempted = attempt(&client, request, &read);
            if spent {
                attempted.map_err(Failure::spend)
            } else {
                attempted
            }
        })
    }
}

/// Lets a request take no longer than its attempt may.
fn shorten(own: &mut Option<Duration>, limit: Option<Duration>) {
    if let Some(limit) = limit {
        *own = Some(own.unwrap_or(defaults::BLOCKING_TIMEOUT).min(limit));
    }
}

fn attempt<T>(
    client: &Client,
    request: Request,
    read: impl Fn(Response) -> Attempted<T, Failure>,
) -> Attempted<T, Failure> {
    let response = client.execute(request)?;
    if http_1::response(response.status(), response.headers()).is_some() {
        return Err(Failure::of_blocking_response(response));
    }
    read(response)
}

impl<C, R> fmt::Debug for RetriedRequest<'_, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetriedRequest")
            .field("request", &self.builder)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

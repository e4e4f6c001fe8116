use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::future::ready;

use ::reqwest_0_13::{Client, Request, RequestBuilder, Response};

use super::Failure;
use super::attempt::{Attempt, Reads, Steps};
use super::per_host::Hosts;
use super::sent::{self, Next, last_word};
use crate::classify::{AnyValue, Classifier, DefaultClassifier, ResultClassifier};
use crate::error::Error;
use crate::policy::{AnyCall, Attempted, CallContext, Got};

/// Adds retries to any [`RequestBuilder`].
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
/// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
/// let page = http.get("https://example.com/").retry(&policy).text().await?;
/// # let _ = page;
/// # Ok(())
/// # }
/// ```
pub trait RetryExt: Sized {
    /// Sends the request under a policy, a `&Policy` or the `&PolicyHandle` of a file, or under the
    /// [context](crate::Policy::context) of one.
    ///
    /// Nothing happens until [`send`](RetriedRequest::send), [`text`](RetriedRequest::text) or one of
    /// the others is awaited.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// use redress::{Error, Policy};
    ///
    /// async fn user(http: &reqwest::Client, policy: &Policy, id: u32) -> Result<String, Error<Failure>> {
    ///     let url = format!("https://api.example.com/users/{id}");
    ///     http.get(url).retry(policy).operation("GET /users/{id}").text().await
    /// }
    /// ```
    fn retry<'a, C, R, M>(
        self,
        policy: impl Into<CallContext<'a, C, R, M>>,
    ) -> RetriedRequest<'a, C, R, M>;

    /// Sends this key as `Idempotency-Key` in every attempt, by which the server recognises a repetition:
    /// so the request may be repeated, whatever its method.
    ///
    /// The key is sent as it is given: the IETF's draft has a quoted string, most servers take any text.
    /// It must be new for each operation, and the same if the operation is tried again later.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// use redress::{Error, Policy};
    ///
    /// async fn pay(http: &reqwest::Client, policy: &Policy, order: u64) -> Result<(), Error<Failure>> {
    ///     let request = http.post("https://pay.example.com/charges").body("amount=5");
    ///     request.idempotency_key(order).retry(policy).text().await?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    fn idempotency_key(self, key: impl fmt::Display) -> Self;
}

impl RetryExt for RequestBuilder {
    fn retry<'a, C, R, M>(
        self,
        policy: impl Into<CallContext<'a, C, R, M>>,
    ) -> RetriedRequest<'a, C, R, M> {
        RetriedRequest::new(self, Under::Context(policy.into()))
    }

    fn idempotency_key(self, key: impl fmt::Display) -> Self {
        self.header("idempotency-key", key.to_string())
    }
}

/// A request that is sent again as its policy says: see [the rule](super#what-is-sent-again).
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
/// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
/// let request = http.get("https://example.com/").retry(&policy);
/// let page = request.operation("home page").text().await?;
/// # let _ = page;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until `send`, `text` or one of the others is awaited"]
pub struct RetriedRequest<'a, C = DefaultClassifier, R = AnyValue, M = AnyCall> {
    builder: RequestBuilder,
    under: Under<'a, C, R, M>,
    operation: Option<Cow<'a, str>>,
    idempotent: bool,
}

/// Whose policy it is.
pub(super) enum Under<'a, C, R, M> {
    Context(CallContext<'a, C, R, M>),
    /// That of the host, which is known when the request is complete.
    Hosts(
        Hosts<C, R>,
        fn(CallContext<'a, C, R>) -> CallContext<'a, C, R, M>,
    ),
}

impl<'a, C, R, M> RetriedRequest<'a, C, R, M> {
    pub(super) fn new(builder: RequestBuilder, under: Under<'a, C, R, M>) -> Self {
        Self {
            builder,
            under,
            operation: None,
            idempotent: false,
        }
    }

    /// Names the operation in events. Default: the method and the host, as in `GET api.example.com`,
    /// since paths hold numbers that no metric should have.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let user = http.get("https://api.example.com/users/5").retry(&policy);
    /// let user = user.operation("GET /users/{id}").text().await?;
    /// # let _ = user;
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Says whether the request may be repeated although it may have been applied. Default: what
    /// [`http_1::may_repeat`](crate::contrib::http_1::may_repeat) says of its method and headers.
    ///
    /// `true` is for a POST that only reads, such as a search. It cannot take a repetition away: that is
    /// [`once`](CallContext::once).
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let search = http.post("https://api.example.com/search").body("socks");
    /// let found = search.retry(&policy).idempotent(true).text().await?;
    /// # let _ = found;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sends a key in every attempt: see [`RetryExt::idempotency_key`].
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let order = http.post("https://api.example.com/orders").body("socks");
    /// order.retry(&policy).idempotency_key("order-7").send().await?;
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
    /// use redress::contrib::reqwest_0_13::{Client, Failure};
    /// use redress::Error;
    ///
    /// async fn find(api: &Client, what: String) -> Result<String, Error<Failure>> {
    ///     let search = api.post("https://api.example.com/search");
    ///     search.with(|request| request.body(what)).idempotent(true).text().await
    /// }
    /// ```
    pub fn with(mut self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }
}

impl<C, R, M> RetriedRequest<'_, C, R, M>
where
    C: Classifier<Failure>,
{
    /// Sends the request until there is a response that no retry can better.
    ///
    /// A response that is a failure to the policy, such as 503, is returned as well if it is the last one:
    /// with its status, its headers and its body. Of a body beyond 64 KiB the rest is an error when it is
    /// read.
    ///
    /// The body of a success is yet to be read: if that breaks, it is not read again.
    /// [`text`](Self::text), [`bytes`](Self::bytes) and [`read`](Self::read) make it a part of the
    /// attempt.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let response = http.get("https://example.com/").retry(&policy).send().await?;
    /// println!("{}", response.status()); // also 404, and 503 after the last attempt
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there was no response, inside an [`Error`] that says why the call stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the attempt in progress and its connection. Whether the server acts on
    /// the request is not known then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, in reqwest.
    pub fn send(self) -> impl Future<Output = Result<Response, Error<Failure>>>
    where
        R: ResultClassifier<Response>,
    {
        let sent = self.run(Reads::Nothing, ready, |response| Ok(Got::Value(response)));
        async {
            let sent = sent.await;
            sent.or_else(|error| error.recover(Failure::into_response))
        }
    }

    /// Sends the request and reads the body of the response as text, until both succeed.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let page = http.get("https://example.com/").retry(&policy).text().await?;
    /// println!("{page}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`]; a response of 400 and above is one, too.
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    pub fn text(self) -> impl Future<Output = Result<String, Error<Failure>>>
    where
        R: ResultClassifier<String>,
    {
        self.run(Reads::Whole, Response::text, of_whole)
    }

    /// Sends the request and reads the body of the response, until both succeed.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let image = http.get("https://example.com/logo.png").retry(&policy).bytes().await?;
    /// println!("{} bytes", image.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    pub fn bytes(self) -> impl Future<Output = Result<::bytes_1::Bytes, Error<Failure>>>
    where
        R: ResultClassifier<::bytes_1::Bytes>,
    {
        self.run(Reads::Whole, Response::bytes, of_whole)
    }

    /// Sends the request and reads the body of the response as JSON, until both succeed. JSON that does
    /// not fit is PERMANENT. Feature `reqwest-0_13-json`.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// # async fn example(http: reqwest::Client, policy: redress::Policy) -> Result<(), Failure> {
    /// let prices: Vec<f64> = http.get("https://example.com/prices").retry(&policy).json().await?;
    /// println!("{} prices", prices.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send).
    #[cfg(feature = "reqwest-0_13-json")]
    pub fn json<T>(self) -> impl Future<Output = Result<T, Error<Failure>>>
    where
        T: serde_core::de::DeserializeOwned,
        R: ResultClassifier<T>,
    {
        self.run(Reads::Whole, Response::json, of_whole)
    }

    /// Sends the request and has the response read, until both succeed: for what is too large for
    /// memory, or of a form of its own.
    ///
    /// `read` gets each response below 400, and starts anew with each: it truncates the file that it
    /// writes to. Its error is classified as that of an operation is.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
    /// use redress::{Error, Policy};
    ///
    /// async fn count(http: &reqwest::Client, policy: &Policy, url: &str) -> Result<usize, Error<Failure>> {
    ///     let length = async |mut response: reqwest::Response| {
    ///         let mut length = 0;
    ///         while let Some(chunk) = response.chunk().await? {
    ///             length += chunk.len();
    ///         }
    ///         Ok::<_, reqwest::Error>(length)
    ///     };
    ///     http.get(url).retry(policy).read(length).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send); what `read` has begun stays as it is.
    pub fn read<T, E, F>(
        self,
        read: impl Fn(Response) -> F,
    ) -> impl Future<Output = Result<T, Error<Failure>>>
    where
        F: Future<Output = Result<T, E>>,
        R: ResultClassifier<T>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.run(Reads::ByFunction, read, |read| {
            read.map(Got::Value).map_err(Failure::of_reading)
        })
    }

    /// Runs the attempts. Nothing is done before the future is polled: not even is a policy of the host's made.
    async fn run<T, F>(
        self,
        reads: Reads,
        read: impl Fn(Response) -> F,
        got: impl Fn(F::Output) -> Attempted<T, Failure>,
    ) -> Result<T, Error<Failure>>
    where
        F: Future,
        R: ResultClassifier<T>,
    {
        let (client, request, context) = self.prepare()?;
        let mut next = Next::new(request, context.may_retry());
        let steps = Steps {
            send: |request| client.execute(request),
            reads,
            read,
            got,
        };
        let attempt = || Attempt::new(&steps, next.request());
        context.call_async_ruled(last_word, attempt).await
    }
}

/// Returns what an attempt has got that has read a whole body.
fn of_whole<T>(read: Result<T, ::reqwest_0_13::Error>) -> Attempted<T, Failure> {
    Ok(Got::Value(read?))
}

impl<'a, C, R, M> RetriedRequest<'a, C, R, M> {
    /// Builds the request, and says whose policy it is under.
    pub(super) fn prepare(self) -> Result<Prepared<'a, C, R, M>, Error<Failure>> {
        let (client, request) = self.builder.build_split();
        let request = match request {
            Ok(request) => request,
            Err(error) => return Err(Error::before_first_attempt(error.into())),
        };
        let mut context = match self.under {
            Under::Context(context) => context,
            Under::Hosts(hosts, into) => into(CallContext::of(hosts.policy(request.url()))),
        };
        sent::settle(&mut context, self.operation, self.idempotent, &request);
        Ok((client, request, context))
    }
}

type Prepared<'a, C, R, M> = (Client, Request, CallContext<'a, C, R, M>);

impl<C, R, M> fmt::Debug for RetriedRequest<'_, C, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetriedRequest")
            .field("request", &self.builder)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

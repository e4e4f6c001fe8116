use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use ::http_1::{HeaderName, HeaderValue, Method, Request, Response, Uri, request};
use ::ureq_3::{Body, Error as UreqError};

use crate::classify::{AnyValue, Classification, Classifier, DefaultClassifier};
use crate::contrib::http_1;
use crate::defaults;
use crate::error::Error;
use crate::policy::{Attempted, CallContext, Got, Policy};

/// A [`ureq::Agent`](::ureq_3::Agent) whose requests are sent again as a policy says.
///
/// A clone is cheap and shares everything. The breaker and the budget of the policy are for all requests, so
/// make an agent for each service.
///
/// ```no_run
/// # extern crate ureq_3 as ureq; // as users name it
/// use redress::Policy;
/// use redress::contrib::ureq_3::Agent;
///
/// let api = Agent::new(ureq::agent(), Policy::recommended());
/// println!("{}", api.get("https://api.example.com/users/5").text()?);
/// let order = api.post("https://api.example.com/orders").idempotency_key(7).body("socks");
/// println!("{}", order.call()?.status()); // also 404, and 503 after six attempts
/// # Ok::<_, redress::Error<ureq::Error>>(())
/// ```
///
/// A file or a reader is no body here, since it can be sent only once:
///
/// ```compile_fail,E0277
/// # extern crate ureq_3 as ureq; // as users name it
/// use redress::Policy;
/// use redress::contrib::ureq_3::Agent;
///
/// let api = Agent::new(ureq::agent(), Policy::recommended());
/// let file = std::fs::File::open("Cargo.toml").unwrap();
/// let _ = api.put("https://api.example.com/file").body(&file);
/// ```
pub struct Agent<C = DefaultClassifier> {
    agent: ::ureq_3::Agent,
    policy: Policy<C>,
}

/// Adds a verb.
macro_rules! verbs {
    ($($name:ident $METHOD:ident)*) => {$(
        #[doc = concat!("Starts a ", stringify!($METHOD), " request.")]
        ///
        /// ```
        /// # extern crate ureq_3 as ureq; // as users name it
        /// # use redress::contrib::ureq_3::Agent;
        /// let api = Agent::new(ureq::agent(), redress::Policy::recommended());
        #[doc = concat!("let request = api.", stringify!($name), "(\"https://api.example.com/users/5\");")]
        /// # let _ = request; // `.call()?`
        /// ```
        pub fn $name<U>(&self, uri: U) -> RetriedRequest<'_, C>
        where
            U: TryInto<Uri>,
            U::Error: Into<::http_1::Error>,
        {
            self.request(Method::$METHOD, uri)
        }
    )*};
}

impl<C> Agent<C> {
    /// Creates an agent.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// println!("{}", api.get("https://example.com/").text()?);
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    #[must_use]
    pub const fn new(agent: ::ureq_3::Agent, policy: Policy<C>) -> Self {
        Self { agent, policy }
    }

    verbs! {
        get GET
        head HEAD
        post POST
        put PUT
        patch PATCH
        delete DELETE
    }

    /// Starts a request with a method.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let options = api.request(ureq::http::Method::OPTIONS, "https://example.com/").call()?;
    /// # let _ = options;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub fn request<U>(&self, method: Method, uri: U) -> RetriedRequest<'_, C>
    where
        U: TryInto<Uri>,
        U::Error: Into<::http_1::Error>,
    {
        RetriedRequest {
            agent: &self.agent,
            context: self.policy.context(),
            builder: Request::builder().method(method).uri(uri),
            body: (),
            idempotent: false,
        }
    }

    /// Returns the agent of ureq.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let unretried = api.agent().get("https://example.com/").call();
    /// # let _ = unretried;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    #[must_use]
    pub const fn agent(&self) -> &::ureq_3::Agent {
        &self.agent
    }

    /// Returns the policy: to look at its breaker.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// println!("{}", api.policy().circuit_breaker().unwrap().state());
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    #[must_use]
    pub const fn policy(&self) -> &Policy<C> {
        &self.policy
    }
}

impl<C> Clone for Agent<C> {
    fn clone(&self) -> Self {
        Self {
            agent: self.agent.clone(),
            policy: self.policy.clone(),
        }
    }
}

impl<C> fmt::Debug for Agent<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Agent");
        shown.field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// A request that is sent again as its policy says: see [the rule](super#what-is-sent-again).
///
/// ```no_run
/// # extern crate ureq_3 as ureq; // as users name it
/// # use redress::Policy;
/// # use redress::contrib::ureq_3::Agent;
/// let api = Agent::new(ureq::agent(), Policy::recommended());
/// let request = api.get("https://example.com/");
/// println!("{}", request.header("accept", "text/html").text()?);
/// # Ok::<_, redress::Error<ureq::Error>>(())
/// ```
#[must_use = "nothing is sent until `call` or `text` is called"]
pub struct RetriedRequest<'a, C = DefaultClassifier, B = ()> {
    agent: &'a ::ureq_3::Agent,
    context: CallContext<'a, C, AnyValue>,
    builder: request::Builder,
    body: B,
    idempotent: bool,
}

impl<'a, C, B: Repeatable> RetriedRequest<'a, C, B> {
    /// Adds a header.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let users = api.get("https://api.example.com/users").header("authorization", "Bearer token").text()?;
    /// # let _ = users;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        K::Error: Into<::http_1::Error>,
        V: TryInto<HeaderValue>,
        V::Error: Into<::http_1::Error>,
    {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Sends this key as `Idempotency-Key` in every attempt, by which the server recognises a repetition:
    /// so the request may be repeated, whatever its method. It is sent as it is given.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let order = api.post("https://api.example.com/orders").idempotency_key("order-7").body("socks");
    /// order.call()?;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub fn idempotency_key(self, key: impl fmt::Display) -> Self {
        self.header("idempotency-key", key.to_string())
    }

    /// Says whether the request may be repeated although it may have been applied. Default: what
    /// [`may_repeat`](crate::contrib::http_1::may_repeat) says of its method and headers. `true` is for
    /// a POST that only reads, such as a search.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let found = api.post("https://api.example.com/search").idempotent(true).body("socks").text()?;
    /// # let _ = found;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Names the operation in events. Default: the method and the host.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let user = api.get("https://api.example.com/users/5").operation("GET /users/{id}").text()?;
    /// # let _ = user;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub fn operation(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.context = self.context.operation(name);
        self
    }

    /// Sets the body.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let order = api.put("https://api.example.com/orders/7").body(vec![1_u8, 2, 3]);
    /// order.call()?;
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    pub fn body<D: Repeatable>(self, body: D) -> RetriedRequest<'a, C, D> {
        RetriedRequest {
            agent: self.agent,
            context: self.context,
            builder: self.builder,
            body,
            idempotent: self.idempotent,
        }
    }
}

impl<C: Classifier<UreqError>, B: Repeatable> RetriedRequest<'_, C, B> {
    /// Sends the request until there is a response that no retry can better.
    ///
    /// A response of any status is returned, also the last one that is a failure to the policy, such as
    /// 503: with its body, as much of it as [was kept](super#what-becomes-of-a-failed-response).
    ///
    /// The body of a success is yet to be read: if that breaks, it is not read again. It has the time that
    /// was left of the attempt.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// let response = api.get("https://example.com/").call()?;
    /// println!("{}", response.status()); // also 404, and 503 after the last attempt
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of ureq if there was no response, inside an [`Error`] that says why the call stopped.
    pub fn call(self) -> Result<Response<Body>, Error<UreqError>> {
        self.attempt(|got| match got {
            Answered::Well(response) => Ok(Got::Value(response)),
            Answered::Badly(response, said) => Ok(Got::FailedValue(emptied(response), said)),
        })
    }

    /// Sends the request and reads the body of the response as text, until both succeed.
    ///
    /// ```no_run
    /// # extern crate ureq_3 as ureq; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::ureq_3::Agent;
    /// let api = Agent::new(ureq::agent(), Policy::recommended());
    /// println!("{}", api.get("https://example.com/").text()?);
    /// # Ok::<_, redress::Error<ureq::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of ureq; [`StatusCode`](UreqError::StatusCode) for a response of 400 and above.
    pub fn text(self) -> Result<String, Error<UreqError>> {
        self.attempt(|got| match got {
            Answered::Well(mut response) if response.status().as_u16() < 400 => {
                response.body_mut().read_to_string().map(Got::Value)
            }
            Answered::Well(response) => Ok(Got::Refusal(of_status(response))),
            Answered::Badly(response, said) => Ok(Got::FailedError(of_status(response), said)),
        })
    }

    fn attempt<T>(
        self,
        read: impl Fn(Answered) -> Attempted<T, UreqError>,
    ) -> Result<T, Error<UreqError>> {
        let request = match self.builder.body(()) {
            Ok(request) => request,
            Err(error) => return Err(Error::before_first_attempt(error.into())),
        };
        let (agent, body, mut context) = (self.agent, self.body, self.context);
        context.name(None, || {
            let host = request.uri().host().unwrap_or_default();
            format!("{} {host}", request.method())
        });
        let repeatable = self.idempotent || http_1::may_repeat(request.method(), request.headers());
        if !repeatable {
            context.set_once();
        }
        context.call_ruled(
            |_, said| said,
            |limit| {
                let response = send(agent, &request, body.as_bytes(), limit)?;
                read(Answered::of(response, repeatable))
            },
        )
    }
}

/// A response, and what it means.
enum Answered {
    Well(Response<Body>),
    Badly(Response<Body>, Classification),
}

impl Answered {
    fn of(response: Response<Body>, repeatable: bool) -> Self {
        let Some(said) = http_1::of_response(&response) else {
            return Self::Well(response);
        };
        let again = http_1::may_repeat_after(response.status(), response.headers(), repeatable);
        Self::Badly(response, if again { said.unsent() } else { said })
    }
}

fn of_status(response: Response<Body>) -> UreqError {
    UreqError::StatusCode(emptied(response).status().as_u16())
}

/// Sends a request once, within the time that its attempt may take.
fn send(
    agent: &::ureq_3::Agent,
    request: &Request<()>,
    body: Option<&[u8]>,
    limit: Option<Duration>,
) -> Result<Response<Body>, UreqError> {
    let own = agent.config().timeouts().global;
    let limit = limit.into_iter().chain(own).min();
    let mut request = request.clone();
    http_1::send_on(request.headers_mut(), limit);
    match body {
        None => {
            let request = agent.configure_request(request).http_status_as_error(false);
            agent.run(request.timeout_global(limit).build())
        }
        Some(body) => {
            let request = request.map(|()| body);
            let request = agent.configure_request(request).http_status_as_error(false);
            agent.run(request.timeout_global(limit).build())
        }
    }
}

/// Reads how the body of a failed response begins, so that its connection is used again.
fn emptied(response: Response<Body>) -> Response<Body> {
    let (parts, mut body) = response.into_parts();
    let limit = u64::try_from(defaults::HTTP_KEPT_BODY).unwrap_or(u64::MAX);
    let mut kept = Vec::new();
    let read = body
        .as_reader()
        .take(limit.saturating_add(1))
        .read_to_end(&mut kept);
    let whole = read.is_ok() && kept.len() <= defaults::HTTP_KEPT_BODY;
    kept.truncate(defaults::HTTP_KEPT_BODY);
    let body = if whole {
        Body::builder().data(kept)
    } else {
        Body::builder().reader(io::Cursor::new(kept).chain(NotKept))
    };
    Response::from_parts(parts, body)
}

/// The rest of a body that was given up: an error, so that no reader takes a part for the whole.
struct NotKept;

impl Read for NotKept {
    fn read(&mut self, _to: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other(
            "the rest of this failed response was not kept",
        ))
    }
}

impl<C, B> fmt::Debug for RetriedRequest<'_, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RetriedRequest");
        shown
            .field("request", &self.builder)
            .finish_non_exhaustive()
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A body that can be sent again: bytes or text in memory, or none.
///
/// Files and readers are none. A `&File` can be given twice, but the second time it is at its end: the
/// request would be repeated with an empty body.
///
/// ```
/// use redress::contrib::ureq_3::Repeatable;
///
/// fn takes(_: impl Repeatable) {}
/// takes("text");
/// takes(vec![1_u8, 2]);
/// takes(()); // no body
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a body that can be sent again",
    label = "this is read while it is sent, so a second attempt would send an empty body",
    note = "read it into memory first: `std::fs::read(path)?`",
    note = "or send it once, by ureq itself, inside of `policy.call(..)`, opening it in each attempt"
)]
pub trait Repeatable: sealed::Sealed {
    #[doc(hidden)]
    fn as_bytes(&self) -> Option<&[u8]>;
}

macro_rules! repeatable {
    ($($Body:ty)*) => {$(
        impl sealed::Sealed for $Body {}

        impl Repeatable for $Body {
            fn as_bytes(&self) -> Option<&[u8]> {
                let bytes: &[u8] = self.as_ref();
                Some(bytes)
            }
        }
    )*};
}

repeatable! {
    &[u8]
    &str
    &String
    &Vec<u8>
    String
    Vec<u8>
}

impl<const N: usize> sealed::Sealed for &[u8; N] {}

impl<const N: usize> Repeatable for &[u8; N] {
    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.as_slice())
    }
}

impl sealed::Sealed for () {}

impl Repeatable for () {
    fn as_bytes(&self) -> Option<&[u8]> {
        None
    }
}

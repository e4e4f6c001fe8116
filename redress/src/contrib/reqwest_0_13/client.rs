use ::reqwest_0_13::{IntoUrl, Method, RequestBuilder};

use super::call::{RetriedRequest, Under};
use super::per_host::Hosts;
use crate::classify::{AnyValue, DefaultClassifier};
use crate::policy::{AnyCall, Policy};

/// A [`reqwest::Client`](::reqwest_0_13::Client) whose requests are sent again, each under the policy of its
/// host.
///
/// A clone is cheap and shares everything.
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// use redress::contrib::reqwest_0_13::{Client, Failure};
/// use redress::{Error, Policy};
///
/// async fn users() -> Result<(), Error<Failure>> {
///     let api = Client::per_host(reqwest::Client::new(), Policy::recommended);
///     println!("{}", api.get("https://api.example.com/users/5").text().await?);
///     let response = api.get("https://other.example.com/").send().await?; // with a breaker of its own
///     println!("{}", response.status());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Client<C = DefaultClassifier, R = AnyValue> {
    http: ::reqwest_0_13::Client,
    hosts: Hosts<C, R>,
}

/// Adds a verb.
macro_rules! verbs {
    ($($name:ident $METHOD:ident)*) => {$(
        #[doc = concat!("Starts a ", stringify!($METHOD), " request.")]
        ///
        /// ```
        /// # extern crate reqwest_0_13 as reqwest; // as users name it
        /// # use redress::contrib::reqwest_0_13::Client;
        /// let api = Client::per_host(reqwest::Client::new(), redress::Policy::recommended);
        #[doc = concat!("let request = api.", stringify!($name), "(\"https://api.example.com/users/5\");")]
        /// # let _ = request; // `.send().await?`
        /// ```
        pub fn $name(&self, url: impl IntoUrl) -> RetriedRequest<'static, C, R> {
            self.request(Method::$METHOD, url)
        }
    )*};
}

impl<C, R> Client<C, R> {
    /// Creates a client that has `policy` make one policy for each host and port, when it is first asked:
    /// so that the breaker and the budget of one are not those of another.
    ///
    /// It remembers 1024 of them, and forgets the one that was asked longest ago. Where a request is
    /// redirected, the policy is that of the host that was asked first.
    ///
    /// Let the client of reqwest not repeat anything by itself: `.retry(reqwest::retry::never())`.
    ///
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::reqwest_0_13::Client;
    ///
    /// let http = reqwest::Client::builder().retry(reqwest::retry::never()).build()?;
    /// let api = Client::per_host(http, Policy::recommended);
    /// # let _ = api;
    /// # Ok::<_, reqwest::Error>(())
    /// ```
    #[must_use]
    pub fn per_host(
        http: ::reqwest_0_13::Client,
        policy: impl Fn() -> Policy<C, R> + Send + Sync + 'static,
    ) -> Self {
        let hosts = Hosts::new(policy);
        Self { http, hosts }
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
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::reqwest_0_13::Client;
    /// let api = Client::per_host(reqwest::Client::new(), Policy::recommended);
    /// let request = api.request(reqwest::Method::OPTIONS, "https://api.example.com/");
    /// # let _ = request;
    /// ```
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RetriedRequest<'static, C, R> {
        self.retry(self.http.request(method, url))
    }

    /// Sends a request that has been built, under the policy of its host.
    ///
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::reqwest_0_13::Client;
    /// let api = Client::per_host(reqwest::Client::new(), Policy::recommended);
    /// let signed = reqwest::Client::new().get("https://api.example.com/").bearer_auth("token");
    /// let request = api.retry(signed);
    /// # let _ = request;
    /// ```
    pub fn retry(&self, request: RequestBuilder) -> RetriedRequest<'static, C, R, AnyCall> {
        let under = Under::Hosts(self.hosts.clone(), |context| context);
        RetriedRequest::new(request, under)
    }

    /// Returns the policy of the host and port of a URL: to look at its breaker.
    ///
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::reqwest_0_13::Client;
    /// let api = Client::per_host(reqwest::Client::new(), Policy::recommended);
    /// let policy = api.policy("https://api.example.com/users/5")?;
    /// println!("{}", policy.circuit_breaker().unwrap().state());
    /// # Ok::<_, reqwest::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If that is no URL.
    pub fn policy(&self, url: impl IntoUrl) -> Result<Policy<C, R>, ::reqwest_0_13::Error> {
        let request = self.http.get(url).build()?;
        Ok(self.hosts.policy(request.url()))
    }

    /// Returns the client of reqwest.
    ///
    /// ```
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// # use redress::Policy;
    /// # use redress::contrib::reqwest_0_13::Client;
    /// let api = Client::per_host(reqwest::Client::new(), Policy::recommended);
    /// let unretried = api.http().get("https://api.example.com/");
    /// # let _ = unretried;
    /// ```
    #[must_use]
    pub const fn http(&self) -> &::reqwest_0_13::Client {
        &self.http
    }
}

impl<C, R> Clone for Client<C, R> {
    fn clone(&self) -> Self {
        Self {
            http: self.http.clone(),
            hosts: self.hosts.clone(),
        }
    }
}

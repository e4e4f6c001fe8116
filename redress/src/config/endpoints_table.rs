//! A list of replicas of a file, as it is handed out.

use std::fmt;
use std::sync::Arc;

use super::Policies;
use super::endpoints_lists::{List, Renew};
use super::endpoints_slot::{Fault, Slot};
use super::names::{self, quoted};
use crate::classify::DefaultClassifier;
use crate::endpoints::Endpoints;
use crate::problems::{ConfigError, Problems};

/// Replicas with a breaker each, as a file says: from [`Policies::endpoints`].
///
/// It is a list of [`Endpoints`] that goes on with other replicas and other settings when the file is read
/// anew. A clone is cheap and of the same list. Ask it for the [`current`](Self::current) list once a call,
/// and take the attempts' replicas from a route of that:
///
/// ```
/// use std::io;
/// use std::net::{AddrParseError, SocketAddr};
/// use std::sync::LazyLock;
/// use redress::Policies;
/// use redress::config::{EndpointsTable, Format};
///
/// struct Client(SocketAddr);
/// impl Client {
///     fn new(address: &str) -> Result<Self, AddrParseError> {
///         address.parse().map(Self)
///     }
///     fn get(&self, key: &str) -> io::Result<String> {
///         Ok(format!("{key} from port {}", self.0.port()))
///     }
/// }
///
/// static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
///     let text = "
///         [policies.read]
///         max_attempts = 3
///         [endpoints.search.replicas]
///         a = '10.0.0.1:80'
///         b = '10.0.0.2:80'
///     ";
///     Policies::from_str(Format::Toml, text).expect("it is right")
/// });
/// static SEARCH: LazyLock<EndpointsTable<Client>> = LazyLock::new(|| {
///     let search = POLICIES.endpoints("search").expect("it is in the text");
///     search.make(Client::new).expect("each is an address")
/// });
///
/// let replicas = SEARCH.current();
/// let route = replicas.route();
/// let answer = POLICIES.get("read")?.call(|| {
///     let replica = route.take();
///     replica.record(replica.get("key"))
/// });
/// assert_eq!(answer.unwrap(), "key from port 80");
/// # Ok::<_, redress::config::UnknownPolicy>(())
/// ```
///
/// # Reloads
///
/// | on a reload | what happens |
/// |---|---|
/// | a replica has the same name and address | it stays: its breaker, its load, and the value that was made of it |
/// | a replica is new, or its address | it is made, with a breaker that has seen nothing |
/// | a replica is gone | it ends with the calls that have the list from before |
/// | the breaker has other settings | each breaker goes on with them, and [keeps](crate::config#reloads) what still means the same |
/// | a value cannot be made | the file is refused, and everything stays as it is |
/// | the list is gone | its tables keep what they have, until it is there again |
///
/// A list that a call holds never changes under it. All tables of one list, whatever they hold, share what is
/// known of its replicas.
pub struct EndpointsTable<T, C = DefaultClassifier> {
    slot: Arc<Slot<T, C>>,
    list: Arc<List>,
}

impl<T, C> EndpointsTable<T, C> {
    /// Returns the name of the list in its file.
    ///
    /// ```
    /// # let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80', b: '10.0.0.2:80'}}}";
    /// # let policies = redress::Policies::from_str(redress::config::Format::Yaml, text)?;
    /// assert_eq!(policies.endpoints("search")?.name(), "search");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.slot.name
    }

    /// Returns the list of now. It costs a read lock, which only a reload ever keeps one waiting for, as
    /// long as it takes to exchange a pointer.
    ///
    /// ```
    /// use redress::config::Format;
    /// use redress::{ErrorClass, Policies};
    ///
    /// let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80'}}}";
    /// let search = Policies::from_str(Format::Yaml, text)?.endpoints("search")?;
    /// let list = search.current();
    /// let replica = list.take();
    /// assert_eq!((replica.name(), replica.as_str()), ("a", "10.0.0.1:80"));
    /// replica.failure(ErrorClass::Transient);
    /// assert!(list.snapshot()[0].failed);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn current(&self) -> Arc<Endpoints<T, C>> {
        self.slot.current()
    }
}

impl EndpointsTable<String> {
    /// Makes a table of what a program needs of each replica, such as a client: `make` is given its address.
    /// A reload calls it for replicas that are new; if it fails then, or panics, the file is refused with
    /// the error at the address, and everything stays as it is. It must not reload the policies itself.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names every replica of which nothing could be made, and why. The error may be any
    /// error, or a text.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "endpoints: {search: {replicas: {a: '80', b: 'many'}}}";
    /// let search = Policies::from_str(Format::Yaml, text)?.endpoints("search")?;
    /// let error = search.make(|address| address.parse::<u16>()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid configuration: endpoints.search.replicas.b: cannot be used by the program: \
    ///      invalid digit found in string"
    /// );
    /// let lengths = search.make(|address| Ok::<_, String>(address.len()))?;
    /// assert_eq!(lengths.current().len(), 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn make<T, E>(
        &self,
        make: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<EndpointsTable<T>, ConfigError>
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.make_classified(DefaultClassifier, make)
    }

    /// Does as [`make`](Self::make), for a list with another classifier: what
    /// [`Endpoint::record`](crate::endpoints::Endpoint::record) judges errors by.
    ///
    /// # Errors
    ///
    /// As [`make`](Self::make).
    ///
    /// ```
    /// use redress::config::Format;
    /// use redress::{Classification, ErrorClass, Policies};
    ///
    /// fn classify(status: &u16) -> Classification {
    ///     let class = if *status >= 500 { ErrorClass::ServerError } else { ErrorClass::Permanent };
    ///     class.into()
    /// }
    ///
    /// let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80'}}}";
    /// let search = Policies::from_str(Format::Yaml, text)?.endpoints("search")?;
    /// let search = search.make_classified(classify, |address| Ok::<_, String>(address.to_owned()))?;
    /// let list = search.current();
    /// let failed = |status| {
    ///     let replica = list.take();
    ///     let _ = replica.record(Err::<(), u16>(status));
    ///     list.snapshot()[0].failed
    /// };
    /// assert_eq!([failed(404), failed(503)], [false, true]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn make_classified<T, C, E>(
        &self,
        classifier: C,
        make: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<EndpointsTable<T, C>, ConfigError>
    where
        T: Send + Sync + 'static,
        C: Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let make = Box::new(move |address: &str| make(address).map_err(Into::<Fault>::into));
        let refused = |unmade: Vec<super::endpoints_slot::Unmade>| {
            let mut problems = Problems::default();
            for own in unmade {
                problems.add(&own.setting, own.message);
            }
            problems.into_error()
        };
        let mut plan = self.list.plan();
        let slot = Slot::new(self.name(), &plan, make, classifier).map_err(refused)?;
        let slot = Arc::new(slot);
        let table = || -> Arc<dyn Renew> { Arc::<Slot<T, C>>::clone(&slot) };
        // The file may be read anew while the user's code runs, for which no lock is held.
        while let Some(now) = self.list.register(Arc::downgrade(&table()), &plan) {
            let switch = table().prepare(&now).map_err(refused)?;
            drop(switch());
            plan = now;
        }
        let list = Arc::clone(&self.list);
        Ok(EndpointsTable { slot, list })
    }
}

impl<T, C> Clone for EndpointsTable<T, C> {
    fn clone(&self) -> Self {
        Self {
            slot: Arc::clone(&self.slot),
            list: Arc::clone(&self.list),
        }
    }
}

impl<T, C> fmt::Debug for EndpointsTable<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointsTable")
            .field("name", &self.slot.name)
            .finish_non_exhaustive()
    }
}

impl Policies {
    /// Finds a list of replicas: `[endpoints.NAME]`. What it holds are their addresses;
    /// [`make`](EndpointsTable::make) makes clients of them.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80', b: '10.0.0.2:80'}}}";
    /// let policies = Policies::from_str(Format::Yaml, text)?;
    /// assert_eq!(policies.endpoints("search")?.current().len(), 2);
    /// assert!(policies.endpoints("mail").is_err());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn endpoints(&self, name: &str) -> Result<EndpointsTable<String>, UnknownEndpoints> {
        let lists = self.endpoints_lists();
        let Some(list) = lists.get(name) else {
            let known = lists.names();
            let known = known.iter().map(String::as_str);
            let help = if known.len() == 0 {
                "the file has none".to_owned()
            } else {
                names::suggest(name, "lists", known)
            };
            let shown = quoted(name);
            return Err(UnknownEndpoints {
                name: name.to_owned(),
                message: format!("there is no {shown} among the `endpoints`: {help}"),
            });
        };
        let slot = Arc::clone(&list.text);
        Ok(EndpointsTable { slot, list })
    }
}

/// There is no list of replicas of that name.
///
/// ```
/// use redress::Policies;
/// use redress::config::Format;
///
/// let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80'}}}";
/// let error = Policies::from_str(Format::Yaml, text)?.endpoints("serch").unwrap_err();
/// assert_eq!(error.name(), "serch");
/// assert_eq!(
///     error.to_string(),
///     "there is no \"serch\" among the `endpoints`: did you mean `search`?"
/// );
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEndpoints {
    name: String,
    message: String,
}

impl UnknownEndpoints {
    /// Returns the name that was asked for.
    ///
    /// ```
    /// # let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80', b: '10.0.0.2:80'}}}";
    /// # let policies = redress::Policies::from_str(redress::config::Format::Yaml, text).unwrap();
    /// assert_eq!(policies.endpoints("mail").unwrap_err().name(), "mail");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for UnknownEndpoints {}

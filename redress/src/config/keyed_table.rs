//! A map of a file, as it is handed out.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::Policies;
use super::keyed_slots::Slot;
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::gate::Gate;
use crate::keyed::{Each, Keyed, KeyedHandle};

/// One breaker, budget or gate for each key, as a file says: from [`Policies::keyed_breakers`],
/// [`keyed_budgets`](Policies::keyed_budgets) or [`keyed_gates`](Policies::keyed_gates).
///
/// It is a [`Keyed`] that goes on with other settings when the file is read anew. A clone is cheap and of
/// the same map. To ask it for a key costs some tens of nanoseconds more than to ask a `Keyed`, which
/// [`current`](Self::current) gives.
///
/// ```
/// use std::sync::LazyLock;
/// use redress::config::{Format, KeyedTable};
/// use redress::{CircuitBreaker, Policies, retry};
///
/// static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
///     let text = "
///         [policies.fetch]
///         deadline = '10s'
///         [keyed.hosts]
///         circuit_breaker = { failure_threshold = 3 }
///         max_keys = 10000
///     ";
///     Policies::from_str(Format::Toml, text).expect("it is right")
/// });
/// static HOSTS: LazyLock<KeyedTable<CircuitBreaker>> =
///     LazyLock::new(|| POLICIES.keyed_breakers("hosts").expect("it is in the text"));
///
/// #[retry(deadline = 10s, circuit_breaker = HOSTS.get(host))]
/// fn fetch(host: &str) -> std::io::Result<u32> {
///     Ok(5)
/// }
///
/// HOSTS.get("down.example").force_open();
/// assert!(fetch("down.example").is_err());
/// assert_eq!(fetch("up.example").unwrap(), 5);
///
/// // With a policy of the file, in a context:
/// let policy = POLICIES.get("fetch").unwrap();
/// let context = policy.context().circuit_breaker(HOSTS.get("up.example"));
/// assert_eq!(context.call(|| Ok::<_, std::io::Error>(5)).unwrap(), 5);
/// ```
pub struct KeyedTable<T> {
    pub(super) slot: Arc<Slot<T>>,
}

impl<T: Each> KeyedTable<T> {
    /// Returns the name of the table in its file.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let policies = Policies::from_str(Format::Yaml, "keyed: {hosts: {circuit_breaker: {}, max_keys: 9}}")?;
    /// assert_eq!(policies.keyed_breakers("hosts")?.name(), "hosts");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.slot.name
    }

    /// Returns the breaker, budget or gate of a key, as [`Keyed::get`] does.
    ///
    /// ```
    /// use redress::config::Format;
    /// use redress::{ErrorClass, Policies};
    ///
    /// let text = "keyed: {tenants: {budget: {kind: rolling, max_retries: 1, window: 60s}, max_keys: 9}}";
    /// let tenants = Policies::from_str(Format::Yaml, text)?.keyed_budgets("tenants")?;
    /// tenants.get("a").try_spend(ErrorClass::Transient).unwrap().keep();
    /// assert_eq!((tenants.get("a").remaining(), tenants.get("b").remaining()), (0, 1));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> KeyedHandle<T> {
        let current = &self.slot.current;
        let current = current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(key)
    }

    /// Returns the map of now. What it makes for new keys has the settings of now, also after a reload.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "keyed: {tenants: {gate: {}, max_keys: 9}}";
    /// let tenants = Policies::from_str(Format::Yaml, text)?.keyed_gates("tenants")?;
    /// tenants.get("a").close_for(30);
    /// assert_eq!((tenants.current().len(), tenants.current().overflowed()), (1, 0));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn current(&self) -> Arc<Keyed<String, T>> {
        let current = self.slot.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the function that is told whenever a key finds no room, as
    /// [`KeyedBuilder::on_overflow`](crate::keyed::KeyedBuilder::on_overflow) does; it stays after a
    /// reload. Default: none. A table has one: the first that is set stays, and is told by all clones.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "keyed: {hosts: {circuit_breaker: {}, max_keys: 1}}";
    /// let hosts = Policies::from_str(Format::Yaml, text)?.keyed_breakers("hosts")?;
    /// hosts.on_overflow(|times| eprintln!("{times} hosts found no room"));
    /// hosts.get("a").force_open();
    /// hosts.get("b");
    /// assert_eq!(hosts.current().overflowed(), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_overflow(&self, hook: impl Fn(u64) + Send + Sync + 'static) {
        // Whoever sets a second one finds the first in force, as documented.
        let _: Result<(), _> = self.slot.hook.set(Box::new(hook));
    }
}

impl<T> Clone for KeyedTable<T> {
    fn clone(&self) -> Self {
        Self {
            slot: Arc::clone(&self.slot),
        }
    }
}

impl<T> fmt::Debug for KeyedTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedTable")
            .field("name", &self.slot.name)
            .finish_non_exhaustive()
    }
}

impl Policies {
    /// Finds a map that has a circuit breaker for each key: `[keyed.NAME]` with `circuit_breaker`. Feature
    /// `keyed`.
    ///
    /// # Errors
    ///
    /// There is none of that name, or it has something else for each key.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "keyed: {hosts: {circuit_breaker: {}, max_keys: 10000}}";
    /// let policies = Policies::from_str(Format::Yaml, text)?;
    /// assert!(policies.keyed_breakers("hosts")?.get("a.example").try_acquire().is_ok());
    /// let wrong = policies.keyed_gates("hosts").unwrap_err();
    /// assert_eq!(
    ///     wrong.to_string(),
    ///     "`keyed.hosts` has a circuit_breaker for each key, and no gate"
    /// );
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn keyed_breakers(&self, name: &str) -> Result<KeyedTable<CircuitBreaker>, UnknownKeyed> {
        let tables = self.keyed();
        tables
            .breakers
            .get(name)
            .ok_or_else(|| tables.unknown(name, "circuit_breaker"))
    }

    /// Finds a map that has a budget for each key: `[keyed.NAME]` with `budget`. Feature `keyed`.
    ///
    /// # Errors
    ///
    /// As [`keyed_breakers`](Self::keyed_breakers).
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "keyed: {tenants: {budget: {kind: success_ratio, ratio: 0.1}, max_keys: 10000}}";
    /// let tenants = Policies::from_str(Format::Yaml, text)?.keyed_budgets("tenants")?;
    /// assert_eq!(tenants.get("a").remaining(), 100);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn keyed_budgets(&self, name: &str) -> Result<KeyedTable<Budget>, UnknownKeyed> {
        let tables = self.keyed();
        tables
            .budgets
            .get(name)
            .ok_or_else(|| tables.unknown(name, "budget"))
    }

    /// Finds a map that has a gate for each key: `[keyed.NAME]` with `gate`. Feature `keyed`.
    ///
    /// # Errors
    ///
    /// As [`keyed_breakers`](Self::keyed_breakers).
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let text = "keyed: {tenants: {gate: {}, max_keys: 10000}}";
    /// let tenants = Policies::from_str(Format::Yaml, text)?.keyed_gates("tenants")?;
    /// assert!(tenants.get("a").try_enter().is_ok());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn keyed_gates(&self, name: &str) -> Result<KeyedTable<Gate>, UnknownKeyed> {
        let tables = self.keyed();
        tables
            .gates
            .get(name)
            .ok_or_else(|| tables.unknown(name, "gate"))
    }
}

/// There is no map of that name, or it has something else for each key.
///
/// ```
/// use redress::Policies;
/// use redress::config::Format;
///
/// let text = "keyed: {hosts: {circuit_breaker: {}, max_keys: 10000}}";
/// let error = Policies::from_str(Format::Yaml, text)?.keyed_breakers("host").unwrap_err();
/// assert_eq!(error.name(), "host");
/// assert!(error.to_string().ends_with("did you mean `hosts`?"));
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKeyed {
    pub(super) name: String,
    pub(super) message: String,
}

impl UnknownKeyed {
    /// Returns the name that was asked for.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let policies = Policies::from_str(Format::Yaml, "policies: {payments: {}}")?;
    /// assert_eq!(policies.keyed_gates("hosts").unwrap_err().name(), "hosts");
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownKeyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for UnknownKeyed {}

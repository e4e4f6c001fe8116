use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::endpoints_lists::EndpointsLists;
use super::file::Origin;
use super::handle::PolicySlot;
#[cfg(feature = "keyed")]
use super::keyed_slots::KeyedTables;
use super::reuse::Built;
use super::{ConfigFile, ConfigFileError, FileProblem, Format, PolicyHandle, UnknownPolicy, names};
use crate::classify::{AnyValue, DefaultClassifier};
use crate::policy::Classifiers;

/// The policies of a configuration file, by name. What a file looks like is said in
/// [`config`](crate::config).
///
/// A clone is cheap and the same registry. Its [handles](PolicyHandle) have new values at their
/// next call after the file was read anew: by [`reload`](Self::reload), or when it changes, with
/// `watch` (of the feature `watch`).
///
/// | on a reload | what happens |
/// |---|---|
/// | the file is bad | everything stays as it is |
/// | a policy has other settings | calls that start have them; calls under way keep theirs |
/// | a budget or a breaker has the same settings | it stays, with what it has counted |
/// | a budget or a breaker has other settings | it goes on with them, and [keeps](crate::config#reloads) what still means the same |
/// | a policy is gone | its handles keep its last values; [`get`](Self::get) no longer finds it |
/// | a policy is there again | its handles have the new values |
/// | a map of `keyed` has other settings | its keys go on with them, each with what it has |
/// | a list of `endpoints` has other settings | replicas that stay go on with what is known of them |
///
/// ```no_run
/// use redress::Policies;
///
/// let policies = Policies::from_file("retry.toml")?;
/// let payments = policies.get("payments")?;
/// let text = payments.call(|| std::fs::read_to_string("order.txt"))?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// An attribute can name one. The function's error must be `From<Interrupt>`: if there is no policy
/// of that name, the function returns that, without an attempt.
///
/// ```
/// use std::sync::LazyLock;
/// use redress::config::Format;
/// use redress::{Policies, retry};
///
/// static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
///     let text = "[policies.payments]\nmax_attempts = 3";
///     Policies::from_str(Format::Toml, text).expect("it is right")
/// });
///
/// #[retry(policy = POLICIES.get("payments"))]
/// fn charge(order: u32) -> Result<u32, std::io::Error> {
///     Ok(order)
/// }
/// assert_eq!(charge(5).unwrap(), 5);
/// ```
///
/// A policy of a file has the default classifier, which takes any `std::error::Error`. Give the handle
/// another where an error is none, such as `Box<dyn Error>`, or says itself what it means:
///
/// ```
/// # use redress::config::Format;
/// # use redress::{Classify, ErrorClass, Policies, StopReason};
/// # struct Busy;
/// # impl Classify for Busy {
/// #     fn classify(&self) -> redress::Classification { ErrorClass::Permanent.into() }
/// # }
/// # let policies = Policies::from_str(Format::Toml, "[policies.payments]").unwrap();
/// let payments = policies.get("payments")?.classifier(|error: &Busy| error.classify());
/// let outcome = payments.execute(|| Err::<(), _>(Busy));
/// assert_eq!(outcome.stop_reason, Some(StopReason::NonRetryableClass));
/// # Ok::<_, redress::config::UnknownPolicy>(())
/// ```
///
/// In the attribute that is `policy = POLICIES.get("payments").map(|p| p.classifier(classify))`.
#[derive(Clone)]
pub struct Policies {
    registry: Arc<Registry>,
}

struct Registry {
    origin: Option<Origin>,
    /// Locked while policies are made, so that one reload ends before the next one starts.
    built: Mutex<Built>,
    slots: RwLock<BTreeMap<String, Listed>>,
    classifiers: Arc<Classifiers<DefaultClassifier, AnyValue>>,
    #[cfg(feature = "keyed")]
    keyed: KeyedTables,
    endpoints: EndpointsLists,
}

struct Listed {
    slot: Arc<PolicySlot>,
    /// Whether the file has it still.
    present: bool,
}

/// What a reload has changed. Policies are named in alphabetical order.
///
/// ```no_run
/// use redress::Policies;
///
/// let policies = Policies::from_file("policies.toml")?;
/// let reloaded = policies.reload()?;
/// println!("{reloaded}");
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    changed: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    keyed: Vec<String>,
    endpoints: Vec<String>,
}

impl Policies {
    /// Reads a file: `.toml`, `.json`, `.yaml` or `.yml`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is none of these formats, or has mistakes: all are named, each with
    /// its line and column.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigFileError> {
        ConfigFile::read(path).map(|file| Self::new(&file))
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// The text has mistakes: all are named, each with its line and column.
    ///
    /// ```
    /// use redress::Policies;
    /// use redress::config::Format;
    ///
    /// let policies = Policies::from_str(Format::Yaml, "policies: {payments: {deadline: 5s}}")?;
    /// assert_eq!(policies.names(), ["payments"]);
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    pub fn from_str(format: Format, text: &str) -> Result<Self, ConfigFileError> {
        ConfigFile::parse(format, text).map(|file| Self::new(&file))
    }

    /// Makes the policies of a file that has been read.
    #[must_use]
    pub fn new(file: &ConfigFile) -> Self {
        let policies = Self {
            registry: Arc::new(Registry {
                origin: file.path().map(Origin::of),
                built: Mutex::default(),
                slots: RwLock::default(),
                classifiers: Arc::new(Classifiers::DEFAULT),
                #[cfg(feature = "keyed")]
                keyed: KeyedTables::default(),
                endpoints: EndpointsLists::default(),
            }),
        };
        policies
            .registry
            .take_up(&mut policies.registry.lock(), file);
        policies
    }

    /// Finds a policy.
    ///
    /// # Errors
    ///
    /// There is none of that name; the error lists those that there are.
    pub fn get(&self, name: &str) -> Result<PolicyHandle, UnknownPolicy> {
        let registry = &self.registry;
        let slots = registry
            .slots
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        match slots.get(name).filter(|listed| listed.present) {
            Some(listed) => {
                let classifiers = Arc::clone(&registry.classifiers);
                Ok(PolicyHandle::new(Arc::clone(&listed.slot), classifiers))
            }
            None => {
                let present = slots.iter().filter(|(_, listed)| listed.present);
                let present = present.map(|(name, _)| name.as_str());
                Err(names::unknown_policy(name, present))
            }
        }
    }

    /// Lists the names of the policies in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let slots = self.registry.slots.read();
        let slots = slots.unwrap_or_else(PoisonError::into_inner);
        let present = slots.iter().filter(|(_, listed)| listed.present);
        present.map(|(name, _)| name.clone()).collect()
    }

    /// Reads the file anew. Calls that start from now on have its values. A relative path is that of
    /// the working directory in which the policies were made.
    ///
    /// # Errors
    ///
    /// As [`from_file`](Self::from_file); then everything stays as it is. Policies of a text have
    /// no file.
    pub fn reload(&self) -> Result<Reloaded, ConfigFileError> {
        match &self.registry.origin {
            Some(origin) => {
                // Whoever reads later must not take up earlier.
                let mut built = self.registry.lock();
                let file = ConfigFile::read_again(origin)?;
                self.registry.renew(&mut built, &file)
            }
            None => Err(ConfigFileError::no_file()),
        }
    }
}

impl Policies {
    pub(super) fn endpoints_lists(&self) -> &EndpointsLists {
        &self.registry.endpoints
    }
}

#[cfg(feature = "keyed")]
impl Policies {
    pub(super) fn keyed(&self) -> &KeyedTables {
        &self.registry.keyed
    }
}

#[cfg(feature = "watch")]
impl Policies {
    pub(super) fn origin(&self) -> Option<&Origin> {
        self.registry.origin.as_ref()
    }

    /// Returns the text that the values in force come from.
    pub(super) fn text(&self) -> String {
        self.registry.lock().text.clone()
    }

    /// Takes up what is read, and nobody else does meanwhile. `None` leaves everything as it is.
    pub(super) fn take_up_if(
        &self,
        read: impl FnOnce() -> Option<Result<ConfigFile, ConfigFileError>>,
    ) -> Option<Result<Reloaded, ConfigFileError>> {
        let mut built = self.registry.lock();
        let file = read()?;
        Some(file.and_then(|file| self.registry.renew(&mut built, &file)))
    }
}

impl Registry {
    /// Takes up what a file says, unless a program can make nothing of a replica in it.
    fn renew(&self, built: &mut Built, file: &ConfigFile) -> Result<Reloaded, ConfigFileError> {
        self.endpoints.renew(file.endpoints()).map_err(|unmade| {
            let problems = unmade.into_iter().map(|own| {
                let place = file.place(&own.setting);
                FileProblem::new(own.setting, own.message, None, Some(place))
            });
            ConfigFileError::new(file.path(), file.text(), problems.collect())
        })?;
        Ok(self.take_up(built, file))
    }

    fn take_up(&self, built: &mut Built, file: &ConfigFile) -> Reloaded {
        let new = Built::new(file, built);
        let mut reloaded = Reloaded::default();
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        for listed in slots.values_mut() {
            listed.present = false;
        }
        for (name, policy) in new.policies() {
            match slots.get_mut(name) {
                Some(listed) => {
                    listed.present = true;
                    if built.has(name) {
                        if new.same(built, name) {
                            continue;
                        }
                        reloaded.changed.push(name.to_owned());
                    } else {
                        reloaded.added.push(name.to_owned());
                    }
                    listed.slot.set(policy);
                }
                None => {
                    reloaded.added.push(name.to_owned());
                    let slot = Arc::new(PolicySlot::new(name, policy));
                    slots.insert(
                        name.to_owned(),
                        Listed {
                            slot,
                            present: true,
                        },
                    );
                }
            }
        }
        let gone = built.policies().filter(|(name, _)| !new.has(name));
        reloaded
            .removed
            .extend(gone.map(|(name, _)| name.to_owned()));
        reloaded.keyed = new.other_keyed(built);
        #[cfg(feature = "keyed")]
        self.keyed.take_up(file.keyed());
        reloaded.endpoints = new.other_endpoints(built);
        self.endpoints.take_up(file.endpoints());
        // What the file no longer has and nobody holds can go.
        slots.retain(|_, listed| listed.present || Arc::strong_count(&listed.slot) > 1);
        *built = new;
        reloaded
    }

    fn lock(&self) -> MutexGuard<'_, Built> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reloaded {
    /// Tells whether every policy is as before, every map of `keyed` and every list of `endpoints`.
    ///
    /// ```
    /// use redress::config::Reloaded;
    ///
    /// assert!(Reloaded::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let policies = [&self.changed, &self.added, &self.removed];
        let others = [&self.keyed, &self.endpoints];
        policies.into_iter().chain(others).all(Vec::is_empty)
    }

    /// Lists the policies with other settings, those of a shared budget or breaker included.
    ///
    /// ```
    /// # use redress::config::Reloaded;
    /// fn is_slower_now(reloaded: &Reloaded) -> bool {
    ///     reloaded.changed().iter().any(|policy| policy == "payments")
    /// }
    /// ```
    #[must_use]
    pub fn changed(&self) -> &[String] {
        &self.changed
    }

    /// Lists the policies that were not there before.
    ///
    /// ```
    /// # use redress::config::Reloaded;
    /// fn announce(reloaded: &Reloaded) -> String {
    ///     reloaded.added().join(", ")
    /// }
    /// ```
    #[must_use]
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// Lists the policies that are gone. Handles of them keep their last values.
    ///
    /// ```
    /// # use redress::config::Reloaded;
    /// fn warn(reloaded: &Reloaded) -> Option<String> {
    ///     (!reloaded.removed().is_empty()).then(|| reloaded.removed().join(", "))
    /// }
    /// ```
    #[must_use]
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Lists the tables of `keyed` that have other settings, were not there before, or are gone.
    ///
    /// ```
    /// # use redress::config::Reloaded;
    /// fn has_new_limits(reloaded: &Reloaded) -> bool {
    ///     reloaded.keyed().iter().any(|table| table == "tenants")
    /// }
    /// ```
    #[must_use]
    pub fn keyed(&self) -> &[String] {
        &self.keyed
    }

    /// Lists the lists of `endpoints` that have other settings, were not there before, or are gone.
    ///
    /// ```
    /// # use redress::config::Reloaded;
    /// fn has_new_replicas(reloaded: &Reloaded) -> bool {
    ///     reloaded.endpoints().iter().any(|list| list == "search")
    /// }
    /// ```
    #[must_use]
    pub fn endpoints(&self) -> &[String] {
        &self.endpoints
    }
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (what, names) in [
            ("changed", &self.changed),
            ("added", &self.added),
            ("removed", &self.removed),
            ("other keyed", &self.keyed),
            ("other endpoints", &self.endpoints),
        ] {
            if !names.is_empty() {
                let names = names::list(names.iter().map(String::as_str));
                write!(f, "{separator}{what} {names}")?;
                separator = ", ";
            }
        }
        if separator.is_empty() {
            f.write_str("changed nothing")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies")
            .field("path", &self.registry.origin.as_ref().map(|own| &own.shown))
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

use std::collections::BTreeMap;

use super::BreakerConfig;
use super::node::{Node, ToNode, Value, Written};
use super::reader::Reader;
use crate::defaults;
use crate::policy::Policy;
use crate::strategies::instant;

/// What a file says of a list of replicas: `[endpoints.NAME]`.
///
/// [`Policies::endpoints`](crate::Policies::endpoints) hands out the list.
///
/// ```
/// use redress::config::{ConfigFile, Format};
///
/// let text = "
///     [endpoints.search.replicas]
///     a = '10.0.0.1:80'
///     b = '10.0.0.2:80'
/// ";
/// let file = ConfigFile::parse(Format::Toml, text)?;
/// assert_eq!(file.endpoints()["search"].replicas["b"], "10.0.0.2:80");
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EndpointsConfig {
    /// The address of each replica, by its name; there is at least one. An address is any text that is not
    /// blank: what it means, the program says.
    pub replicas: BTreeMap<String, String>,
    /// The breaker that each replica has. What is left out has the default of
    /// [`Endpoints`](crate::endpoints::Endpoints): it opens at three failures in a row, unless
    /// `failure_threshold`, `failure_rate` or `proportional` is set, for 10 s, unless a `recovery_strategy`
    /// says for how long; all else is as in any breaker.
    pub circuit_breaker: BreakerConfig,
}

pub(super) const REPLICAS: &str = "replicas";
pub(super) const BREAKER: &str = "circuit_breaker";
const KEYS: [&str; 2] = [REPLICAS, BREAKER];
const FORM: &str = "write a name and an address for each, such as { a = \"10.0.0.1:80\" }";

impl EndpointsConfig {
    /// Lists the settings: the address of each replica, then those of its breaker as
    /// [`PolicySnapshot::rows`] does. What is left out has its default.
    ///
    /// [`PolicySnapshot::rows`]: crate::inspect::PolicySnapshot::rows
    ///
    /// ```
    /// use redress::config::{ConfigFile, Format};
    ///
    /// let text = "endpoints: {search: {replicas: {a: '10.0.0.1:80'}}}";
    /// let file = ConfigFile::parse(Format::Yaml, text)?;
    /// let rows = file.endpoints()["search"].rows();
    /// let row = |name: &str, value: &str| rows.contains(&(name.to_owned(), value.to_owned()));
    /// assert!(row("replicas.a", "10.0.0.1:80") && row("breaker.consecutive_failures", "3"));
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> Vec<(String, String)> {
        let replicas = self.replicas.iter();
        let replicas = replicas.map(|(name, address)| {
            let setting = format!("{REPLICAS}.{}", super::places::segment(name));
            (setting, address.clone())
        });
        let breaker = self.in_a_policy().snapshot().rows().into_iter();
        let breaker = breaker.filter(|(name, _)| name.starts_with("breaker."));
        replicas.chain(breaker).collect()
    }

    /// Returns the settings of each breaker, with the list's defaults.
    pub(super) fn breaker(&self) -> BreakerConfig {
        let mut breaker = self.circuit_breaker.clone();
        let counts = breaker.failure_threshold.is_some()
            || breaker.failure_rate.is_some()
            || breaker.proportional.is_some();
        if !counts && breaker.consecutive_failures.is_none() {
            breaker.consecutive_failures = Some(defaults::ENDPOINT_FAILURES);
        }
        if breaker.recovery_strategy.is_none() && breaker.recovery_timeout.is_none() {
            breaker.recovery_timeout = Some(defaults::ENDPOINT_RECOVERY);
        }
        breaker
    }

    /// Makes a policy that has the breaker of a replica, and nothing else of which there would be something
    /// to say.
    pub(super) fn in_a_policy(&self) -> Policy {
        let breaker = self.breaker().build_unchecked(None);
        let builder = Policy::builder().no_deadline().strategy(instant());
        builder.circuit_breaker(breaker).build_unchecked()
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        let (mut replicas, mut circuit_breaker) = (None, BreakerConfig::default());
        reader.table(node, &KEYS, |reader, key, value| match key {
            REPLICAS => replicas = reader.replicas(value),
            _ => circuit_breaker = reader.breaker_of_each(value),
        });
        if matches!(node.value, Value::Table(_)) && !node.has(REPLICAS) {
            reader.wrong(&node.span, "is missing `replicas`", FORM);
        }
        Some(Self {
            replicas: replicas?,
            circuit_breaker,
        })
    }
}

impl Reader<'_> {
    fn replicas(&mut self, node: &Node) -> Option<BTreeMap<String, String>> {
        let Value::Table(entries) = &node.value else {
            self.wrong_kind(node, "a table of names and addresses", FORM);
            return None;
        };
        if entries.is_empty() {
            self.wrong(&node.span, "has no replica", FORM);
        }
        let mut replicas = BTreeMap::new();
        for entry in entries {
            let address = self.within(&entry.key, entry, |reader| {
                if entry.key.trim().is_empty() {
                    let help = "write what logs and metrics shall call it, such as a";
                    reader.wrong(&entry.key_span, "has no name", help);
                }
                reader.address(&entry.value)
            });
            replicas.extend(address.map(|address| (entry.key.clone(), address)));
        }
        (!replicas.is_empty()).then_some(replicas)
    }

    fn address(&mut self, node: &Node) -> Option<String> {
        let help = "write where it is, such as \"10.0.0.1:80\"";
        match &node.value {
            Value::Text(address) if address.trim().is_empty() => {
                self.wrong(&node.span, "has no address", help);
                None
            }
            Value::Text(address) => Some(address.clone()),
            _ => {
                self.wrong_kind(node, "an address as a text", help);
                None
            }
        }
    }

    fn breaker_of_each(&mut self, node: &Node) -> BreakerConfig {
        if matches!(node.value, Value::Text(_)) {
            let message = "is the name of one that policies share, and each replica has its own";
            let help = "write its settings here, as a table";
            self.wrong(&node.span, message, help);
            return BreakerConfig::default();
        }
        BreakerConfig::read(self, node)
    }
}

impl ToNode for EndpointsConfig {
    fn to_node(&self) -> Node {
        let mut replicas = Written::default();
        for (name, address) in &self.replicas {
            replicas.put(name, address.to_node());
        }
        let mut table = Written::default();
        table.put(REPLICAS, replicas.into());
        if self.circuit_breaker != BreakerConfig::default() {
            table.put(BREAKER, self.circuit_breaker.to_node());
        }
        table.into()
    }
}

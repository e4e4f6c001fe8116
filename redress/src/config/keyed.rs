use std::time::Duration;

use super::node::{Node, ToNode, Value, Written};
use super::reader::Reader;
use super::section::Field as _;
use super::{BreakerConfig, BudgetSettings, GateConfig};
use crate::defaults;
use crate::policy::Policy;
use crate::strategies::{instant, length};

/// What a file says of one breaker, budget or gate for each key: `[keyed.NAME]`.
///
/// [`Policies`](crate::Policies) make the maps, with the feature `keyed`; a file is checked without it,
/// too.
///
/// ```
/// use redress::config::{ConfigFile, Format};
///
/// let text = "[keyed.hosts]\ncircuit_breaker = {}\nmax_keys = 10000\n";
/// let file = ConfigFile::parse(Format::Toml, text)?;
/// assert_eq!(file.keyed()["hosts"].max_keys, 10_000);
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyedConfig {
    /// What each key has.
    pub each: EachConfig,
    /// How many keys are kept at most: 1 or more. It has no default.
    pub max_keys: u32,
    /// The time after which a key may be forgotten that nothing has asked for; `None` for the default,
    /// 10 minutes.
    pub idle: Option<Duration>,
}

/// The settings of what each key has.
///
/// ```
/// use redress::config::{ConfigFile, EachConfig, Format};
///
/// let text = "keyed: {tenants: {gate: {max_hint: 1m}, max_keys: 500}}";
/// let file = ConfigFile::parse(Format::Yaml, text)?;
/// assert!(matches!(file.keyed()["tenants"].each, EachConfig::Gate(_)));
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EachConfig {
    /// A circuit breaker: `circuit_breaker`.
    CircuitBreaker(BreakerConfig),
    /// A budget: `budget`.
    Budget(BudgetSettings),
    /// A gate: `gate`.
    Gate(GateConfig),
}

const EACH: [&str; 3] = ["circuit_breaker", "budget", "gate"];
const KEYS: [&str; 5] = ["circuit_breaker", "budget", "gate", "max_keys", "idle"];

impl EachConfig {
    /// Returns the key under which it is written.
    pub(super) const fn key(&self) -> &'static str {
        let [breaker, budget, gate] = EACH;
        match self {
            Self::CircuitBreaker(_) => breaker,
            Self::Budget(_) => budget,
            Self::Gate(_) => gate,
        }
    }

    /// Makes a policy that has one, and nothing else of which there would be something to say: it has no
    /// deadline, and its failures take no time.
    pub(super) fn in_a_policy(&self) -> Policy {
        let builder = Policy::builder().no_deadline().strategy(instant());
        let builder = match self {
            Self::CircuitBreaker(own) => builder.circuit_breaker(own.build_unchecked(None)),
            Self::Budget(own) => builder.budget(own.build_unchecked(None)),
            Self::Gate(own) => builder.gate(own.build_unchecked(None)),
        };
        builder.build_unchecked()
    }
}

impl KeyedConfig {
    /// Lists the settings, those of what each key has as [`PolicySnapshot::rows`] does: what is left out has
    /// its default.
    ///
    /// [`PolicySnapshot::rows`]: crate::inspect::PolicySnapshot::rows
    ///
    /// ```
    /// use redress::config::{ConfigFile, Format};
    ///
    /// let text = "[keyed.hosts]\ncircuit_breaker = { window = '10s' }\nmax_keys = 10000\n";
    /// let file = ConfigFile::parse(Format::Toml, text)?;
    /// let window = ("breaker.window".to_owned(), "10s".to_owned());
    /// assert!(file.keyed()["hosts"].rows().contains(&window));
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("max_keys".to_owned(), self.max_keys.to_string()),
            (
                "idle".to_owned(),
                length(self.idle.unwrap_or(defaults::KEYED_IDLE)),
            ),
        ];
        let rows = self.each.in_a_policy().snapshot().rows();
        let of_each = |name: &str| name.starts_with(self.of_a_policy());
        all.extend(rows.into_iter().filter(|(name, _)| of_each(name)));
        all
    }

    /// Returns with what a policy's names of such settings start.
    pub(super) const fn of_a_policy(&self) -> &'static str {
        match &self.each {
            EachConfig::CircuitBreaker(_) => "breaker.",
            EachConfig::Budget(_) => "budget.",
            EachConfig::Gate(_) => "gate.",
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        let (mut each, mut max_keys, mut idle) = (None, None, None);
        let mut given = Vec::new();
        reader.table(node, &KEYS, |reader, key, value| match key {
            "max_keys" => max_keys = reader.max_keys(value),
            "idle" => {
                let instead = "leave it out for 10 minutes";
                idle = reader.time_above_zero(value, instead);
            }
            _ => {
                given.extend(EACH.into_iter().find(|each| *each == key));
                each = reader.each(key, value);
            }
        });
        if !matches!(node.value, Value::Table(_)) {
            return None;
        }
        match given.as_slice() {
            [] => {
                let help = "write one of them, such as circuit_breaker = {}";
                let message =
                    "is missing what each key has: a `circuit_breaker`, a `budget` or a `gate`";
                reader.wrong(&node.span, message, help);
            }
            [_] => {}
            [first, second, ..] => {
                let message =
                    format!("has both `{first}` and `{second}`, and each key has one thing");
                let help = "write two tables, and ask both for the key";
                reader.wrong(&node.span, message, help);
            }
        }
        if !node.has("max_keys") {
            let help = "say how many may be kept, such as max_keys = 10000: keys that others choose have no end";
            reader.wrong(&node.span, "is missing `max_keys`", help);
        }
        Some(Self {
            each: each?,
            max_keys: max_keys?,
            idle,
        })
    }
}

impl Reader<'_> {
    fn each(&mut self, key: &str, node: &Node) -> Option<EachConfig> {
        if matches!(node.value, Value::Text(_)) {
            let message = "is the name of one that policies share, and each key has its own";
            let help = "write its settings here, as a table";
            self.wrong(&node.span, message, help);
            return None;
        }
        match key {
            "circuit_breaker" => Some(EachConfig::CircuitBreaker(BreakerConfig::read(self, node))),
            "budget" => BudgetSettings::read(self, node).map(EachConfig::Budget),
            _ => Some(EachConfig::Gate(GateConfig::read(self, node))),
        }
    }

    fn max_keys(&mut self, node: &Node) -> Option<u32> {
        let number = self.count(node)?;
        if number == 0 {
            let message = "is 0, so all keys would share one";
            self.wrong(
                &node.span,
                message,
                "say how many may be kept, such as 10000",
            );
            return None;
        }
        Some(number)
    }
}

impl ToNode for KeyedConfig {
    fn to_node(&self) -> Node {
        let mut table = Written::default();
        let each = match &self.each {
            EachConfig::CircuitBreaker(own) => own.to_node(),
            EachConfig::Budget(own) => own.to_node(),
            EachConfig::Gate(own) => own.to_node(),
        };
        table.put(self.each.key(), each);
        table.put("max_keys", self.max_keys.to_node());
        self.idle.put("idle", &mut table);
        table.into()
    }
}

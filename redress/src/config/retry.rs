use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::node::{Node, Value, Written};
use super::reader::Reader;
use super::{BreakerConfig, BudgetConfig, StrategyConfig, checks};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::ErrorClass;
use crate::policy::{Policy, PolicyBuilder};
use crate::problems::{ConfigError, Problems};
use crate::strategies::Strategy;

/// A limit that may be switched off: `"30s"` or `"none"` in a file.
///
/// The set is closed on purpose: a limit is there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit<T> {
    /// There is no limit.
    None,
    /// This is the limit.
    At(T),
}

/// Settings of their own, or shared ones by name: a table or a text in a file.
///
/// The set is closed on purpose: a file has no third way to write them.
#[derive(Debug, Clone, PartialEq)]
pub enum Shared<T> {
    /// The name of settings that others use, too.
    Named(String),
    /// Settings that nobody else uses.
    Own(T),
}

/// One policy, as data: what a file says of it. What is left out has the builder's default.
///
/// It is a serde type, for configuration files of your own: durations are texts such as `"30s"`
/// or numbers of seconds, strategies are written as the macros take them. The keys are those of
/// a [policy in a file](crate::config).
///
/// ```
/// use std::time::Duration;
/// use redress::config::{Limit, RetryConfig};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     url: String,
///     retry: RetryConfig,
/// }
///
/// let settings: Settings = toml::from_str(r#"
///     url = "https://payments.example"
///     retry = { strategy = "equal_jitter(5s)", deadline = "10s", max_attempts = 4 }
/// "#).unwrap();
/// assert_eq!(settings.retry.deadline, Some(Limit::At(Duration::from_secs(10))));
/// let policy = settings.retry.build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RetryConfig {
    /// [`PolicyBuilder::strategy`].
    pub strategy: Option<StrategyConfig>,
    /// [`PolicyBuilder::class_strategy`], for each class that has one.
    pub strategies: BTreeMap<ErrorClass, StrategyConfig>,
    /// [`PolicyBuilder::deadline`].
    pub deadline: Option<Limit<Duration>>,
    /// [`PolicyBuilder::attempt_timeout`]; no limit is the default.
    pub attempt_timeout: Option<Limit<Duration>>,
    /// [`PolicyBuilder::max_attempts`].
    pub max_attempts: Option<Limit<u32>>,
    /// [`PolicyBuilder::max_unknown_attempts`].
    pub max_unknown_attempts: Option<Limit<u32>>,
    /// [`PolicyBuilder::max_class_attempts`], for each class that has one.
    pub per_class_max_attempts: BTreeMap<ErrorClass, u32>,
    /// [`PolicyBuilder::operation`].
    pub operation: Option<String>,
    /// [`PolicyBuilder::budget`].
    pub budget: Option<Shared<BudgetConfig>>,
    /// [`PolicyBuilder::circuit_breaker`].
    pub circuit_breaker: Option<Shared<BreakerConfig>>,
    /// [`PolicyBuilder::recommended`].
    pub recommended: bool,
}

const KEYS: [&str; 11] = [
    "strategy",
    "strategies",
    "deadline",
    "attempt_timeout",
    "max_attempts",
    "max_unknown_attempts",
    "per_class_max_attempts",
    "operation",
    "budget",
    "circuit_breaker",
    "recommended",
];

impl RetryConfig {
    /// Makes the policy. Each call makes a budget and a breaker of its own: build once, and clone.
    ///
    /// # Errors
    ///
    /// Names every mistake: those that [`PolicyBuilder::build`] finds, limits that can never be
    /// reached, and budgets and breakers by name, which only [`Policies`](crate::Policies) know.
    pub fn build(&self) -> Result<Policy, ConfigError> {
        self.to_builder()?.build()
    }

    /// Starts to build the policy: to add a clock, classifiers and observers, which are no data.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// ```
    /// let config = redress::config::RetryConfig::default();
    /// let policy = config.to_builder()?.on_event(|event: &redress::Event<'_>| {
    ///     println!("{}", event.name());
    /// });
    /// let policy = policy.build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn to_builder(&self) -> Result<PolicyBuilder, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        match &self.budget {
            Some(Shared::Own(own)) => problems.within("budget", |problems| own.check(problems)),
            Some(Shared::Named(name)) => unshared(&mut problems, "budget", name),
            None => {}
        }
        match &self.circuit_breaker {
            Some(Shared::Own(own)) => {
                problems.within("circuit_breaker", |problems| own.check(problems));
            }
            Some(Shared::Named(name)) => unshared(&mut problems, "circuit_breaker", name),
            None => {}
        }
        problems.into_result()?;
        let budget = match &self.budget {
            Some(Shared::Own(own)) => Some(own.build()?),
            _ => None,
        };
        let breaker = match &self.circuit_breaker {
            Some(Shared::Own(own)) => Some(own.build()?),
            _ => None,
        };
        Ok(self.builder(|_, strategy| strategy.build(), budget, breaker))
    }

    /// Reports what is wrong, but for the budget and the breaker.
    pub(super) fn check(&self, problems: &mut Problems) {
        checks::check(self, problems);
        let builder = self.builder(|_, strategy| strategy.build(), None, None);
        builder.check(problems);
    }

    /// Starts the policy from parts that were made before. `strategy` makes those of its slots:
    /// the default one, and one for each class.
    pub(super) fn builder(
        &self,
        mut strategy: impl FnMut(Option<ErrorClass>, &StrategyConfig) -> Arc<dyn Strategy>,
        budget: Option<Budget>,
        breaker: Option<CircuitBreaker>,
    ) -> PolicyBuilder {
        let mut builder = Policy::builder();
        if let Some(own) = &self.strategy {
            builder = builder.strategy(strategy(None, own));
        }
        for (class, own) in &self.strategies {
            builder = builder.class_strategy(*class, strategy(Some(*class), own));
        }
        builder = match self.deadline {
            Some(Limit::At(deadline)) => builder.deadline(deadline),
            Some(Limit::None) => builder.no_deadline(),
            None => builder,
        };
        if let Some(Limit::At(timeout)) = self.attempt_timeout {
            builder = builder.attempt_timeout(timeout);
        }
        builder = match self.max_attempts {
            Some(Limit::At(attempts)) => builder.max_attempts(attempts),
            Some(Limit::None) => builder.unlimited_attempts(),
            None => builder,
        };
        builder = match self.max_unknown_attempts {
            Some(Limit::At(attempts)) => builder.max_unknown_attempts(attempts),
            Some(Limit::None) => builder.unlimited_unknown_attempts(),
            None => builder,
        };
        for (class, attempts) in &self.per_class_max_attempts {
            builder = builder.max_class_attempts(*class, *attempts);
        }
        if let Some(name) = &self.operation {
            builder = builder.operation(name.clone());
        }
        if let Some(budget) = budget {
            builder = builder.budget(budget);
        }
        if let Some(breaker) = breaker {
            builder = builder.circuit_breaker(breaker);
        }
        if self.recommended {
            builder = builder.recommended();
        }
        builder
    }

    /// Reads a policy. What could not be read limits nothing, so that it is not reported twice.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let mut config = Self::default();
        reader.table(node, &KEYS, |reader, key, value| match key {
            "strategy" => config.strategy = StrategyConfig::read(reader, value),
            "strategies" => {
                config.strategies = reader.classes(value, |reader, value| {
                    StrategyConfig::read(reader, value).or_else(StrategyConfig::placeholder)
                });
            }
            "deadline" => config.deadline = or_no_limit(reader.time_limit(value)),
            "attempt_timeout" => config.attempt_timeout = reader.time_limit(value),
            "max_attempts" => config.max_attempts = or_no_limit(reader.count_limit(value)),
            "max_unknown_attempts" => {
                config.max_unknown_attempts = or_no_limit(reader.count_limit(value));
            }
            "per_class_max_attempts" => {
                config.per_class_max_attempts = reader.classes(value, |reader, value| {
                    reader.cap(value, "leave the class out where no limit is meant")
                });
            }
            "operation" => config.operation = reader.text(value),
            "budget" => config.budget = shared(reader, value, "budgets", BudgetConfig::read),
            "circuit_breaker" => {
                config.circuit_breaker = shared(reader, value, "breakers", |reader, value| {
                    Some(BreakerConfig::read(reader, value))
                });
            }
            "recommended" => config.recommended = reader.flag(value).unwrap_or_default(),
            _ => {}
        });
        reader.check(|problems| config.check(problems));
        config
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a field takes")]
fn or_no_limit<T>(limit: Option<Limit<T>>) -> Option<Limit<T>> {
    Some(limit.unwrap_or(Limit::None))
}

/// Reads a name, or a table of settings.
fn shared<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    tables: &str,
    read: impl FnOnce(&mut Reader<'_>, &Node) -> Option<T>,
) -> Option<Shared<T>> {
    match &node.value {
        Value::Text(name) => Some(Shared::Named(name.clone())),
        Value::Table(_) => read(reader, node).map(Shared::Own),
        _ => {
            let message = format!("expected a name or a table, found {}", node.describe());
            let help = format!("write the name of one of the `{tables}`, or a table of settings");
            reader.wrong(&node.span, message, &help);
            None
        }
    }
}

/// Reports a name that means nothing outside a file.
fn unshared(problems: &mut Problems, setting: &str, name: &str) {
    let message = format!(
        "is the name {name:?}, which only a file of policies gives a meaning: give its settings here, or use Policies"
    );
    problems.add(setting, message);
}

impl<T: Copy> Limit<T> {
    fn write(self, write: impl FnOnce(T) -> Node) -> Node {
        match self {
            Self::None => "none".to_owned().into(),
            Self::At(limit) => write(limit),
        }
    }
}

impl<T> Shared<T> {
    fn write(&self, write: impl FnOnce(&T) -> Node) -> Node {
        match self {
            Self::Named(name) => name.clone().into(),
            Self::Own(own) => write(own),
        }
    }
}

impl From<&RetryConfig> for Node {
    fn from(config: &RetryConfig) -> Self {
        let mut table = Written::default();
        table.put("strategy", config.strategy.as_ref());
        table.put_classes("strategies", &config.strategies, |own| own.into());
        let time = |limit: Limit<Duration>| limit.write(Self::from);
        let count = |limit: Limit<u32>| limit.write(Self::from);
        table.put("deadline", config.deadline.map(time));
        table.put("attempt_timeout", config.attempt_timeout.map(time));
        table.put("max_attempts", config.max_attempts.map(count));
        table.put(
            "max_unknown_attempts",
            config.max_unknown_attempts.map(count),
        );
        table.put_classes(
            "per_class_max_attempts",
            &config.per_class_max_attempts,
            |n| (*n).into(),
        );
        table.put("operation", config.operation.clone());
        let budget = config.budget.as_ref();
        table.put(
            "budget",
            budget.map(|budget| budget.write(|own| own.into())),
        );
        let breaker = config.circuit_breaker.as_ref();
        table.put(
            "circuit_breaker",
            breaker.map(|breaker| breaker.write(|own| own.into())),
        );
        table.put("recommended", config.recommended.then_some(true));
        table.into()
    }
}

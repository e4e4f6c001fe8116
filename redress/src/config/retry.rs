use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::node::{Node, ToNode, Written};
use super::reader::Reader;
use super::section::{Field, section};
use super::{Bound, BreakerConfig, BudgetSettings, GateConfig, NamedOr, StrategyConfig};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::ErrorClass;
use crate::delay::GivenTimes;
use crate::gate::Gate;
use crate::policy::{Policy, PolicyBuilder};
use crate::problems::{ConfigError, Problems};
use crate::strategies::Strategy;

section! {
    /// One policy, as data: what a file says of it. What is left out has the builder's default.
    ///
    /// It is a serde type, for configuration files of your own: durations are texts such as `"30s"`
    /// or numbers of seconds, strategies are written as the macros take them. The keys are those of
    /// a [policy in a file](crate::config).
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::config::{Bound, RetryConfig};
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
    /// assert_eq!(settings.retry.deadline, Some(Bound::At(Duration::from_secs(10))));
    /// let policy = settings.retry.build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[derive(Debug, Clone, Default, PartialEq)]
    #[non_exhaustive]
    pub struct RetryConfig gives PolicyBuilder;

    // First, since the others take the place of what it says.
    /// [`Policy::sessions`](crate::Policy::sessions).
    sessions: bool = switch, |builder, (), _| builder.sessions();
    // Strategies, budgets, breakers and gates are given as they were made before, by `builder`.
    /// [`PolicyBuilder::strategy`].
    strategy: Option<StrategyConfig> = strategy, |builder, _, _| builder;
    /// [`PolicyBuilder::class_strategy`], for each class that has one.
    strategies: BTreeMap<ErrorClass, StrategyConfig> = strategies, |builder, _, _| builder;
    /// [`PolicyBuilder::deadline`].
    deadline: Option<Bound<Duration>> = time_bound, |builder, deadline, _| match deadline {
        Bound::At(deadline) => builder.deadline(deadline),
        Bound::Unlimited => builder.no_deadline(),
    };
    /// [`PolicyBuilder::attempt_timeout`]; no limit is the default.
    attempt_timeout: Option<Bound<Duration>> = time_bound, |builder, timeout, _| match timeout {
        Bound::At(timeout) => builder.attempt_timeout(timeout),
        Bound::Unlimited => builder,
    };
    /// [`PolicyBuilder::max_attempts`].
    max_attempts: Option<Bound<u32>> = count_bound, |builder, attempts, _| match attempts {
        Bound::At(attempts) => builder.max_attempts(attempts),
        Bound::Unlimited => builder.unlimited_attempts(),
    };
    /// [`PolicyBuilder::max_unknown_attempts`].
    max_unknown_attempts: Option<Bound<u32>> = count_bound, |builder, attempts, _| match attempts {
        Bound::At(attempts) => builder.max_unknown_attempts(attempts),
        Bound::Unlimited => builder.unlimited_unknown_attempts(),
    };
    /// [`PolicyBuilder::max_class_attempts`], for each class that has one.
    per_class_max_attempts: BTreeMap<ErrorClass, u32> = caps,
        |builder, (class, attempts), _| builder.max_class_attempts(class, attempts);
    /// [`PolicyBuilder::once`].
    once: bool = switch, |builder, (), _| builder.once();
    /// [`PolicyBuilder::inherit_deadline`].
    inherit_deadline: bool = switch, |builder, (), _| builder.inherit_deadline();
    /// [`PolicyBuilder::leave_retries_to_caller`].
    leave_retries_to_caller: bool = switch, |builder, (), _| builder.leave_retries_to_caller();
    /// [`PolicyBuilder::healthy_after`].
    healthy_after: Option<Duration> = time;
    /// [`PolicyBuilder::stall_timeout`].
    stall_timeout: Option<Duration> = time;
    /// [`PolicyBuilder::restarts`]: how many.
    max_restarts: Option<Bound<u32>> = count_bound, |builder, restarts, _| match restarts {
        Bound::At(restarts) => builder.max_restarts(Some(restarts)),
        Bound::Unlimited => builder.max_restarts(None),
    };
    /// [`PolicyBuilder::restarts`]: within which time.
    restart_window: Option<Duration> = time;
    /// [`PolicyBuilder::operation`].
    operation: Option<String> = text;
    /// [`PolicyBuilder::budget`].
    budget: Option<NamedOr<BudgetSettings>> = budget, |builder, _, _| builder;
    /// [`PolicyBuilder::circuit_breaker`].
    circuit_breaker: Option<NamedOr<BreakerConfig>> = circuit_breaker, |builder, _, _| builder;
    /// [`PolicyBuilder::gate`].
    gate: Option<NamedOr<GateConfig>> = gate, |builder, _, _| builder;
    /// [`PolicyBuilder::recommended`].
    recommended: bool = switch, |builder, (), _| builder.recommended();
}

impl RetryConfig {
    /// Makes the policy. Each call makes a budget, a breaker and a gate of its own: build once, and clone.
    ///
    /// # Errors
    ///
    /// Names every mistake: those that [`PolicyBuilder::build`] finds, limits that can never be
    /// reached, and budgets, breakers and gates by name, which only [`Policies`](crate::Policies) know.
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
            Some(NamedOr::Own(own)) => {
                problems.within("budget", |problems| own.check(&GivenTimes::NONE, problems));
            }
            Some(NamedOr::Named(name)) => unshared(&mut problems, "budget", name),
            None => {}
        }
        match &self.circuit_breaker {
            Some(NamedOr::Own(own)) => {
                problems.within("circuit_breaker", |problems| own.check(problems));
            }
            Some(NamedOr::Named(name)) => unshared(&mut problems, "circuit_breaker", name),
            None => {}
        }
        match &self.gate {
            Some(NamedOr::Own(own)) => problems.within("gate", |problems| own.check(problems)),
            Some(NamedOr::Named(name)) => unshared(&mut problems, "gate", name),
            None => {}
        }
        problems.into_result()?;
        let budget = match &self.budget {
            Some(NamedOr::Own(own)) => Some(own.build()?),
            _ => None,
        };
        let breaker = match &self.circuit_breaker {
            Some(NamedOr::Own(own)) => Some(own.build()?),
            _ => None,
        };
        let gate = match &self.gate {
            Some(NamedOr::Own(own)) => Some(own.build()?),
            _ => None,
        };
        let strategy = |_: Option<ErrorClass>, strategy: &StrategyConfig| strategy.build();
        Ok(self.builder(strategy, budget, breaker, gate))
    }

    /// Reports what is wrong, but for the budget and the breaker.
    pub(super) fn check(&self, problems: &mut Problems) {
        self.check_contradictions(problems);
        let builder = self.builder(|_, strategy| strategy.build(), None, None, None);
        builder.check(problems);
    }

    /// Starts the policy from parts that were made before. `strategy` makes those of its slots:
    /// the default one, and one for each class.
    pub(super) fn builder(
        &self,
        mut strategy: impl FnMut(Option<ErrorClass>, &StrategyConfig) -> Arc<dyn Strategy>,
        budget: Option<Budget>,
        breaker: Option<CircuitBreaker>,
        gate: Option<Gate>,
    ) -> PolicyBuilder {
        let mut builder = self.give(Policy::builder());
        if let Some(own) = &self.strategy {
            builder = builder.strategy(strategy(None, own));
        }
        for (class, own) in &self.strategies {
            builder = builder.class_strategy(*class, strategy(Some(*class), own));
        }
        if let Some(budget) = budget {
            builder = builder.budget(budget);
        }
        if let Some(breaker) = breaker {
            builder = builder.circuit_breaker(breaker);
        }
        if let Some(gate) = gate {
            builder = builder.gate(gate);
        }
        builder
    }

    /// Reads a policy. What could not be read limits nothing, so that it is not reported twice.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let config = Self::read_keys(reader, node);
        reader.check(|problems| config.check(problems));
        config
    }
}

impl Reader<'_> {
    /// Reads a strategy for each class.
    fn strategies(&mut self, node: &Node) -> BTreeMap<ErrorClass, StrategyConfig> {
        self.classes(node, |reader, value| {
            reader.strategy(value).or_else(StrategyConfig::placeholder)
        })
    }

    fn budget(&mut self, node: &Node) -> Option<NamedOr<BudgetSettings>> {
        NamedOr::read(self, node, "budgets", BudgetSettings::read)
    }

    fn gate(&mut self, node: &Node) -> Option<NamedOr<GateConfig>> {
        NamedOr::read(self, node, "gates", |reader, node| {
            Some(GateConfig::read(reader, node))
        })
    }

    fn circuit_breaker(&mut self, node: &Node) -> Option<NamedOr<BreakerConfig>> {
        NamedOr::read(self, node, "breakers", |reader, node| {
            Some(BreakerConfig::read(reader, node))
        })
    }
}

/// Reports a name that means nothing outside a file.
fn unshared(problems: &mut Problems, setting: &str, name: &str) {
    let message = format!(
        "is the name {name:?}, which only a file of policies gives a meaning: give its settings here, or use Policies"
    );
    problems.add(setting, message);
}

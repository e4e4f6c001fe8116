use std::collections::BTreeMap;
use std::time::Duration;

use super::StrategyConfig;
use super::names;
use super::node::{Node, Value, Written};
use super::reader::Reader;
use crate::breaker::{CircuitBreaker, CircuitBreakerBuilder};
use crate::classify::ErrorClass;
use crate::problems::{ConfigError, Problems};

/// A [`CircuitBreaker`], as data. What is left out has the builder's default.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct BreakerConfig {
    /// [`CircuitBreakerBuilder::failure_threshold`].
    pub failure_threshold: Option<u32>,
    /// [`CircuitBreakerBuilder::class_threshold`], for each class that has one.
    pub class_thresholds: BTreeMap<ErrorClass, u32>,
    /// [`CircuitBreakerBuilder::failure_rate`]: the share.
    pub failure_rate: Option<f64>,
    /// [`CircuitBreakerBuilder::failure_rate`]: of how many calls at least. The two go together.
    pub minimum_calls: Option<u32>,
    /// [`CircuitBreakerBuilder::consecutive_failures`].
    pub consecutive_failures: Option<u32>,
    /// [`CircuitBreakerBuilder::window`].
    pub window: Option<Duration>,
    /// [`CircuitBreakerBuilder::trip_on`].
    pub trip_on: Option<Vec<ErrorClass>>,
    /// [`CircuitBreakerBuilder::recovery_timeout`].
    pub recovery_timeout: Option<Duration>,
    /// [`CircuitBreakerBuilder::recovery_strategy`].
    pub recovery_strategy: Option<StrategyConfig>,
    /// [`CircuitBreakerBuilder::half_open_probes`].
    pub half_open_probes: Option<u32>,
    /// [`CircuitBreakerBuilder::probe_lease`].
    pub probe_lease: Option<Duration>,
    /// [`CircuitBreakerBuilder::success_threshold`].
    pub success_threshold: Option<u32>,
    /// [`CircuitBreakerBuilder::ramp`].
    pub ramp: Option<Duration>,
    /// [`CircuitBreakerBuilder::observe_attempts`].
    pub observe_attempts: bool,
    /// [`CircuitBreakerBuilder::metrics_only`].
    pub metrics_only: bool,
}

const KEYS: [&str; 15] = [
    "failure_threshold",
    "class_thresholds",
    "failure_rate",
    "minimum_calls",
    "consecutive_failures",
    "window",
    "trip_on",
    "recovery_timeout",
    "recovery_strategy",
    "half_open_probes",
    "probe_lease",
    "success_threshold",
    "ramp",
    "observe_attempts",
    "metrics_only",
];

impl BreakerConfig {
    /// Makes the breaker.
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`CircuitBreakerBuilder::build`] does.
    pub fn build(&self) -> Result<CircuitBreaker, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked())
    }

    /// Makes a breaker of settings that are known to be right.
    pub(super) fn build_unchecked(&self) -> CircuitBreaker {
        self.builder().build_unchecked()
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        match (self.failure_rate, self.minimum_calls) {
            (Some(_), None) => problems.add(
                "failure_rate",
                "is missing minimum_calls: say of how many calls at least, such as 20",
            ),
            (None, Some(_)) => {
                problems.add("minimum_calls", "has no effect without failure_rate");
            }
            _ => {}
        }
        self.builder().check(problems);
    }

    fn builder(&self) -> CircuitBreakerBuilder {
        let mut builder = CircuitBreaker::builder();
        if let Some(failures) = self.failure_threshold {
            builder = builder.failure_threshold(failures);
        }
        for (class, failures) in &self.class_thresholds {
            builder = builder.class_threshold(*class, *failures);
        }
        if let (Some(rate), Some(minimum)) = (self.failure_rate, self.minimum_calls) {
            builder = builder.failure_rate(rate, minimum);
        }
        if let Some(failures) = self.consecutive_failures {
            builder = builder.consecutive_failures(failures);
        }
        if let Some(window) = self.window {
            builder = builder.window(window);
        }
        if let Some(classes) = &self.trip_on {
            builder = builder.trip_on(classes.iter().copied());
        }
        if let Some(timeout) = self.recovery_timeout {
            builder = builder.recovery_timeout(timeout);
        }
        if let Some(strategy) = &self.recovery_strategy {
            builder = builder.recovery_strategy(strategy.build());
        }
        if let Some(probes) = self.half_open_probes {
            builder = builder.half_open_probes(probes);
        }
        if let Some(lease) = self.probe_lease {
            builder = builder.probe_lease(lease);
        }
        if let Some(successes) = self.success_threshold {
            builder = builder.success_threshold(successes);
        }
        if let Some(ramp) = self.ramp {
            builder = builder.ramp(ramp);
        }
        if self.observe_attempts {
            builder = builder.observe_attempts();
        }
        if self.metrics_only {
            builder = builder.metrics_only();
        }
        builder
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let mut config = Self::default();
        let mut rate_read = true;
        reader.table(node, &KEYS, |reader, key, value| match key {
            "failure_threshold" => config.failure_threshold = reader.count(value),
            "class_thresholds" => config.class_thresholds = reader.classes(value, Reader::count),
            "failure_rate" => {
                config.failure_rate = reader.number(value);
                rate_read &= config.failure_rate.is_some();
            }
            "minimum_calls" => {
                config.minimum_calls = reader.count(value);
                rate_read &= config.minimum_calls.is_some();
            }
            "consecutive_failures" => config.consecutive_failures = reader.count(value),
            "window" => config.window = reader.time(value),
            "trip_on" => config.trip_on = reader.class_list(value),
            "recovery_timeout" => config.recovery_timeout = reader.time(value),
            "recovery_strategy" => {
                config.recovery_strategy = StrategyConfig::read(reader, value);
            }
            "half_open_probes" => config.half_open_probes = reader.count(value),
            "probe_lease" => config.probe_lease = reader.time(value),
            "success_threshold" => config.success_threshold = reader.count(value),
            "ramp" => config.ramp = reader.time(value),
            "observe_attempts" => config.observe_attempts = reader.flag(value).unwrap_or_default(),
            "metrics_only" => config.metrics_only = reader.flag(value).unwrap_or_default(),
            _ => {}
        });
        if !rate_read {
            // One half of the pair is wrong already: nothing to say of the other.
            (config.failure_rate, config.minimum_calls) = (None, None);
        }
        reader.check(|problems| config.check(problems));
        config
    }
}

impl From<&BreakerConfig> for Node {
    fn from(config: &BreakerConfig) -> Self {
        let mut table = Written::default();
        table.put("failure_threshold", config.failure_threshold);
        table.put_classes("class_thresholds", &config.class_thresholds, |n| {
            (*n).into()
        });
        table.put("failure_rate", config.failure_rate);
        table.put("minimum_calls", config.minimum_calls);
        table.put("consecutive_failures", config.consecutive_failures);
        table.put("window", config.window);
        let classes = config.trip_on.as_ref().map(|classes| {
            let names = classes
                .iter()
                .map(|class| names::of_class(*class).to_owned());
            Value::List(names.map(Node::from).collect())
        });
        table.put("trip_on", classes);
        table.put("recovery_timeout", config.recovery_timeout);
        table.put("recovery_strategy", config.recovery_strategy.as_ref());
        table.put("half_open_probes", config.half_open_probes);
        table.put("probe_lease", config.probe_lease);
        table.put("success_threshold", config.success_threshold);
        table.put("ramp", config.ramp);
        table.put("observe_attempts", config.observe_attempts.then_some(true));
        table.put("metrics_only", config.metrics_only.then_some(true));
        table.into()
    }
}

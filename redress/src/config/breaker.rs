use std::collections::BTreeMap;
use std::time::Duration;

use super::StrategyConfig;
use super::node::{Node, ToNode, Written};
use super::reader::Reader;
use super::section::{Field, section};
use crate::breaker::{CircuitBreaker, CircuitBreakerBuilder};
use crate::classify::ErrorClass;
use crate::problems::{ConfigError, Problems};

section! {
    /// A [`CircuitBreaker`], as data: what a file says of it. What is left out has the builder's
    /// default.
    #[derive(Debug, Clone, Default, PartialEq)]
    #[non_exhaustive]
    pub struct BreakerConfig gives CircuitBreakerBuilder;

    /// [`CircuitBreakerBuilder::failure_threshold`].
    failure_threshold: Option<u32> = count;
    /// [`CircuitBreakerBuilder::class_threshold`], for each class that has one.
    class_thresholds: BTreeMap<ErrorClass, u32> = counts,
        |builder, (class, failures), _| builder.class_threshold(class, failures);
    /// [`CircuitBreakerBuilder::failure_rate`]: the share.
    failure_rate: Option<f64> = number, |builder, rate, config| match config.minimum_calls {
        Some(minimum) => builder.failure_rate(rate, minimum),
        None => builder,
    };
    /// [`CircuitBreakerBuilder::failure_rate`]: of how many calls at least. The two go together.
    minimum_calls: Option<u32> = count, |builder, _, _| builder;
    /// [`CircuitBreakerBuilder::slow_call`]: the time.
    slow_call: Option<Duration> = time, |builder, slow, config| match config.slow_share {
        Some(share) => builder.slow_call(slow, share),
        None => builder,
    };
    /// [`CircuitBreakerBuilder::slow_call`]: the share. The two go together.
    slow_share: Option<f64> = number, |builder, _, _| builder;
    /// [`CircuitBreakerBuilder::proportional`].
    proportional: Option<f64> = number;
    /// [`CircuitBreakerBuilder::consecutive_failures`].
    consecutive_failures: Option<u32> = count;
    /// [`CircuitBreakerBuilder::window`].
    window: Option<Duration> = time;
    /// [`CircuitBreakerBuilder::trip_on`].
    trip_on: Option<Vec<ErrorClass>> = class_list;
    /// [`CircuitBreakerBuilder::recovery_timeout`].
    recovery_timeout: Option<Duration> = time;
    /// [`CircuitBreakerBuilder::recovery_strategy`].
    recovery_strategy: Option<StrategyConfig> = strategy,
        |builder, strategy, _| builder.recovery_strategy(strategy.build());
    /// [`CircuitBreakerBuilder::half_open_probes`].
    half_open_probes: Option<u32> = count;
    /// [`CircuitBreakerBuilder::probe_lease`].
    probe_lease: Option<Duration> = time;
    /// [`CircuitBreakerBuilder::success_threshold`].
    success_threshold: Option<u32> = count;
    /// [`CircuitBreakerBuilder::ramp`].
    ramp: Option<Duration> = time;
    /// [`CircuitBreakerBuilder::observe_attempts`].
    observe_attempts: bool = switch, |builder, (), _| builder.observe_attempts();
    /// [`CircuitBreakerBuilder::metrics_only`].
    metrics_only: bool = switch, |builder, (), _| builder.metrics_only();
}

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
        Ok(self.build_unchecked(None))
    }

    /// Makes a breaker of settings that are known to be right. Its name is that of its table.
    pub(super) fn build_unchecked(&self, name: Option<&str>) -> CircuitBreaker {
        let builder = self.give(CircuitBreaker::builder());
        let builder = match name {
            Some(name) => builder.name(name.to_owned()),
            None => builder,
        };
        builder.build_unchecked()
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
        match (self.slow_call, self.slow_share) {
            (Some(_), None) => problems.add(
                "slow_call",
                "is missing slow_share: say which share of slow calls opens it, such as 0.5",
            ),
            (None, Some(_)) => problems.add("slow_share", "has no effect without slow_call"),
            _ => {}
        }
        self.give(CircuitBreaker::builder()).check(problems);
    }

    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Self {
        let mut config = Self::read_keys(reader, node);
        let rate_is_wrong = node.has("failure_rate") && config.failure_rate.is_none();
        let minimum_is_wrong = node.has("minimum_calls") && config.minimum_calls.is_none();
        if rate_is_wrong || minimum_is_wrong {
            // One half of the pair is reported already, and says nothing of the other.
            (config.failure_rate, config.minimum_calls) = (None, None);
        }
        let slow_is_wrong = node.has("slow_call") && config.slow_call.is_none();
        let share_is_wrong = node.has("slow_share") && config.slow_share.is_none();
        if slow_is_wrong || share_is_wrong {
            (config.slow_call, config.slow_share) = (None, None);
        }
        reader.check(|problems| config.check(problems));
        config
    }
}

use std::fmt;
use std::time::Duration;

use super::{BreakerSettings, BudgetKind, BudgetSettings};
use crate::classify::ErrorClass;
use crate::drive::CompiledPolicy;
use crate::strategies::{Description, length};

/// What a policy does: every value, as it was given or by default.
///
/// It is plain data and shares nothing with the policy. [`Display`](fmt::Display) writes it as a
/// table for people.
///
/// ```
/// use std::time::Duration;
/// use redress::{ErrorClass, Policy, strategies::token_backoff};
///
/// let policy = Policy::builder().class_strategy(ErrorClass::RateLimit, token_backoff(30)).build()?;
/// let snapshot = policy.snapshot();
/// assert_eq!(snapshot.deadline, Some(Duration::from_secs(60)));
/// assert_eq!(snapshot.strategy(ErrorClass::RateLimit).unwrap().name(), "token_backoff");
/// assert_eq!(snapshot.strategy(ErrorClass::Transient), None);
/// assert!(snapshot.to_string().contains("max_attempts            6\n"));
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PolicySnapshot {
    /// The name of the operation.
    pub operation: Option<String>,
    /// How long a call may take in all.
    pub deadline: Option<Duration>,
    /// After which time an async attempt is cut off.
    pub attempt_timeout: Option<Duration>,
    /// How many attempts a call may make.
    pub max_attempts: Option<u32>,
    /// After how many UNKNOWN failures a call stops.
    pub max_unknown_attempts: Option<u32>,
    /// After how many failures of a class a call stops.
    pub max_class_attempts: Vec<(ErrorClass, u32)>,
    /// The strategy of all classes without one of their own.
    pub default_strategy: Option<Description>,
    /// The classes with a strategy of their own.
    pub class_strategies: Vec<(ErrorClass, Description)>,
    /// The circuit breaker's settings.
    pub breaker: Option<BreakerSettings>,
    /// The budget's settings.
    pub budget: Option<BudgetSettings>,
}

impl PolicySnapshot {
    pub(super) fn of(config: &CompiledPolicy) -> Self {
        let rules = &config.rules;
        let own = rules.class_strategies.iter();
        let caps = rules.class_caps.iter();
        Self {
            operation: config.operation.as_deref().map(str::to_owned),
            deadline: rules.deadline,
            attempt_timeout: rules.attempt_timeout,
            max_attempts: rules.max_attempts,
            max_unknown_attempts: rules.max_unknown_attempts,
            max_class_attempts: caps.filter_map(|(c, n)| n.map(|n| (c, n))).collect(),
            default_strategy: rules.default_strategy.as_ref().map(|s| s.describe()),
            class_strategies: own
                .filter_map(|(class, s)| s.as_ref().map(|s| (class, s.describe())))
                .collect(),
            breaker: config
                .breaker
                .as_ref()
                .map(|b| b.shared().settings().clone()),
            budget: rules.budget.as_ref().map(crate::budget::Budget::describe),
        }
    }

    /// Returns the strategy that a failure of `class` is retried with; `None` if it ends the call.
    #[must_use]
    pub fn strategy(&self, class: ErrorClass) -> Option<&Description> {
        let mut own = self.class_strategies.iter();
        let own = own.find(|(owner, _)| *owner == class).map(|(_, s)| s);
        match own {
            None if class.is_terminal() => None,
            None => self.default_strategy.as_ref(),
            own => own,
        }
    }

    /// Returns the cap of one class.
    #[must_use]
    pub fn max_class_attempts(&self, class: ErrorClass) -> Option<u32> {
        let mut caps = self.max_class_attempts.iter();
        caps.find(|(owner, _)| *owner == class).map(|(_, cap)| *cap)
    }

    /// Lists every setting with its value as text, in a fixed order. What is not set is `none`.
    #[must_use]
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = Rows::default();
        if let Some(operation) = &self.operation {
            rows.add("operation", operation.escape_debug().to_string());
        }
        rows.add("deadline", time(self.deadline));
        rows.add("attempt_timeout", time(self.attempt_timeout));
        rows.add("max_attempts", count(self.max_attempts));
        rows.add("max_unknown_attempts", count(self.max_unknown_attempts));
        for (class, cap) in &self.max_class_attempts {
            rows.add(format!("max_class_attempts({class})"), cap.to_string());
        }
        let strategy = self.default_strategy.as_ref();
        rows.add("strategy", strategy.map_or_else(none, ToString::to_string));
        for (class, strategy) in &self.class_strategies {
            rows.add(format!("strategies({class})"), strategy.to_string());
        }
        match &self.breaker {
            Some(breaker) => breaker_rows(breaker, &mut rows),
            None => rows.add("breaker", none()),
        }
        match &self.budget {
            Some(budget) => budget_rows(budget, &mut rows),
            None => rows.add("budget", none()),
        }
        rows.0
    }
}

impl fmt::Display for PolicySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let width = rows.iter().map(|(setting, _)| setting.len()).max();
        let width = width.unwrap_or(0);
        for (setting, value) in rows {
            writeln!(f, "{setting:width$}  {value}")?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Rows(Vec<(String, String)>);

impl Rows {
    fn add(&mut self, setting: impl Into<String>, value: impl Into<String>) {
        self.0.push((setting.into(), value.into()));
    }
}

fn breaker_rows(breaker: &BreakerSettings, rows: &mut Rows) {
    if let Some(name) = &breaker.name {
        rows.add("breaker.name", name.escape_debug().to_string());
    }
    let trip_on: Vec<_> = breaker.trip_on.iter().map(|c| c.as_str()).collect();
    rows.add("breaker.trip_on", trip_on.join(", "));
    if let Some(threshold) = breaker.failure_threshold {
        rows.add("breaker.failure_threshold", threshold.to_string());
    }
    for (class, threshold) in &breaker.class_thresholds {
        let setting = format!("breaker.class_threshold({class})");
        rows.add(setting, threshold.to_string());
    }
    if let Some((share, minimum)) = breaker.failure_rate {
        let value = format!("{share} of {minimum} calls at least");
        rows.add("breaker.failure_rate", value);
    }
    if let Some(failures) = breaker.consecutive_failures {
        rows.add("breaker.consecutive_failures", failures.to_string());
    }
    rows.add("breaker.window", length(breaker.window));
    rows.add("breaker.recovery", breaker.recovery.to_string());
    let probes = breaker.half_open_probes;
    rows.add("breaker.half_open_probes", probes.to_string());
    rows.add("breaker.probe_lease", length(breaker.probe_lease));
    let successes = breaker.success_threshold;
    rows.add("breaker.success_threshold", successes.to_string());
    rows.add("breaker.ramp", time(breaker.ramp));
    let attempts = breaker.observe_attempts;
    rows.add("breaker.observe_attempts", attempts.to_string());
    rows.add("breaker.metrics_only", breaker.metrics_only.to_string());
}

fn budget_rows(budget: &BudgetSettings, rows: &mut Rows) {
    match budget.kind {
        BudgetKind::Rolling {
            max_retries,
            window,
        } => {
            rows.add("budget.max_retries", max_retries.to_string());
            rows.add("budget.window", length(window));
        }
        BudgetKind::SuccessRatio {
            ratio,
            reserve,
            min_per_second,
        } => {
            rows.add("budget.success_ratio", ratio.to_string());
            rows.add("budget.reserve", reserve.to_string());
            rows.add("budget.min_per_second", min_per_second.to_string());
        }
        BudgetKind::InFlightShare {
            share,
            min_in_flight,
        } => {
            rows.add("budget.in_flight_share", share.to_string());
            rows.add("budget.min_in_flight", min_in_flight.to_string());
        }
    }
    for (class, cost) in &budget.costs {
        rows.add(format!("budget.cost({class})"), cost.to_string());
    }
    let free = budget.free_hinted_retries;
    rows.add("budget.free_hinted_retries", free.to_string());
}

fn none() -> String {
    "none".to_owned()
}

fn time(time: Option<Duration>) -> String {
    time.map_or_else(none, length)
}

fn count(count: Option<u32>) -> String {
    count.map_or_else(none, |count| count.to_string())
}

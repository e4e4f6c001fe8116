use std::fmt;
use std::time::Duration;

use super::{BreakerSettings, BudgetKind, BudgetSettings, GateSettings};
use crate::classify::{ErrorClass, PerClass};
use crate::drive::CompiledPolicy;
use crate::strategies::{Description, length};

/// Declares the snapshot from a table of settings: the field, where a compiled policy has its value,
/// and the name of its rows.
macro_rules! snapshot {
    (
        $(#[$meta:meta])*
        pub struct $snapshot:ident;
        $($(#[$doc:meta])* $field:ident: $type:ty = $value:expr, $name:literal;)*
    ) => {
        $(#[$meta])*
        pub struct $snapshot {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $snapshot {
            pub(crate) fn of(policy: &CompiledPolicy) -> Self {
                $(let $field: fn(&CompiledPolicy) -> $type = $value;)*
                Self {
                    $($field: $field(policy),)*
                }
            }

            /// Lists every setting with its value as text, in a fixed order. What is not set is
            /// `none`; the name and what is switched on, such as `once`, are listed only where they
            /// are given.
            #[must_use]
            pub fn rows(&self) -> Vec<(String, String)> {
                let mut rows = Rows::default();
                $(self.$field.add_to(&mut rows, $name);)*
                rows.0
            }
        }
    };
}

snapshot! {
    /// The settings of a policy: every value, as it was given or by default.
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
    pub struct PolicySnapshot;

    /// The name of the operation.
    operation: Option<String> = |p| p.operation.as_deref().map(str::to_owned), "operation";
    /// How long a call may take in all.
    deadline: Option<Duration> = |p| p.rules.deadline, "deadline";
    /// After which time an async attempt is cut off.
    attempt_timeout: Option<Duration> = |p| p.rules.attempt_timeout, "attempt_timeout";
    /// How many attempts a call may make.
    max_attempts: Option<u32> = |p| p.rules.max_attempts, "max_attempts";
    /// After how many UNKNOWN failures a call stops.
    max_unknown_attempts: Option<u32> = |p| p.rules.max_unknown_attempts, "max_unknown_attempts";
    /// After how many failures of a class a call stops.
    max_class_attempts: Vec<(ErrorClass, u32)> =
        |p| given(&p.rules.class_caps, |cap| *cap), "max_class_attempts";
    /// Whether only what is unsent is tried again.
    once: bool = |p| p.rules.once, "once";
    /// Whether calls end with the scope that they are in.
    inherits_deadline: bool = CompiledPolicy::inherits_deadline, "inherit_deadline";
    /// Whether one attempt is made for a caller that makes several.
    leaves_retries: bool = CompiledPolicy::leaves_retries, "leave_retries_to_caller";
    /// The strategy of all classes without one of their own.
    default_strategy: Option<Description> =
        |p| p.rules.default_strategy.as_ref().map(|own| own.describe()), "strategy";
    /// The classes with a strategy of their own.
    class_strategies: Vec<(ErrorClass, Description)> =
        |p| given(&p.rules.class_strategies, |own| own.describe()), "strategies";
    /// The settings of sessions, if any was given.
    session: Option<SessionSettings> = SessionSettings::of, "session";
    /// The circuit breaker's settings.
    breaker: Option<BreakerSettings> =
        |p| p.breaker.as_ref().map(|own| own.settings().clone()), "breaker";
    /// The budget's settings.
    budget: Option<BudgetSettings> =
        |p| p.rules.budget.as_ref().map(|own| own.settings().clone()), "budget";
    /// The gate's settings.
    gate: Option<GateSettings> =
        |p| p.gate.as_ref().map(|own| own.settings().clone()), "gate";
}

/// The settings of the [sessions](crate::Policy::session) of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSettings {
    /// How long a session must last to be healthy without progress.
    pub healthy_after: Duration,
    /// After which time a session is cut off that expects something.
    pub stall_timeout: Option<Duration>,
    /// How often a session may be restarted within the window.
    pub max_restarts: Option<u32>,
    /// The window of `max_restarts`.
    pub restart_window: Duration,
}

impl SessionSettings {
    fn of(policy: &CompiledPolicy) -> Option<Self> {
        let rules = &policy.rules.session;
        rules.given.then_some(Self {
            healthy_after: rules.healthy_after,
            stall_timeout: rules.stall_timeout,
            max_restarts: rules.max_restarts,
            restart_window: rules.restart_window,
        })
    }
}

/// Lists the classes that have a value.
fn given<T, S>(values: &PerClass<Option<T>>, show: impl Fn(&T) -> S) -> Vec<(ErrorClass, S)> {
    let given = values.iter();
    given
        .filter_map(|(class, value)| Some((class, show(value.as_ref()?))))
        .collect()
}

impl PolicySnapshot {
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

/// A value that is shown in rows.
trait AddTo {
    fn add_to(&self, rows: &mut Rows, setting: &str);
}

impl AddTo for Option<String> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        if let Some(name) = self {
            rows.add(setting, name.escape_debug().to_string());
        }
    }
}

impl AddTo for Option<Duration> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        rows.add(setting, self.map_or_else(none, length));
    }
}

impl AddTo for Option<u32> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        rows.add(setting, self.map_or_else(none, |count| count.to_string()));
    }
}

/// Shown only where it is so: most policies are not.
impl AddTo for bool {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        if *self {
            rows.add(setting, self.to_string());
        }
    }
}

impl AddTo for Option<Description> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        let strategy = self.as_ref();
        rows.add(setting, strategy.map_or_else(none, ToString::to_string));
    }
}

impl<T: fmt::Display> AddTo for Vec<(ErrorClass, T)> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        for (class, value) in self {
            rows.add(format!("{setting}({class})"), value.to_string());
        }
    }
}

/// Shown only where it is given: few policies are for sessions.
impl AddTo for Option<SessionSettings> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        let Some(session) = self else {
            return;
        };
        let mut add = |name, value: String| rows.add(format!("{setting}.{name}"), value);
        add("healthy_after", length(session.healthy_after));
        add(
            "stall_timeout",
            session.stall_timeout.map_or_else(none, length),
        );
        let restarts = session.max_restarts.map_or_else(none, |most| {
            format!("{most} in {}", length(session.restart_window))
        });
        add("restarts", restarts);
    }
}

impl AddTo for Option<BreakerSettings> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        match self {
            Some(breaker) => breaker_rows(breaker, rows),
            None => rows.add(setting, none()),
        }
    }
}

impl AddTo for Option<BudgetSettings> {
    fn add_to(&self, rows: &mut Rows, setting: &str) {
        match self {
            Some(budget) => budget_rows(budget, rows),
            None => rows.add(setting, none()),
        }
    }
}

/// Shown only where there is one: most policies have none.
impl AddTo for Option<GateSettings> {
    fn add_to(&self, rows: &mut Rows, _setting: &str) {
        let Some(gate) = self else {
            return;
        };
        if let Some(name) = &gate.name {
            rows.add("gate.name", name.escape_debug().to_string());
        }
        let arm_on: Vec<_> = gate.arm_on.iter().map(|c| c.as_str()).collect();
        rows.add("gate.arm_on", arm_on.join(", "));
        rows.add("gate.max_hint", length(gate.max_hint));
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
    if let Some((slow, share)) = breaker.slow_call {
        let value = format!("{} or longer, {share} of the attempts", length(slow));
        rows.add("breaker.slow_call", value);
    }
    if let Some(k) = breaker.proportional {
        rows.add("breaker.proportional", k.to_string());
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
    breaker.ramp.add_to(rows, "breaker.ramp");
    let attempts = breaker.observe_attempts;
    rows.add("breaker.observe_attempts", attempts.to_string());
    rows.add("breaker.metrics_only", breaker.metrics_only.to_string());
}

fn budget_rows(budget: &BudgetSettings, rows: &mut Rows) {
    if let Some(name) = &budget.name {
        rows.add("budget.name", name.escape_debug().to_string());
    }
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

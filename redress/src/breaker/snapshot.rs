use std::fmt;
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::rate::share;
use super::settings::BreakerSettings;
use super::windows::Sample;
use crate::classify::ErrorClass;

/// The state of a circuit breaker: how it treats calls.
///
/// The set is closed on purpose, so that a `match` over it is complete and stays so.
///
/// ```
/// assert_eq!(redress::CircuitState::HalfOpen.to_string(), "half_open");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Calls go through; failures are counted.
    Closed,
    /// Calls are refused. It stays so, also after the recovery timeout, until a call asks.
    Open,
    /// A few calls go through as probes, and decide.
    HalfOpen,
}

impl CircuitState {
    /// Returns the name in lower case, as it appears in tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The state and the counts of a circuit breaker at one moment, for a dashboard or a health check.
///
/// ```
/// use redress::{CircuitBreaker, ErrorClass};
///
/// let breaker = CircuitBreaker::builder().failure_rate(0.5, 10).build()?;
/// breaker.try_acquire().unwrap().success();
/// breaker.try_acquire().unwrap().failure(ErrorClass::Transient);
/// let snapshot = breaker.snapshot();
/// assert_eq!(snapshot.successes, Some(1));
/// assert_eq!(snapshot.failure_rate, Some(0.5));
/// assert_eq!(snapshot.opened_at, None);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CircuitSnapshot {
    /// The breaker's name: [`CircuitBreakerBuilder::name`](super::CircuitBreakerBuilder::name).
    pub name: Option<String>,
    /// The state.
    pub state: CircuitState,
    /// The state was forced by hand and stays until it is changed by hand.
    pub forced: bool,
    /// The failures that count now: with a failure rate those within its window, else those that
    /// [`failure_threshold`](super::CircuitBreakerBuilder::failure_threshold) counts, else those in
    /// a row. Classes with a threshold of their own are in
    /// [`class_failures`](Self::class_failures).
    pub failures: u64,
    /// The failures that count now of each class with a threshold of its own.
    pub class_failures: Vec<(ErrorClass, u64)>,
    /// The successes within the window; `None` without a failure rate, since they are not counted then.
    pub successes: Option<u64>,
    /// The share of failures within the window, 0 to 1; `None` without a failure rate or a call.
    pub failure_rate: Option<f64>,
    /// The slow attempts within the window; `None` without
    /// [`slow_call`](super::CircuitBreakerBuilder::slow_call).
    pub slow_calls: Option<u64>,
    /// The share of slow attempts within the window, 0 to 1; `None` without `slow_call` or a call.
    pub slow_rate: Option<f64>,
    /// The share of the calls that it refuses although it is closed, 0 to 1:
    /// [`proportional`](super::CircuitBreakerBuilder::proportional).
    pub refused_share: f64,
    /// The probes on their way.
    pub probes: usize,
    /// When it opened, while it is not closed. After a failed probe, that is when it opened again.
    pub opened_at: Option<Instant>,
    /// From when on the next probe may go; `None` while it is closed, or open by hand. While all
    /// probes are on their way, that is when the first of them loses its slot at the latest.
    pub next_probe_at: Option<Instant>,
    /// How long until then; zero if it may go now.
    pub retry_after: Option<Duration>,
}

/// The counts that go into a snapshot.
pub(super) struct Counts<'a> {
    pub(super) settings: &'a BreakerSettings,
    pub(super) now: u64,
    pub(super) sample: Sample,
}

impl CircuitSnapshot {
    pub(super) fn of(
        machine: &Machine,
        counts: &Counts<'_>,
        instant: impl Fn(u64) -> Option<Instant>,
    ) -> Self {
        let Counts {
            settings,
            now,
            sample,
        } = *counts;
        let windows = machine.windows();
        let rated = settings.failure_rate.is_some();
        let failures = if rated {
            windows.failures_by_rate(sample.bucket)
        } else if settings.failure_threshold.is_some() {
            count(windows.failures(settings, now))
        } else {
            u64::from(windows.in_a_row())
        };
        let timed = settings.slow_call.is_some();
        let (slow, all) = windows.slow_calls(sample);
        let own = settings.class_thresholds.keys();
        let next_probe_at = machine.next_probe_at(now);
        let wait = next_probe_at.map(|at| Duration::from_nanos(at.saturating_sub(now)));
        Self {
            name: settings.name.as_deref().map(str::to_owned),
            state: machine.state(),
            forced: machine.is_forced(),
            failures,
            class_failures: own
                .map(|class| (*class, count(windows.failures_of(settings, *class, now))))
                .collect(),
            successes: rated.then_some(sample.successes),
            failure_rate: rated.then(|| share(failures, sample.successes)).flatten(),
            slow_calls: timed.then_some(slow),
            slow_rate: timed
                .then(|| share(slow, all.saturating_sub(slow)))
                .flatten(),
            refused_share: machine.refused_share(),
            probes: machine.probes().in_flight(now),
            opened_at: machine.opened_at().and_then(&instant),
            next_probe_at: next_probe_at.and_then(instant),
            retry_after: wait,
        }
    }
}

fn count(failures: usize) -> u64 {
    u64::try_from(failures).unwrap_or(u64::MAX)
}

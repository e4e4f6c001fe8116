use std::time::Duration;

use super::settings::Settings;
use crate::classify::ErrorClass;
use crate::strategies::{DelayBounds, Description};

/// What a circuit breaker was built with.
///
/// ```
/// let snapshot = redress::Policy::recommended().snapshot();
/// let breaker = snapshot.breaker.unwrap();
/// assert_eq!(breaker.failure_rate, Some((0.5, 20)));
/// assert_eq!(breaker.failure_threshold, None);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BreakerSettings {
    /// The classes that open it, those with a threshold of their own included.
    pub trip_on: Vec<ErrorClass>,
    /// How many failures within the window open it.
    pub failure_threshold: Option<u32>,
    /// The classes that count by themselves, and how many of their failures open it.
    pub class_thresholds: Vec<(ErrorClass, u32)>,
    /// The share of failures that opens it, 0 to 1, and of how many calls at least.
    pub failure_rate: Option<(f64, u32)>,
    /// How many failures in a row open it.
    pub consecutive_failures: Option<u32>,
    /// For how long a failure counts.
    pub window: Duration,
    /// What says how long it stays open: `fixed` for a recovery timeout.
    pub recovery: Description,
    /// How long it stays open for the first time; `None` if nobody knows.
    pub recovery_bounds: Option<DelayBounds>,
    /// How many probes may be on their way at a time.
    pub half_open_probes: u32,
    /// After which time a probe without a verdict loses its slot.
    pub probe_lease: Duration,
    /// How many good probes close it.
    pub success_threshold: u32,
    /// For how long it admits a growing share of the calls after a good probe.
    pub ramp: Option<Duration>,
    /// It takes a verdict of each attempt instead of one of each call.
    pub observe_attempts: bool,
    /// It counts and never refuses.
    pub metrics_only: bool,
}

impl Settings {
    pub(super) fn describe(&self) -> BreakerSettings {
        let trip_on = self.trip_on.iter().filter(|(_, trips)| **trips);
        let thresholds = self.class_thresholds.iter();
        BreakerSettings {
            trip_on: trip_on.map(|(class, _)| class).collect(),
            failure_threshold: self.failure_threshold,
            class_thresholds: thresholds.filter_map(|(c, n)| n.map(|n| (c, n))).collect(),
            failure_rate: self.rate.map(|rate| (rate.share, rate.minimum)),
            consecutive_failures: self.consecutive,
            window: Duration::from_nanos(self.window),
            recovery: self.recovery.describe(),
            recovery_bounds: self.recovery.first(),
            half_open_probes: self.probes,
            probe_lease: Duration::from_nanos(self.lease),
            success_threshold: self.success_threshold,
            ramp: self.ramp.map(Duration::from_nanos),
            observe_attempts: self.observe_attempts,
            metrics_only: self.metrics_only,
        }
    }
}

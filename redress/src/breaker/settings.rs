use std::time::Duration;

use super::rate::Rate;
use super::recovery::Recovery;
use crate::classify::{ErrorClass, PerClass};
use crate::defaults;

/// What a breaker was built with. Times are nanoseconds.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) trip_on: PerClass<bool>,
    pub(super) failure_threshold: Option<u32>,
    pub(super) class_thresholds: PerClass<Option<u32>>,
    pub(super) rate: Option<Rate>,
    pub(super) consecutive: Option<u32>,
    pub(super) window: u64,
    pub(super) recovery: Recovery,
    pub(super) probes: u32,
    pub(super) lease: u64,
    pub(super) success_threshold: u32,
    pub(super) ramp: Option<u64>,
    pub(super) observe_attempts: bool,
    pub(super) metrics_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let mut trip_on = PerClass::default();
        for class in defaults::BREAKER_TRIP_ON {
            *trip_on.get_mut(class) = true;
        }
        Self {
            trip_on,
            failure_threshold: Some(defaults::BREAKER_FAILURES),
            class_thresholds: PerClass::default(),
            rate: None,
            consecutive: None,
            window: nanos(defaults::BREAKER_WINDOW),
            recovery: Recovery::Fixed(defaults::BREAKER_RECOVERY),
            probes: defaults::BREAKER_PROBES,
            lease: nanos(defaults::BREAKER_PROBE_LEASE),
            success_threshold: defaults::BREAKER_SUCCESSES,
            ramp: None,
            observe_attempts: false,
            metrics_only: false,
        }
    }
}

impl Settings {
    pub(super) const fn trips_on(&self, class: ErrorClass) -> bool {
        *self.trip_on.get(class)
    }

    /// Tells whether a closed breaker must know of successes.
    pub(super) const fn counts_successes(&self) -> bool {
        self.rate.is_some() || self.consecutive.is_some()
    }

    /// Returns after which time to ask again when nobody knows when it will close.
    pub(super) fn ask_again(&self) -> u64 {
        nanos(self.recovery.fixed().unwrap_or(defaults::BREAKER_RECOVERY))
    }
}

/// Returns the nanoseconds of a duration; more than 584 years are 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::rate::Rate;
use crate::classify::ErrorClass;
use crate::clock::{NEVER, nanos};
use crate::defaults::{self, with_defaults};
use crate::strategies::{DelayBounds, Description, Strategy as _, fixed};

with_defaults! {
    /// The settings of a circuit breaker. The default is what
    /// [`CircuitBreaker::new`](crate::CircuitBreaker::new) has.
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
        /// The name, for events and metrics.
        pub name: Option<Cow<'static, str>> = None,
        /// The classes that open it, those with a threshold of their own included.
        pub trip_on: Vec<ErrorClass> =
            classes(|class| defaults::BREAKER_TRIP_ON.contains(class)),
        /// How many failures within the window open it.
        pub failure_threshold: Option<u32> = Some(defaults::BREAKER_FAILURES),
        /// The classes that count by themselves, and how many of their failures open it.
        pub class_thresholds: BTreeMap<ErrorClass, u32> = BTreeMap::new(),
        /// The share of failures that opens it, 0 to 1, and of how many calls at least.
        pub failure_rate: Option<(f64, u32)> = None,
        /// From which duration on an attempt is slow, and the share of slow ones that opens it, 0 to 1.
        pub slow_call: Option<(Duration, f64)> = None,
        /// It refuses a share of the calls, by how many times more there are than are accepted.
        pub proportional: Option<f64> = None,
        /// How many failures in a row open it.
        pub consecutive_failures: Option<u32> = None,
        /// For how long a failure counts.
        pub window: Duration = defaults::BREAKER_WINDOW,
        /// How long it stays open; `None` if a strategy says.
        pub recovery_timeout: Option<Duration> = Some(defaults::BREAKER_RECOVERY),
        /// The strategy that chooses how long it stays open: `fixed` for a recovery timeout.
        pub recovery: Description = fixed(defaults::BREAKER_RECOVERY).describe(),
        /// How long it stays open for the first time; `None` if that is not known.
        pub recovery_bounds: Option<DelayBounds> =
            Some(DelayBounds::exactly(defaults::BREAKER_RECOVERY)),
        /// How many probes may be in flight at a time.
        pub half_open_probes: u32 = defaults::BREAKER_PROBES,
        /// After which time a probe without a verdict loses its slot.
        pub probe_lease: Duration = defaults::BREAKER_PROBE_LEASE,
        /// How many good probes close it.
        pub success_threshold: u32 = defaults::BREAKER_SUCCESSES,
        /// For how long it admits a growing share of the calls after a good probe.
        pub ramp: Option<Duration> = None,
        /// It takes a verdict of each attempt instead of one of each call.
        pub observe_attempts: bool = false,
        /// It counts and never refuses.
        pub metrics_only: bool = false,
    }
}

/// Lists the classes that `trips` is true of, in their usual order.
pub(super) fn classes(trips: impl Fn(&ErrorClass) -> bool) -> Vec<ErrorClass> {
    ErrorClass::ALL.into_iter().filter(trips).collect()
}

/// Returns the bit of a class.
pub(super) const fn bit(class: ErrorClass) -> u64 {
    1 << class as u64
}

impl BreakerSettings {
    #[cfg(feature = "config")]
    pub(super) fn trips_on(&self, class: ErrorClass) -> bool {
        self.trip_on.contains(&class)
    }

    /// Returns the classes that trip it, one bit for each.
    pub(super) fn trip_bits(&self) -> u64 {
        self.trip_on
            .iter()
            .fold(0, |bits, class| bits | bit(*class))
    }

    pub(super) fn rate(&self) -> Option<Rate> {
        self.failure_rate
            .map(|(share, minimum)| Rate { share, minimum })
    }

    /// Returns the share of slow attempts that opens it, and of how many calls at least.
    pub(super) fn slow_rate(&self) -> Option<Rate> {
        let (_, share) = self.slow_call?;
        let minimum = self
            .failure_rate
            .map_or(defaults::BREAKER_SLOW_MINIMUM, |rate| rate.1);
        Some(Rate { share, minimum })
    }

    /// Returns from how many nanoseconds on an attempt is slow; [`NEVER`] where none is.
    pub(super) fn slow_after(&self) -> u64 {
        self.slow_call.map_or(NEVER, |(slow, _)| nanos(slow))
    }

    /// Returns `true` if a rule goes by the successes of a window.
    pub(super) const fn samples_successes(&self) -> bool {
        self.failure_rate.is_some() || self.slow_call.is_some() || self.proportional.is_some()
    }

    /// Returns `true` if a closed breaker must know of successes.
    pub(super) const fn counts_successes(&self) -> bool {
        self.samples_successes() || self.consecutive_failures.is_some()
    }

    /// Returns `true` if failures are judged by a rule that takes the place of the default threshold.
    pub(super) const fn judges_otherwise(&self) -> bool {
        self.failure_rate.is_some()
            || self.consecutive_failures.is_some()
            || self.proportional.is_some()
    }

    /// Returns after how many nanoseconds to ask again when it is not known when it will close.
    pub(super) fn ask_again(&self) -> u64 {
        nanos(self.recovery_timeout.unwrap_or(defaults::BREAKER_RECOVERY))
    }
}

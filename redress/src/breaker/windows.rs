use super::rate::Failures;
use super::ring::Ring;
use super::settings::BreakerSettings;
use crate::classify::{ErrorClass, PerClass};
use crate::clock::nanos;

/// Everything that a closed breaker counts, but for successes.
#[derive(Debug)]
pub(super) struct Windows {
    all: Option<Ring>,
    own: PerClass<Option<Ring>>,
    rate: Failures,
    /// Slow calls, whatever came of them.
    slow: Failures,
    /// Calls that no success was counted of, where a share of all is asked for.
    others: Failures,
    /// Calls that were refused in proportion.
    refused: Failures,
    in_a_row: u32,
}

/// What an ended call says against the other side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complaint {
    /// The class of its failure, if that trips the breaker.
    pub(super) class: Option<ErrorClass>,
    /// It was slow.
    pub(super) slow: bool,
    /// It succeeded, and is counted as that.
    pub(super) succeeded: bool,
}

#[cfg(test)]
impl Complaint {
    pub(super) const fn failed(class: ErrorClass) -> Self {
        Self {
            class: Some(class),
            slow: false,
            succeeded: false,
        }
    }
}

/// The successes that are taken into account when a failure is judged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    /// The part of the window of the failure rate.
    pub(super) bucket: u64,
    pub(super) successes: u64,
    /// The call that failed came in when no successes were counted, so that its success would not
    /// have been: it counts for no rate and no row.
    pub(super) untold: bool,
}

impl Windows {
    pub(super) fn new(settings: &BreakerSettings) -> Self {
        let mut own = PerClass::default();
        for (class, threshold) in &settings.class_thresholds {
            *own.get_mut(*class) = Some(Ring::new(*threshold));
        }
        Self {
            all: settings.failure_threshold.map(Ring::new),
            own,
            rate: Failures::default(),
            slow: Failures::default(),
            others: Failures::default(),
            refused: Failures::default(),
            in_a_row: 0,
        }
    }

    /// Returns `true` if this now would open the breaker, by any of the rules.
    #[inline]
    pub(super) fn would_trip(
        &self,
        settings: &BreakerSettings,
        complaint: Complaint,
        now: u64,
        sample: Sample,
    ) -> bool {
        complaint
            .class
            .is_some_and(|class| self.failure_trips(settings, class, now, sample))
            || (complaint.slow && self.slow_trips(settings, complaint, sample))
    }

    #[cold]
    fn slow_trips(&self, settings: &BreakerSettings, complaint: Complaint, sample: Sample) -> bool {
        let rate = settings.slow_rate().filter(|_| !sample.untold);
        rate.is_some_and(|rate| {
            let slow = self.slow.sum(sample.bucket).saturating_add(1);
            let all = self
                .calls(sample)
                .saturating_add(u64::from(!complaint.succeeded));
            rate.is_reached(slow, all.saturating_sub(slow))
        })
    }

    #[inline]
    fn failure_trips(
        &self,
        settings: &BreakerSettings,
        class: ErrorClass,
        now: u64,
        sample: Sample,
    ) -> bool {
        let window = nanos(settings.window);
        if let Some(own) = self.own.get(class) {
            return own.would_trip(now, window);
        }
        let by_count = || {
            let all = self.all.as_ref();
            all.is_some_and(|all| all.would_trip(now, window))
        };
        let by_rate = || {
            settings
                .rate()
                .filter(|_| !sample.untold)
                .is_some_and(|rate| {
                    let failures = self.rate.sum(sample.bucket).saturating_add(1);
                    rate.is_reached(failures, sample.successes)
                })
        };
        let in_a_row = self.in_a_row.saturating_add(1);
        let by_row = settings.consecutive_failures.filter(|_| !sample.untold);
        by_row.is_some_and(|n| in_a_row >= n) || by_count() || by_rate()
    }

    pub(super) fn push(
        &mut self,
        settings: &BreakerSettings,
        complaint: Complaint,
        now: u64,
        sample: Sample,
    ) {
        let shares = settings.slow_call.is_some() || settings.proportional.is_some();
        if shares && !sample.untold {
            if !complaint.succeeded {
                self.others.push(sample.bucket);
            }
            if complaint.slow {
                self.slow.push(sample.bucket);
            }
        }
        if let Some(class) = complaint.class {
            self.push_failure(settings, class, now, sample);
        }
    }

    #[inline]
    fn push_failure(
        &mut self,
        settings: &BreakerSettings,
        class: ErrorClass,
        now: u64,
        sample: Sample,
    ) {
        if let Some(own) = self.own.get_mut(class) {
            own.push(now);
            return;
        }
        if let Some(all) = &mut self.all {
            all.push(now);
        }
        if sample.untold {
            return;
        }
        if settings.failure_rate.is_some() {
            self.rate.push(sample.bucket);
        }
        if settings.consecutive_failures.is_some() {
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
    }

    pub(super) fn push_refused(&mut self, bucket: u64) {
        self.refused.push(bucket);
    }

    /// Counts the calls that were let in, where a share of all is asked for.
    fn calls(&self, sample: Sample) -> u64 {
        sample
            .successes
            .saturating_add(self.others.sum(sample.bucket))
    }

    /// Counts all calls, those that were refused in proportion included.
    pub(super) fn requests(&self, sample: Sample) -> u64 {
        self.calls(sample)
            .saturating_add(self.refused.sum(sample.bucket))
    }

    /// Counts the slow calls within the window, and all.
    pub(super) fn slow_calls(&self, sample: Sample) -> (u64, u64) {
        (self.slow.sum(sample.bucket), self.calls(sample))
    }

    pub(super) const fn end_streak(&mut self) {
        self.in_a_row = 0;
    }

    /// Returns how many failures in a row there have been; 0 where they are not counted.
    pub(super) const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Goes on with other settings, with all counts that mean the same. Returns `true` if the
    /// successes of the failure rate are to be counted anew, too.
    #[cfg(feature = "config")]
    pub(super) fn renew(&mut self, before: &BreakerSettings, now: &BreakerSettings) -> bool {
        // A verdict on an attempt is another thing than one on a call, and failures of several
        // classes that are counted together cannot be told apart.
        let other_calls = before.observe_attempts != now.observe_attempts;
        let joint = |settings: &BreakerSettings, class| {
            settings.trips_on(class) && !settings.class_thresholds.contains_key(&class)
        };
        let fewer = ErrorClass::ALL
            .into_iter()
            .any(|class| joint(before, class) && !joint(now, class));
        if other_calls || fewer {
            if let Some(all) = &mut self.all {
                all.clear();
            }
            self.in_a_row = 0;
        }
        renew_ring(&mut self.all, now.failure_threshold);
        for class in ErrorClass::ALL {
            let own = self.own.get_mut(class);
            if other_calls && let Some(own) = own {
                own.clear();
            }
            renew_ring(own, now.class_thresholds.get(&class).copied());
        }
        if now.consecutive_failures.is_none() {
            self.in_a_row = 0;
        }
        // The times of failures are known exactly, so they fit any window; a rate's only by parts.
        let new_rate = before.failure_rate.is_none() && now.failure_rate.is_some();
        let other_rate = new_rate || !before.samples_successes() || before.window != now.window;
        let anew = other_calls || fewer || other_rate;
        if anew {
            self.rate.clear();
        }
        if anew || before.slow_call != now.slow_call || before.proportional != now.proportional {
            self.slow.clear();
            self.others.clear();
            self.refused.clear();
        }
        anew
    }

    pub(super) fn clear(&mut self) {
        if let Some(all) = &mut self.all {
            all.clear();
        }
        for class in ErrorClass::ALL {
            if let Some(own) = self.own.get_mut(class) {
                own.clear();
            }
        }
        self.rate.clear();
        self.slow.clear();
        self.others.clear();
        self.refused.clear();
        self.in_a_row = 0;
    }

    /// Returns `true` if nothing counts now that speaks against the other side.
    #[cfg(feature = "keyed")]
    pub(super) fn is_quiet(&self, settings: &BreakerSettings, now: u64, bucket: u64) -> bool {
        let rates = [&self.rate, &self.slow, &self.others, &self.refused];
        let mut own = settings.class_thresholds.iter();
        self.in_a_row == 0
            && self.failures(settings, now) == 0
            && own.all(|(class, _)| self.failures_of(settings, *class, now) == 0)
            && rates.iter().all(|rate| rate.sum(bucket) == 0)
    }

    /// Counts the failures that count for all classes together.
    pub(super) fn failures(&self, settings: &BreakerSettings, now: u64) -> usize {
        let all = self.all.as_ref();
        all.map_or(0, |all| all.count(now, nanos(settings.window)))
    }

    /// Counts the failures of a class with a threshold of its own.
    pub(super) fn failures_of(
        &self,
        settings: &BreakerSettings,
        class: ErrorClass,
        now: u64,
    ) -> usize {
        let own = self.own.get(class).as_ref();
        own.map_or(0, |own| own.count(now, nanos(settings.window)))
    }

    /// Counts the failures within the window of the failure rate.
    pub(super) fn failures_by_rate(&self, bucket: u64) -> u64 {
        self.rate.sum(bucket)
    }
}

#[cfg(feature = "config")]
fn renew_ring(ring: &mut Option<Ring>, threshold: Option<u32>) {
    match (ring.as_mut(), threshold) {
        (Some(ring), Some(threshold)) => ring.resize(threshold),
        (_, threshold) => *ring = threshold.map(Ring::new),
    }
}

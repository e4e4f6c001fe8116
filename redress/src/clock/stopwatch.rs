use std::time::{Duration, Instant};

use super::Time;

/// Measures time for shared state as one number, which fits an atomic: nanoseconds since its start.
#[derive(Debug, Clone)]
pub(crate) struct Stopwatch {
    time: Time,
    started: Instant,
}

/// A time that never comes. It leaves three bits free, and is 73 years away.
pub(crate) const NEVER: u64 = (1 << 61) - 2;

impl Stopwatch {
    pub(crate) fn start(time: Time) -> Self {
        let started = time.now();
        Self { time, started }
    }

    /// Returns the clock.
    #[cfg(feature = "keyed")]
    pub(crate) fn time(&self) -> Time {
        self.time.clone()
    }

    /// Returns `true` for the machine's clock.
    pub(crate) const fn is_system(&self) -> bool {
        self.time.is_system()
    }

    /// Returns the nanoseconds since the start; always before [`NEVER`].
    #[inline]
    pub(crate) fn nanos(&self) -> u64 {
        nanos(self.time.now().saturating_duration_since(self.started)).min(NEVER - 1)
    }

    /// Returns the instant so many nanoseconds after the start; `None` if the clock has none.
    pub(crate) fn instant(&self, nanos: u64) -> Option<Instant> {
        self.started.checked_add(Duration::from_nanos(nanos))
    }
}

/// Returns a length of time in nanoseconds, [`NEVER`] at most.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).map_or(NEVER, |nanos| nanos.min(NEVER))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::VirtualClock;

    #[test]
    fn counts_from_its_start_and_stops_before_never() {
        let clock = VirtualClock::new();
        clock.advance(Duration::from_secs(5));
        let stopwatch = Stopwatch::start(Time::Custom(Arc::new(clock.clone())));
        assert_eq!(stopwatch.nanos(), 0);
        clock.advance(Duration::new(1, 1));
        assert_eq!(stopwatch.nanos(), 1_000_000_001);
        clock.advance(Duration::from_secs(200 * 365 * 86_400));
        assert_eq!(stopwatch.nanos(), NEVER - 1);
        assert_eq!(nanos(Duration::MAX), NEVER);
    }
}

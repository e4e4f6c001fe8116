use crate::clock::NEVER;
use crate::defaults;
use crate::sync::{AtomicU64, Ordering};

/// What is known of one endpoint: how many attempts are on their way, how long they take, and whether the
/// last one failed.
///
/// Nothing else is read because of what is found here, so the accesses need no order.
pub(super) struct Load {
    in_flight: AtomicU64,
    /// Nanoseconds, and [`FAILED`].
    time: AtomicU64,
}

/// The last attempt that said so has failed. Above all times, which are below [`NEVER`].
const FAILED: u64 = 1 << 63;

/// What of a new time counts, and of all before it.
const NEW: u64 = 4;

impl Load {
    pub(super) fn new() -> Self {
        Self {
            in_flight: AtomicU64::new(0),
            time: AtomicU64::new(0),
        }
    }

    /// Counts an attempt in flight until it is dropped.
    pub(super) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Returns how long attempts take, in nanoseconds; 0 while that is not known.
    pub(super) fn time(&self) -> u64 {
        self.time.load(Ordering::Relaxed) & !FAILED
    }

    /// Returns `true` if the last attempt failed.
    pub(super) fn has_failed(&self) -> bool {
        self.time.load(Ordering::Relaxed) & FAILED != 0
    }

    /// Takes notice of an answer.
    pub(super) fn answered(&self, took: u64) {
        self.note(|time| mean(time, took));
    }

    /// Takes notice of a failure. One that came fast does not make the endpoint a fast one, and says
    /// nothing where no time is known.
    pub(super) fn failed(&self, took: u64) {
        self.note(|time| match time {
            0 => FAILED,
            time => FAILED | time.max(mean(time, took)),
        });
    }

    /// Takes notice of an attempt that was given up: an answer would have taken longer.
    pub(super) fn given_up(&self, took: u64) {
        let longer = |seen: u64| {
            let time = (seen & !FAILED).max(took.min(NEVER));
            (seen & FAILED) | time
        };
        self.change(longer);
    }

    fn note(&self, of: impl Fn(u64) -> u64) {
        self.change(|seen| of(seen & !FAILED));
    }

    fn change(&self, to: impl Fn(u64) -> u64) {
        let mut seen = self.time.load(Ordering::Relaxed);
        while let Err(other) =
            self.time
                .compare_exchange_weak(seen, to(seen), Ordering::Relaxed, Ordering::Relaxed)
        {
            seen = other;
        }
    }

    /// Returns what one more attempt would cost here: the attempts in flight with it, each of the usual
    /// length, which is `typical` as long as none is known; more after a failure.
    pub(super) fn cost(&self, typical: u64) -> u128 {
        let seen = self.time.load(Ordering::Relaxed);
        let own = seen & !FAILED;
        let time = if own == 0 { typical } else { own };
        let failed = if seen & FAILED == 0 {
            1
        } else {
            defaults::ENDPOINT_FAILED
        };
        let attempts = u128::from(self.in_flight()) + 1;
        // Below 2^64, 2^61 and 2^7.
        attempts.saturating_mul(u128::from(time.max(1)) * u128::from(failed))
    }
}

/// Returns the mean after one more time: the first one counts as it is.
pub(super) fn mean(before: u64, took: u64) -> u64 {
    let took = took.clamp(1, NEVER);
    if before == 0 {
        return took;
    }
    before - before / NEW + took / NEW
}

/// An attempt in flight.
pub(super) struct InFlight<'a>(&'a Load);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_not_fast_and_an_answer_forgets_it() {
        let load = Load::new();
        load.failed(1);
        assert_eq!((load.time(), load.has_failed()), (0, true));
        assert_eq!(load.cost(1000), 100 * 1000);
        load.answered(1000);
        load.failed(1);
        assert_eq!((load.time(), load.has_failed()), (1000, true));
        assert!(load.cost(1) > 50 * 1000);
        load.failed(5000);
        assert_eq!(load.time(), 2000);
        load.answered(2000);
        assert_eq!((load.time(), load.has_failed()), (2000, false));
        assert_eq!(load.cost(1), 2000);
    }

    #[test]
    fn what_was_given_up_says_that_it_takes_longer_and_nothing_else() {
        let load = Load::new();
        load.answered(1000);
        load.failed(1);
        load.given_up(10);
        assert_eq!((load.time(), load.has_failed()), (1000, true));
        load.given_up(7000);
        assert_eq!((load.time(), load.has_failed()), (7000, true));
    }

    #[test]
    fn attempts_in_flight_count_until_they_are_dropped() {
        let load = Load::new();
        let (first, second) = (load.begin(), load.begin());
        assert_eq!((load.in_flight(), load.cost(10)), (2, 30));
        drop(first);
        assert_eq!(load.in_flight(), 1);
        drop(second);
        assert_eq!((load.in_flight(), load.cost(0)), (0, 1));
    }

    #[test]
    fn no_time_is_too_long() {
        let load = Load::new();
        load.failed(u64::MAX);
        load.given_up(u64::MAX);
        load.failed(u64::MAX);
        assert!(load.time() <= NEVER && load.has_failed());
        assert!(load.cost(u64::MAX) >= u128::from(load.time()));
    }
}

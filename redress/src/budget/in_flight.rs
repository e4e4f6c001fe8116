use crate::sync::Ordering::Relaxed;
use crate::sync::{AtomicU64, Setting};

/// One call, in the high half of the word; a retry is one in the low half.
const CALL: u64 = 1 << 32;

/// Retries in flight, bounded by a share of the calls in flight.
///
/// Both counts are in one word, so that a retry is compared with the calls of the same moment.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The bits of a share.
    share: Setting,
    floor: Setting,
    counts: AtomicU64,
}

impl InFlight {
    /// `share` is within 0..=1.
    pub(super) fn new(share: f64, floor: u32) -> Self {
        Self {
            share: Setting::new(share.to_bits()),
            floor: Setting::new(floor.into()),
            counts: AtomicU64::new(0),
        }
    }

    /// Goes on with other settings, and with all that is in flight.
    #[cfg(feature = "config")]
    pub(super) fn renew(&self, share: f64, floor: u32) {
        self.share.store(share.to_bits(), Relaxed);
        self.floor.store(floor.into(), Relaxed);
    }

    pub(super) fn start_call(&self) {
        self.counts.fetch_add(CALL, Relaxed);
    }

    pub(super) fn end_call(&self) {
        self.counts.fetch_sub(CALL, Relaxed);
    }

    pub(super) fn spend(&self, cost: u32) -> bool {
        let more = |counts: u64| (self.left(counts) >= cost).then(|| counts + u64::from(cost));
        self.counts.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    pub(super) fn give_back(&self, cost: u32) {
        self.counts.fetch_sub(u64::from(cost), Relaxed);
    }

    pub(super) fn remaining(&self) -> u32 {
        self.left(self.counts.load(Relaxed))
    }

    fn left(&self, counts: u64) -> u32 {
        let (calls, retries) = ((counts / CALL) as f64, (counts % CALL) as u32);
        // The conversion saturates, and drops what is less than a whole retry.
        let allowed = (calls * f64::from_bits(self.share.load(Relaxed))) as u32;
        let floor = u32::try_from(self.floor.load(Relaxed)).unwrap_or(u32::MAX);
        allowed.max(floor).saturating_sub(retries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_in_flight_are_a_share_of_the_calls_in_flight() {
        let in_flight = InFlight::new(0.2, 0);
        assert!(!in_flight.spend(1));
        for _ in 0..14 {
            in_flight.start_call();
        }
        assert!(in_flight.spend(1) && in_flight.spend(1));
        assert!(!in_flight.spend(1));
        in_flight.start_call();
        assert!(in_flight.spend(1));
        in_flight.give_back(1);
        assert_eq!(in_flight.remaining(), 1);
        for _ in 0..10 {
            in_flight.end_call();
        }
        // The share has shrunk below what is in flight.
        assert_eq!(in_flight.remaining(), 0);
        in_flight.give_back(2);
        assert_eq!(in_flight.remaining(), 1);
    }

    #[cfg(feature = "config")]
    #[test]
    fn other_settings_leave_what_is_in_flight() {
        let in_flight = InFlight::new(1.0, 0);
        for _ in 0..10 {
            in_flight.start_call();
        }
        assert!(in_flight.spend(8));
        in_flight.renew(0.5, 0);
        assert_eq!(in_flight.remaining(), 0);
        in_flight.give_back(4);
        assert_eq!(in_flight.remaining(), 1);
        in_flight.renew(0.1, 6);
        assert_eq!(in_flight.remaining(), 2);
    }

    #[test]
    fn a_few_retries_are_always_allowed() {
        let in_flight = InFlight::new(0.2, 3);
        assert!(in_flight.spend(2));
        assert!(!in_flight.spend(2));
        assert!(in_flight.spend(1));
        assert_eq!(in_flight.remaining(), 0);
    }

    #[test]
    fn costs_beyond_all_bounds_are_refused() {
        let in_flight = InFlight::new(1.0, u32::MAX);
        assert!(in_flight.spend(u32::MAX));
        assert!(!in_flight.spend(1));
        in_flight.give_back(u32::MAX);
        assert_eq!(in_flight.remaining(), u32::MAX);
    }
}

use super::pace::scaled;
use crate::clock::nanos;
use crate::defaults;

/// Few calls at a time, and more with each answer: a burst of all callers would be refused as a whole
/// before the first of them knew.
#[derive(Debug)]
pub(super) struct SlowStart {
    pub(super) since: u64,
    /// How many calls may be on their way.
    window: f64,
    pub(super) in_flight: u32,
    pub(super) successes: u32,
    grown_at: u64,
}

impl SlowStart {
    pub(super) fn new(now: u64) -> Self {
        Self {
            since: now,
            window: f64::from(defaults::GATE_WINDOW),
            in_flight: 0,
            successes: 0,
            grown_at: now,
        }
    }

    /// Lets a call in and returns zero, or returns how long to wait.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    pub(super) fn wait(&mut self, rank: usize) -> u64 {
        let ahead = rank as f64 + f64::from(self.in_flight);
        if ahead + 1.0 <= self.window {
            self.in_flight = self.in_flight.saturating_add(1);
            return 0;
        }
        // How often it doubles until then. In whole numbers, so that simulations are the same everywhere.
        let windows = scaled(1, ahead / self.window).max(1);
        nanos(defaults::GATE_ASK_AGAIN).saturating_mul(u64::from(windows.ilog2()) + 1)
    }

    pub(super) fn succeeded(&mut self) {
        self.successes = self.successes.saturating_add(1);
        self.window += defaults::GATE_GROWTH;
    }

    /// Grows with time, for who waits long for answers. Returns `true` once it is over.
    pub(super) fn grow(&mut self, now: u64) -> bool {
        let step = nanos(defaults::GATE_DOUBLING);
        let limit = nanos(defaults::GATE_SLOW_START);
        if now.saturating_sub(self.since) >= limit {
            return true;
        }
        while now.saturating_sub(self.grown_at) >= step {
            self.grown_at = self.grown_at.saturating_add(step);
            self.window *= 2.0;
        }
        false
    }
}

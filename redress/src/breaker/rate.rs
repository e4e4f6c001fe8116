use crate::defaults::BREAKER_BUCKETS;

/// The share of failures that opens a breaker, and of how many calls at least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) share: f64,
    pub(super) minimum: u32,
}

impl Rate {
    /// Returns `true` if the share of failures has reached the rate.
    pub(super) fn is_reached(&self, failures: u64, successes: u64) -> bool {
        failures.saturating_add(successes) >= u64::from(self.minimum)
            && share(failures, successes).is_some_and(|share| share >= self.share)
    }
}

/// Returns the share of failures; none of no calls.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 calls")]
pub(super) fn share(failures: u64, successes: u64) -> Option<f64> {
    let calls = failures.saturating_add(successes);
    // A quotient is rounded once, so 11 of 20 is the same number as 0.55.
    (calls > 0).then(|| failures as f64 / calls as f64)
}

/// Cuts time into the parts by which the window of a rate moves on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// In nanoseconds.
    part: u64,
}

impl Grid {
    pub(super) fn new(window: u64) -> Self {
        let parts = u64::try_from(BREAKER_BUCKETS).unwrap_or(u64::MAX);
        Self {
            part: window.div_ceil(parts).max(1),
        }
    }

    /// Returns the grid of this length of a part.
    pub(super) fn of(part: u64) -> Self {
        Self { part: part.max(1) }
    }

    /// Returns the length of a part.
    pub(super) const fn part(self) -> u64 {
        self.part
    }

    /// Returns when a part starts.
    pub(super) const fn start(self, bucket: u64) -> u64 {
        bucket.saturating_mul(self.part)
    }

    /// Returns the number of the part in which `now` lies.
    pub(super) const fn bucket(self, now: u64) -> u64 {
        now / self.part
    }
}

/// Returns where the bucket is kept.
pub(super) const fn slot(bucket: u64) -> usize {
    // Less than the number of buckets, so nothing is cut off.
    (bucket % BREAKER_BUCKETS as u64) as usize
}

/// Returns the buckets of the window that ends with `last`.
pub(super) fn window(last: u64) -> impl Iterator<Item = u64> {
    let buckets = u64::try_from(BREAKER_BUCKETS).unwrap_or(u64::MAX);
    last.saturating_sub(buckets - 1)..=last
}

/// Failures by the part of the window in which they happened.
#[derive(Debug, Default)]
pub(super) struct Failures {
    counts: [(u64, u64); BREAKER_BUCKETS],
}

impl Failures {
    pub(super) fn push(&mut self, bucket: u64) {
        if let Some((of, count)) = self.counts.get_mut(slot(bucket)) {
            if *of != bucket {
                (*of, *count) = (bucket, 0);
            }
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn sum(&self, last: u64) -> u64 {
        window(last)
            .filter_map(|bucket| {
                self.counts
                    .get(slot(bucket))
                    .filter(|(of, _)| *of == bucket)
            })
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_for_one_window() {
        let mut failures = Failures::default();
        failures.push(0);
        failures.push(0);
        failures.push(3);
        assert_eq!(failures.sum(3), 3);
        assert_eq!(failures.sum(15), 3);
        assert_eq!(failures.sum(16), 1);
        failures.push(16);
        assert_eq!(failures.sum(18), 2);
        assert_eq!(failures.sum(1000), 0);
    }

    #[test]
    fn a_share_that_is_met_exactly_is_reached() {
        for percent in 1..=100_u32 {
            let rate = Rate {
                share: format!("{}", f64::from(percent) / 100.0).parse().unwrap(),
                minimum: 100,
            };
            let failures = u64::from(percent);
            assert!(rate.is_reached(failures, 100 - failures), "{percent}");
            assert!(!rate.is_reached(failures - 1, 101 - failures), "{percent}");
            assert!(!rate.is_reached(99, 0));
        }
    }

    #[test]
    fn any_window_has_a_grid() {
        assert_eq!(Grid::new(0).bucket(7), 7);
        assert_eq!(Grid::new(160).bucket(159), 15);
        assert_eq!(Grid::new(u64::MAX).bucket(u64::MAX), 15);
    }
}

use std::time::Duration;

/// Counts lengths of time, to within 3%: 32 buckets for each doubling, from a microsecond on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

const BITS: u32 = 5;
const FINE: u64 = 1 << BITS;

impl Histogram {
    pub(super) fn add(&mut self, time: Duration) {
        let bucket = bucket(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.total += 1;
    }

    /// Returns the time that this share of the times does not exceed; `None` if there are no times.
    pub(super) fn quantile(&self, share: f64) -> Option<Duration> {
        if self.total == 0 {
            return None;
        }
        let rank = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0_u64;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                return Some(Duration::from_micros(middle(bucket)));
            }
        }
        None
    }
}

fn bucket(micros: u64) -> usize {
    let log = micros.max(FINE).ilog2();
    let shift = log - BITS;
    // Without a fraction there is one bucket for each microsecond.
    let fine = micros >> shift;
    (u64::from(shift) * FINE + fine) as usize
}

/// Returns the middle of a bucket.
const fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * FINE {
        return bucket;
    }
    let shift = bucket / FINE - 1;
    let fine = bucket % FINE + FINE;
    (fine << shift) + (1 << shift >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_within_three_percent() {
        let mut micros = 1_u64;
        while micros < 1 << 50 {
            let found = middle(bucket(micros));
            assert!(
                found.abs_diff(micros) * 100 <= micros * 3,
                "{micros}: {found}"
            );
            micros += micros / 7 + 1;
        }
        assert!((0..1000).map(bucket).is_sorted());
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_times() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for millis in 1..=1000 {
            histogram.add(Duration::from_millis(millis));
        }
        for (share, millis) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = histogram.quantile(share).unwrap().as_secs_f64() * 1e3;
            assert!((found / millis - 1.0).abs() < 0.03, "{share}: {found}");
        }
    }
}

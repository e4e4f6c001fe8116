/// The times of the last failures: tells exactly whether the next one is the n-th within the
/// window, in constant time and in 8 bytes per failure.
///
/// Times are nanoseconds that never go back. A failure counts while it is younger than the window.
#[derive(Debug)]
pub(super) struct Ring {
    times: Box<[u64]>,
    /// Where the next time goes.
    next: usize,
    len: usize,
}

impl Ring {
    /// Creates a window that trips at `threshold` failures, which is at least 1.
    pub(super) fn new(threshold: u32) -> Self {
        let threshold = usize::try_from(threshold).unwrap_or(usize::MAX);
        Self {
            times: vec![0; threshold.max(1)].into(),
            next: 0,
            len: 0,
        }
    }

    /// Returns `true` if a failure now would open the breaker.
    pub(super) fn would_trip(&self, now: u64, window: u64) -> bool {
        let others = self.times.len().saturating_sub(1);
        let Some(oldest) = others.checked_sub(1) else {
            return true;
        };
        self.nth_last(oldest)
            .is_some_and(|time| now.saturating_sub(time) < window)
    }

    pub(super) fn push(&mut self, now: u64) {
        if let Some(time) = self.times.get_mut(self.next) {
            *time = now;
        }
        self.next = (self.next + 1) % self.times.len();
        self.len = (self.len + 1).min(self.times.len());
    }

    /// Counts the failures within the window, up to the threshold.
    pub(super) fn count(&self, now: u64, window: u64) -> usize {
        (0..self.len)
            .filter_map(|n| self.nth_last(n))
            .take_while(|time| now.saturating_sub(*time) < window)
            .count()
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Trips at `threshold` failures from now on, and keeps as many of the last as that needs.
    #[cfg(feature = "config")]
    pub(super) fn resize(&mut self, threshold: u32) {
        let mut resized = Self::new(threshold);
        for n in (0..self.len.min(resized.times.len())).rev() {
            if let Some(time) = self.nth_last(n) {
                resized.push(time);
            }
        }
        *self = resized;
    }

    /// Returns the n-th last time; 0 is the last.
    fn nth_last(&self, n: usize) -> Option<u64> {
        if n >= self.len {
            return None;
        }
        let size = self.times.len();
        let index = (self.next + size - 1 - n) % size;
        self.times.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference model: the time of every failure, pruned at each failure.
    #[derive(Default)]
    struct Deque(Vec<u64>);

    impl Deque {
        fn fail(&mut self, now: u64, window: u64, threshold: usize) -> bool {
            self.0.retain(|time| now - time < window);
            self.0.push(now);
            self.0.len() >= threshold
        }
    }

    #[test]
    fn it_trips_exactly_when_a_list_of_all_failures_would() {
        let mut seed = 1_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        for threshold in [1, 2, 3, 5, 8] {
            let (mut ring, mut list) = (Ring::new(threshold), Deque::default());
            let mut now = 0;
            for _ in 0..2000 {
                now += draw(6);
                let window = 10;
                let expected = list.fail(now, window, threshold as usize);
                assert_eq!(
                    ring.would_trip(now, window),
                    expected,
                    "{threshold} at {now}"
                );
                ring.push(now);
                let count = list.0.len().min(threshold as usize);
                assert_eq!(ring.count(now, window), count);
                if expected {
                    ring.clear();
                    list.0.clear();
                }
            }
        }
    }

    #[cfg(feature = "config")]
    #[test]
    fn another_threshold_keeps_the_last_failures() {
        let mut ring = Ring::new(4);
        for time in 1..=6 {
            ring.push(time);
        }
        ring.resize(2);
        assert_eq!((ring.count(6, 100), ring.would_trip(6, 1)), (2, true));
        ring.resize(4);
        assert_eq!((ring.count(6, 100), ring.would_trip(6, 100)), (2, false));
        ring.push(7);
        assert!(ring.would_trip(8, 100));
        assert!(!ring.would_trip(15, 10), "the one at 5 is too old");
    }

    #[test]
    fn a_failure_as_old_as_the_window_no_longer_counts() {
        let mut ring = Ring::new(2);
        ring.push(5);
        assert!(ring.would_trip(14, 10));
        assert!(!ring.would_trip(15, 10));
    }
}

use std::array;

use crate::sync::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize};

/// Counts the ends of attempts in the last `window` of time, in constant memory and without a lock.
///
/// All there ever was is counted in one word. Marks say how much it held when: what a window holds
/// is the difference to the first mark in it. The first [`EXACT`] marks in a window are set
/// whenever time has passed, and further ones every 1/128 of it. So a window with up to [`EXACT`]
/// different times is exact; in a busier one, what is to go may go up to 1/128 too early.
#[derive(Debug)]
pub(super) struct Recent {
    window: u64,
    /// Successes in the low half, failures in the high one. Both wrap; differences do not mind.
    total: AtomicU64,
    marks: [Mark; MARKS],
    /// How many marks there have been; all but the last [`MARKS`] are overwritten.
    head: AtomicUsize,
    /// The first mark that was in the window when one was set last.
    tail: AtomicUsize,
    /// Before this time, no mark is set.
    next_mark: AtomicU64,
    /// A thread is setting a mark. The others do not wait: they only count.
    marking: AtomicBool,
}

/// How many marks are set without regard to their distance.
const EXACT: usize = if cfg!(all(test, redress_loom)) {
    1
} else {
    128
};
/// How many parts a busy window has.
const PARTS: usize = if cfg!(all(test, redress_loom)) {
    1
} else {
    128
};
/// A window of parts that is not aligned with them touches one more; and one mark is being set.
const MARKS: usize = EXACT + PARTS + 2;

const SUCCESS: u64 = 1;
const FAILURE: u64 = 1 << 32;

/// The value of `total` before the first end at `at`, which is none while the mark is written.
#[derive(Debug)]
struct Mark {
    at: AtomicU64,
    before: AtomicU64,
}

const NONE: u64 = u64::MAX;

impl Recent {
    #[inline]
    pub(super) fn new(window: u64) -> Self {
        Self {
            window,
            total: AtomicU64::new(0),
            marks: array::from_fn(|_| Mark {
                at: AtomicU64::new(NONE),
                before: AtomicU64::new(0),
            }),
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            next_mark: AtomicU64::new(0),
            marking: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn success(&self, now: u64) {
        self.count(SUCCESS, now);
    }

    #[inline]
    pub(super) fn failure(&self, now: u64) {
        self.count(FAILURE, now);
    }

    /// Returns the share of failures in the window that ends now; none if nothing ended in it.
    #[inline]
    pub(super) fn failure_rate(&self, now: u64) -> Option<f64> {
        let before = self.first_in_window(now)?;
        let total = self.total.load(Relaxed);
        let failures = (total >> 32).wrapping_sub(before >> 32) as u32;
        let successes = (total as u32).wrapping_sub(before as u32);
        let all = f64::from(failures) + f64::from(successes);
        (all > 0.0).then(|| f64::from(failures) / all)
    }

    #[inline]
    fn count(&self, ended: u64, now: u64) {
        // Once in 2^32 successes the carry counts as a failure: one among thousands of millions.
        let before = self.total.fetch_add(ended, AcqRel);
        if now < self.next_mark.load(Relaxed) {
            return;
        }
        let marking = &self.marking;
        if marking
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_ok()
        {
            self.mark(before, now);
            marking.store(false, Release);
        }
    }

    /// Sets a mark. One thread at a time is here.
    #[inline]
    fn mark(&self, before: u64, now: u64) {
        // Another may have been here since the caller looked.
        if now < self.next_mark.load(Relaxed) {
            return;
        }
        let head = self.head.load(Relaxed);
        let mut tail = self.tail.load(Relaxed);
        while tail != head && !self.is_in_window(tail, now) {
            tail = tail.wrapping_add(1);
        }
        self.tail.store(tail, Release);
        let distance = if head.wrapping_sub(tail) < EXACT {
            1
        } else {
            (self.window / PARTS as u64).max(1)
        };
        if let Some(mark) = self.marks.get(head % MARKS) {
            // Who reads the mark meanwhile sees that it changes.
            mark.at.store(NONE, Relaxed);
            mark.before.store(before, Release);
            mark.at.store(now, Release);
        }
        self.head.store(head.wrapping_add(1), Release);
        self.next_mark.store(now.saturating_add(distance), Relaxed);
    }

    #[inline]
    fn is_in_window(&self, mark: usize, now: u64) -> bool {
        let at = self
            .marks
            .get(mark % MARKS)
            .map(|mark| mark.at.load(Relaxed));
        at.is_some_and(|at| now.saturating_sub(at) < self.window)
    }

    /// Returns what was counted before the first mark in the window.
    #[inline]
    fn first_in_window(&self, now: u64) -> Option<u64> {
        // The tail first: it is never beyond a head that is read later.
        let tail = self.tail.load(Acquire);
        let marks = self.head.load(Acquire).wrapping_sub(tail).min(MARKS);
        for n in 0..marks {
            let Some(mark) = self.marks.get(tail.wrapping_add(n) % MARKS) else {
                continue;
            };
            let at = mark.at.load(Acquire);
            let before = mark.before.load(Acquire);
            let whole = at != NONE && mark.at.load(Relaxed) == at;
            if whole && now.saturating_sub(at) < self.window {
                return Some(before);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const WINDOW: u64 = 64_000_000_000;

    /// The reference model: every end with its time.
    #[derive(Default)]
    struct Exact(VecDeque<(u64, bool)>);

    impl Exact {
        fn rate(&mut self, now: u64) -> Option<f64> {
            self.0.retain(|(at, _)| now - at < WINDOW);
            let failures = self.0.iter().filter(|(_, failed)| *failed).count();
            (!self.0.is_empty()).then(|| failures as f64 / self.0.len() as f64)
        }
    }

    fn record(recent: &Recent, exact: &mut Exact, now: u64, failed: bool) {
        exact.0.push_back((now, failed));
        if failed {
            recent.failure(now);
        } else {
            recent.success(now);
        }
    }

    #[test]
    fn an_end_counts_until_the_window_is_over() {
        let recent = Recent::new(WINDOW);
        assert_eq!(recent.failure_rate(0), None);
        recent.failure(0);
        recent.success(1);
        assert_eq!(recent.failure_rate(WINDOW - 1), Some(0.5));
        assert_eq!(recent.failure_rate(WINDOW), Some(0.0));
        assert_eq!(recent.failure_rate(WINDOW + 1), None);
    }

    #[test]
    fn a_quiet_window_is_exact() {
        let (recent, mut exact) = (Recent::new(WINDOW), Exact::default());
        let mut now = 0;
        for n in 0..5000_u64 {
            now += (n * n * 7919) % (2 * WINDOW / EXACT as u64) + WINDOW / EXACT as u64;
            for end in 0..n % 4 {
                record(&recent, &mut exact, now, (n + end) % 3 == 0);
            }
            assert_eq!(recent.failure_rate(now), exact.rate(now), "{n}");
        }
    }

    #[test]
    fn as_many_different_times_as_there_are_exact_marks_are_exact() {
        let (recent, mut exact) = (Recent::new(WINDOW), Exact::default());
        for round in 0..20 {
            for n in 0..EXACT as u64 {
                record(&recent, &mut exact, round * WINDOW + n * n, n % 3 == 0);
            }
            for n in 0..EXACT as u64 {
                let now = (round + 1) * WINDOW + n * n;
                assert_eq!(recent.failure_rate(now - 1), exact.rate(now - 1), "{n}");
            }
        }
    }

    #[test]
    fn a_busy_window_is_right_to_a_part_of_it() {
        let (recent, mut exact) = (Recent::new(WINDOW), Exact::default());
        // Failures come in one half of the window, so that each part that is missing shows.
        for n in 0..20_000_u64 {
            let now = n * WINDOW / 2000;
            record(&recent, &mut exact, now, n % 2000 < 1000);
            if n % 7 != 0 {
                continue;
            }
            let (got, wanted) = (recent.failure_rate(now).unwrap(), exact.rate(now).unwrap());
            assert!(
                (got - wanted).abs() < 1.5 / PARTS as f64,
                "{n}: {got} {wanted}"
            );
        }
    }

    #[test]
    fn counts_that_wrap_go_on() {
        let recent = Recent::new(WINDOW);
        recent.total.store(u64::MAX, Relaxed);
        recent.failure(0);
        recent.failure(1);
        recent.success(1);
        recent.success(1);
        assert_eq!(recent.failure_rate(1), Some(0.6));
    }
}

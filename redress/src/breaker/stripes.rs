use std::cell::Cell;
use std::fmt;
use std::sync::atomic::AtomicUsize;

use super::rate::{Grid, slot, window};
use crate::defaults::{BREAKER_BUCKETS, BREAKER_EXACT, BREAKER_MAX_STRIPES, BREAKER_SAMPLE};
use crate::sync::{AtomicU64, Ordering, Setting};

/// The successes of a closed breaker with a failure rate, counted by threads that do not wait for
/// each other.
///
/// Each count carries the generation and the part of the window that it belongs to, and is changed
/// only together with them. So nothing has to be cleared, and a late success cannot count for a
/// later state.
pub(super) struct Stripes {
    stripes: Box<[Stripe]>,
    /// The length of a part of the window, in nanoseconds: a [`Grid`].
    part: Setting,
    /// Each success asks for the time: a clock that is not the machine's may stand still between
    /// two steps, and a test wants to know exactly.
    exact: bool,
    latest: Latest,
}

/// One thread's counts, on cache lines of their own.
#[repr(align(128))]
struct Stripe([AtomicU64; BREAKER_BUCKETS]);

/// When the last part of the window started that any thread has seen. Written once for each part.
///
/// A time and not a number: a thread that still counts by the parts of another window writes nothing
/// here that has not come yet.
#[repr(align(128))]
struct Latest(AtomicU64);

/// A count (the low half) and what it belongs to: 20 bits of the bucket, 12 of the generation.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Count(u64);

impl Count {
    const fn none(generation: u32, bucket: u64) -> Self {
        Self((generation as u64 & 0xfff) << 52 | (bucket & 0xf_ffff) << 32)
    }

    const fn get(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    /// Returns the count if it belongs to `none`, else `none`.
    const fn of(self, none: Self) -> Self {
        if self.0 >> 32 == none.0 >> 32 {
            self
        } else {
            none
        }
    }

    const fn plus_one(self) -> Self {
        if self.get() == u32::MAX {
            self
        } else {
            Self(self.0 + 1)
        }
    }
}

impl Stripes {
    pub(super) fn new(window: u64, exact: bool, threads: usize) -> Self {
        let stripes = threads.clamp(1, BREAKER_MAX_STRIPES).next_power_of_two();
        let stripe = |_| Stripe(std::array::from_fn(|_| AtomicU64::new(0)));
        Self {
            stripes: (0..stripes).map(stripe).collect(),
            part: Setting::new(Grid::new(window).part()),
            exact,
            latest: Latest(AtomicU64::new(0)),
        }
    }

    /// Counts anew, with a window of another length. A success that is counted at the same time may
    /// be lost, or count in a neighbouring part.
    #[cfg(feature = "config")]
    pub(super) fn restart(&self, window: u64) {
        self.part.store(Grid::new(window).part(), Ordering::Relaxed);
        for count in self.stripes.iter().flat_map(|stripe| &stripe.0) {
            count.store(0, Ordering::Relaxed);
        }
    }

    fn grid(&self) -> Grid {
        Grid::of(self.part.load(Ordering::Relaxed))
    }

    /// Counts a success of the `generation`-th state.
    #[inline]
    pub(super) fn add(&self, generation: u32, now: impl FnOnce() -> u64) {
        let Some(stripe) = self.stripes.get(thread_number() & (self.stripes.len() - 1)) else {
            return;
        };
        if !self.exact {
            let latest = self.latest.0.load(Ordering::Relaxed);
            let bucket = self.grid().bucket(latest);
            if stripe.add_untimed(generation, bucket) {
                return;
            }
        }
        stripe.add(generation, self.observe(now()));
    }

    /// Returns the part of the window in which `now` lies, or a later one that another
    /// thread has started already.
    pub(super) fn observe(&self, now: u64) -> u64 {
        let grid = self.grid();
        let bucket = grid.bucket(now);
        // Relaxed, like the counts: they order nothing, each is right by itself.
        let latest = grid.bucket(self.latest.0.load(Ordering::Relaxed));
        if bucket <= latest {
            return latest;
        }
        let start = grid.start(bucket);
        let latest = self.latest.0.fetch_max(start, Ordering::Relaxed);
        grid.bucket(latest.max(start))
    }

    /// Counts the successes of the `generation`-th state in the window that ends with `last`.
    pub(super) fn sum(&self, generation: u32, last: u64) -> u64 {
        self.stripes.iter().fold(0, |sum, stripe| {
            sum.saturating_add(stripe.sum(generation, last))
        })
    }
}

impl Stripe {
    fn cell(&self, bucket: u64) -> Option<&AtomicU64> {
        self.0.get(slot(bucket))
    }

    /// Counts a success in `bucket` without a look at the clock, if there have been so many in it
    /// that one in a few is enough to notice its end.
    #[inline]
    fn add_untimed(&self, generation: u32, bucket: u64) -> bool {
        let Some(cell) = self.cell(bucket) else {
            return false;
        };
        let seen = Count(cell.load(Ordering::Relaxed));
        let counted = seen.of(Count::none(generation, bucket));
        counted.get() >= BREAKER_EXACT
            && !counted.get().is_multiple_of(BREAKER_SAMPLE)
            && replace(cell, seen, counted.plus_one())
    }

    fn add(&self, generation: u32, bucket: u64) {
        let Some(cell) = self.cell(bucket) else {
            return;
        };
        let none = Count::none(generation, bucket);
        loop {
            let seen = Count(cell.load(Ordering::Relaxed));
            if replace(cell, seen, seen.of(none).plus_one()) {
                return;
            }
        }
    }

    fn sum(&self, generation: u32, last: u64) -> u64 {
        let count = |bucket| {
            let seen = Count(self.cell(bucket)?.load(Ordering::Relaxed));
            Some(u64::from(seen.of(Count::none(generation, bucket)).get()))
        };
        window(last).filter_map(count).sum()
    }
}

fn replace(cell: &AtomicU64, seen: Count, new: Count) -> bool {
    cell.compare_exchange(seen.0, new.0, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
}

/// Returns a number that few other threads have.
fn thread_number() -> usize {
    // Not modelled: which stripe a thread takes decides nothing.
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    NUMBER
        .try_with(|number| {
            number.get().unwrap_or_else(|| {
                let new = THREADS.fetch_add(1, Ordering::Relaxed);
                number.set(Some(new));
                new
            })
        })
        .unwrap_or(0)
}

impl fmt::Debug for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes")
            .field("stripes", &self.stripes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_success_counts_for_its_own_generation_and_window() {
        let stripes = Stripes::new(160, true, 2);
        for now in [0, 9, 10, 159] {
            stripes.add(7, || now);
        }
        assert_eq!(stripes.sum(7, 15), 4);
        assert_eq!(stripes.sum(7, 16), 2);
        assert_eq!(stripes.sum(8, 15), 0);
        stripes.add(8, || 159);
        assert_eq!(stripes.sum(7, 15), 3, "one cell has changed hands");
        assert_eq!(stripes.sum(8, 15), 1);
    }

    #[test]
    fn a_busy_thread_rarely_asks_for_the_time_and_loses_no_success() {
        let stripes = Stripes::new(160, false, 1);
        let asked = Cell::new(0);
        for _ in 0..10_000 {
            stripes.add(1, || {
                asked.set(asked.get() + 1);
                5
            });
        }
        assert_eq!(stripes.sum(1, 0), 10_000);
        assert!(asked.get() < 700, "{}", asked.get());
    }

    #[test]
    fn a_quiet_thread_always_asks_for_the_time() {
        let stripes = Stripes::new(160, false, 1);
        for now in (0..60).chain(200..260) {
            stripes.add(1, || now);
        }
        let last = stripes.observe(260);
        assert_eq!(stripes.sum(1, last), 60);
    }

    #[cfg(feature = "config")]
    #[test]
    fn a_window_of_another_length_starts_anew_and_goes_on() {
        for (before, after) in [(160, 1600), (1600, 160)] {
            let stripes = Stripes::new(before, true, 2);
            for now in 0..1000 {
                stripes.add(1, || now);
            }
            stripes.restart(after);
            assert_eq!(stripes.sum(1, stripes.observe(1000)), 0);
            for now in 1000..1100 {
                stripes.add(1, || now);
            }
            assert_eq!(stripes.sum(1, stripes.observe(1100)), 100);
            assert_eq!(stripes.sum(1, stripes.observe(1100 + after)), 0);
        }
    }

    #[test]
    fn a_count_stops_at_its_highest_value() {
        let full = Count(u64::from(u32::MAX));
        assert_eq!(full.plus_one().0, full.0);
    }
}

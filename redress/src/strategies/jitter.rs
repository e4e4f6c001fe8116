//! Uniform draws over durations: what every strategy with jitter draws from.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

// The same on every machine, which `SmallRng` is not.
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

thread_local! {
    // Small and fast: jitter spreads clients out, it keeps no secret.
    static GENERATOR: RefCell<Xoshiro256PlusPlus> =
        RefCell::new(Xoshiro256PlusPlus::seed_from_u64(fresh_seed()));
}

/// Draws a duration between `low` and `high`, both included, each nanosecond equally likely. There
/// is nothing to draw where `low` is not below `high`: it is `low` then.
///
/// A range of more than 584 years counts as one of 584 years above `low`.
pub(crate) fn between(low: Duration, high: Duration) -> Duration {
    let span = u64::try_from(high.saturating_sub(low).as_nanos()).unwrap_or(u64::MAX);
    low.saturating_add(Duration::from_nanos(up_to(span)))
}

/// Draws a number below `count`, each equally likely; 0 where there is none.
pub(crate) fn below(count: usize) -> usize {
    let last = u64::try_from(count).map_or(u64::MAX, |count| count.saturating_sub(1));
    usize::try_from(up_to(last)).unwrap_or(0)
}

/// Makes the draws of this thread repeat.
#[cfg(feature = "testing")]
pub(crate) fn seed(seed: u64) {
    // A thread that is shutting down has no draws left to repeat.
    let _ = GENERATOR.try_with(|generator| {
        if let Ok(mut generator) = generator.try_borrow_mut() {
            *generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        }
    });
}

/// Makes the draws of this thread repeat while `run` runs. Afterwards they go on as before.
#[cfg(feature = "simulate")]
pub(crate) fn seeded<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    struct Restore(Option<Xoshiro256PlusPlus>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                let _ = replace(before);
            }
        }
    }
    let _restore = Restore(replace(Xoshiro256PlusPlus::seed_from_u64(seed)));
    run()
}

#[cfg(feature = "simulate")]
fn replace(by: Xoshiro256PlusPlus) -> Option<Xoshiro256PlusPlus> {
    let replaced = GENERATOR.try_with(|generator| {
        let mut generator = generator.try_borrow_mut().ok()?;
        Some(std::mem::replace(&mut *generator, by))
    });
    replaced.ok().flatten()
}

fn up_to(span: u64) -> u64 {
    if span == 0 {
        return 0;
    }
    GENERATOR
        .try_with(|generator| {
            let mut generator = generator.try_borrow_mut().ok()?;
            Some(generator.random_range(0..=span))
        })
        .ok()
        .flatten()
        // A destructor of another thread-local may retry after this one is gone: the middle of the
        // range is as good as any draw, and a panic there would abort the process.
        .unwrap_or(span / 2)
}

/// Returns a seed that differs between processes, by the random keys of `RandomState`, and between
/// the threads of one, by the counter.
fn fresh_seed() -> u64 {
    static KEYS: OnceLock<RandomState> = OnceLock::new();
    static THREADS: AtomicU64 = AtomicU64::new(0);
    KEYS.get_or_init(RandomState::new)
        .hash_one(THREADS.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    const NANO: Duration = Duration::from_nanos(1);

    fn draws(count: usize) -> Vec<Duration> {
        let draw = || between(Duration::ZERO, Duration::MAX);
        std::iter::repeat_with(draw).take(count).collect()
    }

    #[test]
    fn both_ends_of_a_range_are_drawn_and_nothing_beyond_them() {
        seed(1);
        let (low, high) = (Duration::from_secs(3), Duration::from_secs(3) + 2 * NANO);
        let drawn: HashSet<_> = (0..200).map(|_| between(low, high)).collect();
        assert_eq!(drawn, HashSet::from([low, low + NANO, high]));
    }

    #[test]
    fn an_empty_range_is_its_low_end() {
        for low in [Duration::ZERO, NANO, Duration::MAX] {
            assert_eq!(between(low, low), low);
        }
        assert_eq!(between(2 * NANO, NANO), 2 * NANO);
        assert_eq!(between(Duration::MAX, Duration::ZERO), Duration::MAX);
    }

    #[test]
    fn the_widest_range_neither_overflows_nor_leaves_its_bounds() {
        seed(2);
        assert!(
            draws(1000)
                .iter()
                .any(|d| *d > Duration::from_secs(1 << 33))
        );
        let low = Duration::MAX - NANO;
        assert!((0..1000).all(|_| between(low, Duration::MAX) >= low));
    }

    #[test]
    fn a_seed_makes_the_draws_repeat() {
        seed(3);
        let first = draws(10);
        seed(3);
        assert_eq!(draws(10), first);
        seed(4);
        assert_ne!(draws(10), first);
    }

    #[test]
    fn threads_draw_differently_without_a_seed() {
        let spawn = || thread::spawn(|| draws(2)).join().unwrap();
        let drawn: HashSet<_> = (0..16).map(|_| spawn()).collect();
        assert_eq!(drawn.len(), 16);
    }

    #[test]
    fn a_draw_in_the_destructor_of_a_thread_local_does_not_panic() {
        struct DrawsLate(std::sync::mpsc::Sender<Duration>);
        impl Drop for DrawsLate {
            fn drop(&mut self) {
                seed(5);
                let _ = self.0.send(between(NANO, 3 * NANO));
            }
        }
        thread_local! {
            static LATE: RefCell<Option<DrawsLate>> = const { RefCell::new(None) };
        }
        let (sender, drawn) = std::sync::mpsc::channel();
        thread::spawn(move || {
            LATE.set(Some(DrawsLate(sender)));
            between(NANO, 3 * NANO);
        })
        .join()
        .unwrap();
        let drawn = drawn.recv().unwrap();
        assert!((NANO..=3 * NANO).contains(&drawn));
    }
}

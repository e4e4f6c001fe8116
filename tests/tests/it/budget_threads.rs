//! Budgets under real threads: the result is the same for any schedule.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use redress::testing::VirtualClock;
use redress::{Budget, ErrorClass};

const THREADS: usize = 4;

/// Runs `work` on all threads at once and returns the sum of the results.
fn race(work: impl Fn(usize) -> usize + Sync) -> usize {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|n| {
                let (start, work) = (&start, &work);
                scope.spawn(move || {
                    start.wait();
                    work(n)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

#[test]
fn threads_never_spend_more_than_there_is_and_lose_nothing() {
    const TOKENS: u32 = 64;
    let clock = VirtualClock::new();
    for budget in [
        Budget::rolling(TOKENS, 60).clock(clock.clone()),
        Budget::success_ratio(0.0).reserve(TOKENS),
        Budget::in_flight_share(0.5).min_in_flight(TOKENS),
    ] {
        let held = AtomicUsize::new(0);
        let kept = race(|n| {
            let mut kept = Vec::new();
            for round in 0..20_000 {
                let Some(mut token) = budget.try_spend(ErrorClass::Transient) else {
                    continue;
                };
                assert!(held.fetch_add(1, Relaxed) < TOKENS as usize);
                if round % 1000 == n {
                    token.keep();
                    kept.push(token);
                } else {
                    held.fetch_sub(1, Relaxed);
                }
            }
            // Retries in flight end only after all of them have been counted.
            let count = kept.len();
            kept.into_iter().for_each(std::mem::forget);
            count
        });
        assert_eq!(budget.remaining() as usize, TOKENS as usize - kept);
    }
}

#[test]
fn threads_are_admitted_exactly_as_often_as_each_window_allows() {
    const TOKENS: u32 = 50;
    const WINDOWS: usize = 200;
    let clock = VirtualClock::new();
    let budget = Budget::rolling(TOKENS, 1).clock(clock.clone());
    for _ in 0..WINDOWS {
        let admitted = race(|_| {
            let spend = || budget.try_spend(ErrorClass::Transient);
            std::iter::repeat_with(spend)
                .map_while(|token| token.map(|mut token| token.keep()))
                .count()
        });
        assert_eq!(admitted, TOKENS as usize);
        clock.advance(Duration::from_secs(1));
    }
}

#[test]
fn threads_see_every_success_paid_in() {
    const RESERVE: u32 = 100_000;
    let budget = Budget::success_ratio(0.1).reserve(RESERVE);
    while let Some(mut token) = budget.try_spend(ErrorClass::Transient) {
        token.keep();
    }
    let done = AtomicBool::new(false);
    let spent = race(|n| {
        let mut spent = 0;
        if n == 0 {
            while !done.load(Relaxed) {
                spent += budget
                    .try_spend(ErrorClass::Transient)
                    .map_or(0, |mut token| {
                        token.keep();
                        1
                    });
            }
        } else {
            (0..50_000).for_each(|_| budget.on_success());
            if n == 1 {
                done.store(true, Relaxed);
            }
        }
        spent
    });
    assert_eq!(
        spent + budget.remaining() as usize,
        (THREADS - 1) * 50_000 / 10
    );
}

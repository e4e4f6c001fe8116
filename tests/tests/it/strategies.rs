//! The backoff strategies: their bounds for any setting and attempt, and the distributions of their
//! jitter.

use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Strategy as Generate;
use redress::strategies::{
    decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant, retry_after_or,
    token_backoff,
};
use redress::testing::seed_jitter;
use redress::time::Delay;
use redress::{BackoffContext, Classification, ErrorClass, Strategy};

const SECOND: Duration = Duration::from_secs(1);

fn after(strategy: &dyn Strategy, attempt: u32, prev: Option<Duration>) -> Duration {
    let transient = Classification::new(ErrorClass::Transient);
    let mut ctx = BackoffContext::first(&transient);
    ctx.attempt = attempt;
    ctx.class_attempt = attempt;
    ctx.slot_attempt = attempt;
    ctx.prev_sleep = prev;
    strategy.delay(&ctx).saturate()
}

fn at(strategy: &dyn Strategy, attempt: u32) -> Duration {
    after(strategy, attempt, None)
}

/// Any duration from zero to `Duration::MAX`, with all magnitudes about equally likely.
fn any_duration() -> impl Generate<Value = Duration> {
    let of_magnitude = (any::<u64>(), 0..64_u32, 0..1_000_000_000_u32)
        .prop_map(|(seconds, shift, nanos)| Duration::new(seconds >> shift, nanos));
    prop_oneof![
        6 => of_magnitude,
        3 => any::<u64>().prop_map(Duration::from_nanos),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::from_nanos(1)),
        1 => Just(Duration::MAX),
    ]
}

fn any_bounds() -> impl Generate<Value = (Duration, Duration)> {
    (any_duration(), any_duration()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn any_attempt() -> impl Generate<Value = u32> {
    prop_oneof![1..=10_u32, 1..=2000_u32, any::<u32>(), Just(u32::MAX)]
}

fn any_factor() -> impl Generate<Value = f64> {
    prop_oneof![1.0..10.0_f64, 1.0..1.000_001_f64, Just(1.0), Just(f64::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn exponential_stays_between_base_and_max_and_never_shrinks(
        (base, max) in any_bounds(), factor in any_factor(), attempt in any_attempt(),
    ) {
        let strategy = exponential(base, max).factor(factor);
        let delay = at(&strategy, attempt);
        prop_assert!(base <= delay && delay <= max);
        prop_assert!(delay <= at(&strategy, attempt.saturating_add(1)));
        prop_assert_eq!(at(&strategy, 1), base);
    }

    #[test]
    fn jitter_is_drawn_inside_the_cap(
        (base, max) in any_bounds(), factor in any_factor(), attempt in any_attempt(),
    ) {
        let cap = at(&exponential(base, max).factor(factor), attempt);
        let full = at(&full_jitter(max).base(base).factor(factor), attempt);
        prop_assert!(full <= cap);
        for halved in [equal_jitter(max), token_backoff(max)] {
            let delay = at(&halved.base(base).factor(factor), attempt);
            prop_assert!(cap / 2 <= delay && delay <= cap);
        }
    }

    #[test]
    fn a_max_alone_bounds_every_delay(max in any_duration(), attempt in any_attempt()) {
        let cap = at(&exponential(max.min(SECOND / 4), max), attempt);
        prop_assert!(at(&full_jitter(max), attempt) <= cap);
        let equal = at(&equal_jitter(max), attempt);
        prop_assert!(cap / 2 <= equal && equal <= cap);
        prop_assert!(at(&token_backoff(max), attempt) <= cap);
        prop_assert!(at(&decorrelated_jitter(max), attempt) <= max);
    }

    #[test]
    fn decorrelated_jitter_stays_between_base_and_three_times_the_previous_delay(
        (base, max) in any_bounds(),
        attempt in any_attempt(),
        prev in proptest::option::of(any_duration()),
    ) {
        let delay = after(&decorrelated_jitter(max).base(base), attempt, prev);
        let high = prev.unwrap_or(base).clamp(base, max).saturating_mul(3).min(max);
        prop_assert!(base <= delay && delay <= high);
    }

    #[test]
    fn a_hint_is_never_shortened_nor_exceeded_by_more_than_the_jitter(
        hint in any_duration(), jitter in any_duration(), attempt in any_attempt(),
    ) {
        let limited = Classification::new(ErrorClass::RateLimit).retry_after(hint);
        let mut ctx = BackoffContext::first(&limited);
        ctx.slot_attempt = attempt;
        let delay = retry_after_or(instant()).jitter(jitter).delay(&ctx).saturate();
        prop_assert!(hint <= delay && delay <= hint.saturating_add(jitter));
        prop_assert_eq!(retry_after_or(instant()).jitter(0).delay(&ctx), hint.into());
        prop_assert_eq!(at(&retry_after_or(fixed(hint)), attempt), hint);
    }

    #[test]
    fn settings_that_no_builder_checked_never_panic_nor_exceed_max(
        base in proptest::num::f64::ANY,
        max in proptest::num::f64::ANY,
        factor in proptest::num::f64::ANY,
        attempt in any::<u32>(),
        prev in proptest::option::of(any_duration()),
    ) {
        let limit = Delay::from(max).saturate();
        let growing = [exponential(base, max), full_jitter(max), equal_jitter(max), token_backoff(max)];
        for strategy in growing {
            prop_assert!(after(&strategy.base(base).factor(factor), attempt, prev) <= limit);
        }
        prop_assert!(after(&decorrelated_jitter(max).base(base), attempt, prev) <= limit);
        prop_assert_eq!(at(&fixed(max), attempt), limit);
        let limited = Classification::new(ErrorClass::RateLimit).retry_after(SECOND);
        let hinted = retry_after_or(fixed(max)).jitter(base);
        prop_assert!(hinted.delay(&BackoffContext::first(&limited)).saturate() >= SECOND);
    }
}

/// Python computes `2.0**attempt`, which raises an `OverflowError` from attempt 1024 on.
#[test]
fn an_attempt_number_beyond_the_range_of_a_power_is_the_cap() {
    for attempt in [1023, 1024, 1025, 1 << 31, u32::MAX] {
        assert_eq!(at(&exponential(1, 60), attempt), 60 * SECOND);
        assert!(at(&full_jitter(60), attempt) <= 60 * SECOND);
        for halved in [equal_jitter(60), token_backoff(60)] {
            assert!((30 * SECOND..=60 * SECOND).contains(&at(&halved, attempt)));
        }
    }
}

#[test]
fn a_user_strategy_whose_arithmetic_broke_waits_forever_instead_of_not_at_all() {
    let overflowing = |ctx: &BackoffContext<'_>| 2_f64.powf(f64::from(ctx.attempt));
    assert_eq!(at(&overflowing, 3), 8 * SECOND);
    for attempt in [64, 1023, 1024, u32::MAX] {
        assert_eq!(at(&overflowing, attempt), Duration::MAX);
    }
    for broken in [f64::NAN, f64::INFINITY] {
        let strategy = move |_: &BackoffContext<'_>| broken;
        assert_eq!(at(&strategy, 1), Duration::MAX);
        assert_eq!(at(&retry_after_or(strategy), 1), Duration::MAX);
    }
}

/// backon adds its jitter to the delay, up to twice the maximum.
#[test]
fn jitter_neither_exceeds_max_nor_bunches_there() {
    seed_jitter(21);
    let max = 10 * SECOND;
    let strategies: [(&str, Box<dyn Strategy>); 4] = [
        ("full_jitter", Box::new(full_jitter(max))),
        ("equal_jitter", Box::new(equal_jitter(max))),
        ("token_backoff", Box::new(token_backoff(max))),
        ("decorrelated_jitter", Box::new(decorrelated_jitter(max))),
    ];
    for (name, strategy) in strategies {
        let mut prev = None;
        let mut bunched = 0;
        for attempt in 100..10_100 {
            let delay = after(&*strategy, attempt, prev);
            prev = Some(delay);
            assert!(delay <= max, "{name}: {delay:?}");
            bunched += u32::from(delay >= max.mul_f64(0.99));
        }
        // The last hundredth below max is a hundredth of the range, and therefore of the draws; it
        // is two hundredths of half the range, and less where a short previous delay limits the
        // range of decorrelated_jitter.
        assert!((20..300).contains(&bunched), "{name}: {bunched} of 10000");
    }
}

/// Compares the mean, variance and quartiles of draws with those of the uniform distribution. The
/// tolerances are five standard errors; the seed makes the result reproducible.
#[track_caller]
fn assert_uniform(range: RangeInclusive<f64>, mut draw: impl FnMut() -> Duration) {
    const COUNT: u32 = 20_000;
    let (low, width) = (*range.start(), range.end() - range.start());
    let n = f64::from(COUNT);

    seed_jitter(34);
    // The position of each draw in the range, 0 to 1.
    let places: Vec<f64> = (0..COUNT)
        .map(|_| (draw().as_secs_f64() - low) / width)
        .collect();

    let mean = places.iter().sum::<f64>() / n;
    assert_near("mean", mean, 0.5, 5.0 * (1.0 / 12.0 / n).sqrt());

    let squares = places.iter().map(|place| (place - mean).powi(2));
    let variance = squares.sum::<f64>() / n;
    // The fourth central moment of the uniform distribution is 1/80.
    let error_of_variance = ((1.0 / 80.0 - 1.0 / 144.0) / n).sqrt();
    assert_near("variance", variance, 1.0 / 12.0, 5.0 * error_of_variance);

    for quartile in [0.25_f64, 0.5, 0.75] {
        let share = places.iter().filter(|place| **place < quartile).count() as f64 / n;
        let error = (quartile * (1.0 - quartile) / n).sqrt();
        assert_near("share below a quartile", share, quartile, 5.0 * error);
    }
}

#[track_caller]
fn assert_near(what: &str, actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{what} is {actual}, not {expected} within {tolerance}"
    );
}

#[test]
fn full_jitter_is_uniform_from_nothing_to_the_cap() {
    let strategy = full_jitter(60).base(1);
    assert_uniform(0.0..=1.0, || at(&strategy, 1));
    assert_uniform(0.0..=4.0, || at(&strategy, 3));
    assert_uniform(0.0..=60.0, || at(&strategy, 9));
    assert_uniform(0.0..=9.0, || at(&strategy.clone().factor(3.0), 3));
}

#[test]
fn equal_jitter_is_uniform_from_half_of_the_cap_to_the_cap() {
    let strategy = equal_jitter(60).base(1);
    assert_uniform(0.5..=1.0, || at(&strategy, 1));
    assert_uniform(2.0..=4.0, || at(&strategy, 3));
    assert_uniform(30.0..=60.0, || at(&strategy, 9));
}

#[test]
fn token_backoff_is_uniform_below_a_cap_that_grows_by_half() {
    let strategy = token_backoff(60).base(1);
    assert_uniform(0.5..=1.0, || at(&strategy, 1));
    assert_uniform(1.125..=2.25, || at(&strategy, 3));
    assert_uniform(30.0..=60.0, || at(&strategy, 20));
}

#[test]
fn decorrelated_jitter_is_uniform_up_to_three_times_the_previous_delay() {
    let strategy = decorrelated_jitter(60).base(1);
    assert_uniform(1.0..=3.0, || at(&strategy, 1));
    assert_uniform(1.0..=15.0, || after(&strategy, 2, Some(5 * SECOND)));
    assert_uniform(1.0..=60.0, || after(&strategy, 3, Some(50 * SECOND)));
}

#[test]
fn a_hint_is_spread_uniformly_over_the_jitter() {
    let limited = Classification::new(ErrorClass::RateLimit).retry_after(7 * SECOND);
    let ctx = BackoffContext::first(&limited);
    let strategy = retry_after_or(instant());
    assert_uniform(7.0..=7.25, || strategy.delay(&ctx).saturate());
}

#[test]
fn the_default_bases_and_factors_are_the_documented_ones() {
    assert_uniform(0.0..=0.25, || at(&full_jitter(5), 1));
    assert_uniform(0.25..=0.5, || at(&equal_jitter(5), 2));
    assert_uniform(0.1875..=0.375, || at(&token_backoff(5), 2));
    assert_uniform(0.25..=0.75, || at(&decorrelated_jitter(5), 1));
    assert_uniform(0.002..=0.004, || {
        at(&equal_jitter(Duration::from_millis(4)), 1)
    });
}

#[test]
fn lengths_are_given_as_seconds_or_as_durations() {
    let half = Duration::from_millis(500);
    assert_eq!(fixed(0.5), fixed(half));
    assert_eq!(fixed(1), fixed(SECOND));
    assert_eq!(fixed(0), instant());
    assert_eq!(exponential(0.5, 5), exponential(half, 5 * SECOND));
    assert_eq!(full_jitter(5.0), full_jitter(1).max(5 * SECOND));
    assert_eq!(equal_jitter(1.0).base(half), equal_jitter(SECOND).base(0.5));
    assert_eq!(token_backoff(5_u64), token_backoff(5.0).factor(1.5));
    assert_eq!(
        decorrelated_jitter(5.0).base(0.5),
        decorrelated_jitter(1).max(5 * SECOND).base(half)
    );
    assert_eq!(
        retry_after_or(decorrelated_jitter(60.0)).jitter(0.25),
        retry_after_or(decorrelated_jitter(60))
    );
}

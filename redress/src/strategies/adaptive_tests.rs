use std::sync::Arc;
use std::time::Duration;

use super::test_support::problems;
use super::{adaptive, fixed, retry_after_or};
use crate::classify::{Classification, ErrorClass};
use crate::strategies::{BackoffContext, Strategy};
use crate::testing::VirtualClock;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the delay of `strategy` after so many successes and failures.
fn after(strategy: &dyn Strategy, successes: u32, failures: u32) -> f64 {
    let transient = Classification::new(ErrorClass::Transient);
    let ctx = BackoffContext::first(&transient);
    let learner = strategy.learner().unwrap();
    for _ in 0..successes {
        learner.on_success();
    }
    for _ in 0..failures {
        learner.on_failure(&ctx);
    }
    strategy.delay(&ctx).saturate().as_secs_f64()
}

fn hinted(strategy: &dyn Strategy) -> Duration {
    let limited = Classification::new(ErrorClass::RateLimit).retry_after(7 * SECOND);
    strategy.delay(&BackoffContext::first(&limited)).saturate()
}

#[track_caller]
fn assert_near(got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 1e-6, "{got} is not {wanted}");
}

#[test]
fn the_multiplier_grows_from_what_is_allowed_to_fail_to_everything() {
    let half = || adaptive(fixed(1)).target_success(0.5).min_multiplier(1.5);
    for (successes, failures, wanted) in [
        (0, 0, 1.5),
        (9, 1, 1.5),
        (5, 5, 1.5),
        (1, 3, 1.5 + 3.5 * 0.5),
        (0, 1, 5.0),
    ] {
        assert_near(after(&half(), successes, failures), wanted);
    }
    assert_near(after(&adaptive(fixed(1)), 9, 1), 1.0);
    assert_near(after(&adaptive(fixed(2)), 0, 3), 10.0);
    let strict = adaptive(fixed(1)).target_success(1.0).max_multiplier(2.0);
    assert_near(after(&strict, 3, 1), 1.25);
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let clock = VirtualClock::new();
    let strategy = adaptive(fixed(1)).clock(clock.clone()).window(10);
    assert_near(after(&strategy, 0, 1), 5.0);
    clock.advance(10 * SECOND - Duration::from_nanos(1));
    assert_near(after(&strategy, 0, 0), 5.0);
    clock.advance(Duration::from_nanos(1));
    assert_near(after(&strategy, 0, 0), 1.0);
}

#[test]
fn a_hint_is_not_multiplied_whichever_is_inside() {
    let outer = adaptive(retry_after_or(fixed(1)).jitter(0));
    let inner = retry_after_or(adaptive(fixed(1))).jitter(0);
    let both: [&dyn Strategy; 2] = [&outer, &inner];
    for strategy in both {
        assert_near(after(strategy, 0, 1), 5.0);
        assert_eq!(hinted(strategy), 7 * SECOND);
    }
    // A fallback that takes no notice of hints is multiplied as ever.
    let deaf = adaptive(fixed(1));
    assert_near(after(&deaf, 0, 1), 5.0);
    assert_eq!(hinted(&deaf), 5 * SECOND);
}

#[test]
fn clones_learn_together_and_a_new_window_starts_afresh() {
    let strategy = adaptive(fixed(1));
    let clone = strategy.clone();
    assert_near(after(&Arc::new(clone.clone()), 0, 1), 5.0);
    assert_near(after(&strategy, 0, 0), 5.0);
    assert_near(after(&clone.window(5), 0, 0), 1.0);
}

#[test]
fn delays_saturate_and_zero_stays_zero() {
    assert_eq!(after(&adaptive(fixed(0)), 0, 1), 0.0);
    let endless = adaptive(fixed(Duration::MAX));
    assert_eq!(after(&endless, 0, 1), Duration::MAX.as_secs_f64());
    assert_eq!(problems(&adaptive(fixed(f64::NAN))).len(), 1);
}

#[test]
fn every_mistake_is_named() {
    let strategy = adaptive(fixed(-1))
        .window(0)
        .target_success(0.0)
        .min_multiplier(f64::NAN)
        .max_multiplier(-1.0);
    let found = problems(&strategy);
    let settings: Vec<_> = found.iter().filter_map(|p| p.split(':').next()).collect();
    let all = [
        "window",
        "target_success",
        "min_multiplier",
        "max_multiplier",
    ];
    assert_eq!(settings, [&all[..], &["fallback.delay"]].concat());
    assert_eq!(
        problems(&adaptive(fixed(1)).min_multiplier(6.0)),
        ["min_multiplier: is 6, above max_multiplier (5): lower it or raise that"]
    );
    assert_eq!(problems(&adaptive(fixed(1)).target_success(90.0)).len(), 1);
    assert_eq!(problems(&adaptive(fixed(1)).target_success(1.0)), [""; 0]);
}

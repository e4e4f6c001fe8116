//! Slow calls, hints, and refusals in proportion.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use redress::Classification;

use super::*;

fn slow() -> CircuitBreakerBuilder {
    CircuitBreaker::builder()
        .slow_call(2, 0.5)
        .failure_rate(1.0, 4)
}

/// Ends a permit of its own after so many seconds.
fn by_hand(breaker: &CircuitBreaker, clock: &VirtualClock, seconds: u32, end: &str) {
    let permit = breaker.try_acquire().unwrap();
    clock.advance(seconds * SECOND);
    match end {
        "success" => permit.success(),
        "failure" => permit.failure(ErrorClass::Transient),
        "answer" => permit.failure(ErrorClass::Permanent),
        "abort" => permit.failure(Classification::abort()),
        _ => drop(permit),
    }
}

#[test]
fn slow_calls_open_it_whatever_came_of_them() {
    for end in ["success", "failure", "answer", "abort", "cancelled"] {
        let clock = VirtualClock::new();
        let breaker = slow().clock(clock.clone()).build().unwrap();
        for fast in 0..2 {
            by_hand(&breaker, &clock, 1, "success");
            assert_eq!(breaker.snapshot().slow_rate, Some(0.0), "{end} {fast}");
        }
        by_hand(&breaker, &clock, 2, end);
        assert_eq!(
            breaker.state(),
            CircuitState::Closed,
            "{end}: three of four"
        );
        assert_eq!(breaker.snapshot().slow_calls, Some(1), "{end}");
        by_hand(&breaker, &clock, 5, end);
        assert_eq!(breaker.state(), CircuitState::Open, "{end}");
    }
}

#[test]
fn fast_ends_without_a_verdict_are_no_calls() {
    let clock = VirtualClock::new();
    let breaker = slow().clock(clock.clone()).build().unwrap();
    for end in ["answer", "abort", "cancelled"] {
        (0..10).for_each(|_| by_hand(&breaker, &clock, 1, end));
    }
    (0..3).for_each(|_| by_hand(&breaker, &clock, 2, "success"));
    assert_eq!(breaker.state(), CircuitState::Closed);
    by_hand(&breaker, &clock, 2, "success");
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_slow_probe_is_a_bad_one() {
    for end in ["success", "failure", "answer", "cancelled"] {
        let clock = VirtualClock::new();
        let breaker = slow().clock(clock.clone()).build().unwrap();
        (0..4).for_each(|_| by_hand(&breaker, &clock, 2, "success"));
        clock.advance(30 * SECOND);
        by_hand(&breaker, &clock, 2, end);
        assert_eq!(breaker.state(), CircuitState::Open, "{end}");
        clock.advance(30 * SECOND);
        by_hand(&breaker, &clock, 1, "success");
        assert_eq!(breaker.state(), CircuitState::Closed, "{end}");
    }
}

#[test]
fn a_permit_that_is_lost_to_a_panic_was_not_slow() {
    let clock = VirtualClock::new();
    let breaker = slow().clock(clock.clone()).build().unwrap();
    for _ in 0..10 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _permit = breaker.try_acquire().unwrap();
            clock.advance(3 * SECOND);
            panic!("a bug");
        }));
        assert!(panicked.is_err());
    }
    assert_eq!(breaker.snapshot().slow_calls, Some(0));
}

#[test]
fn of_a_policy_each_attempt_counts_and_no_pause() {
    for observes in [false, true] {
        let builder = if observes {
            slow().observe_attempts()
        } else {
            slow()
        };
        let (policy, breaker, clock) = guarded(builder, 3);
        // The pauses take longer than what is slow.
        let paused = policy.context();
        let mut n = 0;
        let outcome = paused.execute(|| {
            n += 1;
            clock.advance(SECOND);
            if n < 3 { Err(Fail::Down) } else { Ok(()) }
        });
        assert!(outcome.is_ok());
        assert_eq!(breaker.snapshot().slow_calls, Some(0), "{observes}");
        let outcome = policy.execute(|| {
            clock.advance(2 * SECOND);
            Ok::<_, Fail>(())
        });
        assert!(outcome.is_ok());
        assert_eq!(breaker.snapshot().slow_calls, Some(1), "{observes}");
        let mut n = 0;
        let outcome = policy.execute(|| {
            n += 1;
            if n == 1 {
                clock.advance(2 * SECOND);
                return Err(Fail::NotFound);
            }
            Ok(())
        });
        assert!(!outcome.is_ok());
        assert_eq!(breaker.snapshot().slow_calls, Some(2), "{observes}");
    }
}

#[test]
fn a_slow_attempt_that_a_retry_hides_is_seen() {
    let (policy, breaker, clock) = guarded(slow(), 3);
    for _ in 0..4 {
        let mut n = 0;
        let _ = policy.execute(|| {
            n += 1;
            if n == 1 {
                clock.advance(5 * SECOND);
                return Err(Fail::Down);
            }
            Ok(())
        });
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_call_that_is_cancelled_counts_as_slow_only_within_a_slow_attempt() {
    for watched in [false, true] {
        for (seconds, expected) in [(1, 0), (2, 1)] {
            let (policy, breaker, clock) = guarded(slow().observe_attempts(), 3);
            let mut cx = Context::from_waker(Waker::noop());
            let mut context = policy.context();
            if watched {
                context = context.capture_timeline();
            }
            {
                let mut call = pin!(context.execute_async(|| pending::<Result<(), Fail>>()));
                assert!(call.as_mut().poll(&mut cx).is_pending());
                clock.advance(seconds * SECOND);
            }
            assert_eq!(
                breaker.snapshot().slow_calls,
                Some(expected),
                "{watched} {seconds}"
            );
        }
        // During a pause nothing is under way.
        let (policy, breaker, clock) = guarded(slow(), 3);
        let policy = policy.clone();
        let mut context = policy.context().sleeper(|_| pending::<()>());
        if watched {
            context = context.capture_timeline();
        }
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut call = pin!(context.execute_async(async || Err::<(), _>(Fail::Down)));
            assert!(call.as_mut().poll(&mut cx).is_pending());
            clock.advance(10 * SECOND);
        }
        assert_eq!(breaker.snapshot().slow_calls, Some(0), "{watched}");
    }
}

#[test]
fn time_is_kept_also_where_a_policy_has_no_limit_of_it() {
    let clock = VirtualClock::new();
    let breaker = slow().clock(clock.clone()).build().unwrap();
    let policy = Policy::builder()
        .no_deadline()
        .circuit_breaker(breaker.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    policy
        .call(|| {
            clock.advance(3 * SECOND);
            Ok::<_, std::io::Error>(())
        })
        .unwrap();
    assert_eq!(breaker.snapshot().slow_calls, Some(1));
}

#[test]
fn it_stays_open_at_least_as_long_as_a_failure_asked() {
    for (hint, open) in [(5, 30), (90, 90), (3600, 300)] {
        let clock = VirtualClock::new();
        let builder = CircuitBreaker::builder().clock(clock.clone());
        let breaker = builder.failure_threshold(1).build().unwrap();
        let later = Classification::new(ErrorClass::ServerError).retry_after(hint * SECOND);
        let policy = Policy::builder()
            .classifier(move |_: &Fail| later.clone())
            .circuit_breaker(breaker.clone())
            .max_attempts(1)
            .build()
            .unwrap();
        let _ = policy.call(|| Err::<(), _>(Fail::Down));
        let refused = breaker.try_acquire().unwrap_err();
        assert_eq!(refused.retry_after(), open * SECOND, "{hint}");
        breaker.reset();
        let permit = breaker.try_acquire().unwrap();
        permit.failure(ErrorClass::Transient);
        let refused = breaker.try_acquire().unwrap_err();
        assert_eq!(refused.retry_after(), 30 * SECOND, "forgotten");
    }
}

#[test]
fn a_late_hint_keeps_an_open_breaker_open() {
    let clock = VirtualClock::new();
    let builder = CircuitBreaker::builder().clock(clock.clone());
    let breaker = builder.failure_threshold(1).build().unwrap();
    let late = breaker.try_acquire().unwrap();
    let other_class = breaker.try_acquire().unwrap();
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    let hint = |class| Classification::new(class).retry_after(100 * SECOND);
    other_class.failure(hint(ErrorClass::RateLimit));
    let wait = || breaker.try_acquire().unwrap_err().retry_after();
    assert_eq!(wait(), 30 * SECOND, "a class that does not count");
    late.failure(hint(ErrorClass::ServerError));
    assert_eq!(wait(), 100 * SECOND);
}

#[test]
fn in_proportion_it_refuses_what_is_not_accepted_and_forgets() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .proportional(2.0)
        .clock(clock.clone())
        .build()
        .unwrap();
    // Half of the calls succeed, which is what k allows.
    for n in 0..1000 {
        let permit = breaker.try_acquire().expect("nothing is refused");
        if n % 2 == 0 {
            permit.success();
        } else {
            permit.failure(ErrorClass::Transient);
        }
    }
    clock.advance(60 * SECOND);
    // The other side has room for one request in four.
    let (mut sent, mut accepted, mut last) = (0, 0, 0);
    for n in 0..4000 {
        let Ok(permit) = breaker.try_acquire() else {
            continue;
        };
        sent += 1;
        if n >= last + 4 {
            (accepted, last) = (accepted + 1, n);
            permit.success();
        } else {
            permit.failure(ErrorClass::ServerError);
        }
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    let snapshot = breaker.snapshot();
    assert!(snapshot.refused_share > 0.1, "{snapshot:?}");
    let ratio = f64::from(sent) / f64::from(accepted);
    assert!(
        (1.8..2.3).contains(&ratio),
        "twice as many as it accepts: {ratio}"
    );
    clock.advance(60 * SECOND);
    assert!(breaker.try_acquire().is_ok(), "all of that is too old");
    assert!(breaker.snapshot().refused_share.abs() < f64::EPSILON);
}

#[test]
fn a_policy_stops_where_its_call_is_refused_in_proportion() {
    let (policy, breaker, _) = guarded(CircuitBreaker::builder().proportional(1.0), 1);
    let ends: Vec<_> = (0..20)
        .map(|_| down(&policy).stop_reason.unwrap())
        .collect();
    assert_eq!(ends[0], StopReason::MaxAttemptsGlobal);
    assert!(ends.contains(&StopReason::CircuitOpen), "{ends:?}");
    breaker.metrics_only();
    assert!((0..20).all(|_| down(&policy).stop_reason == Some(StopReason::MaxAttemptsGlobal)));
}

#[test]
fn what_cannot_work_is_named() {
    let error = CircuitBreaker::builder()
        .slow_call(0, 50.0)
        .proportional(0.5)
        .build()
        .unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(settings, ["slow_call", "slow_call.share", "proportional"]);
    assert!(error.to_string().contains("write 0.5 for 50%"), "{error}");
    let only_slow = CircuitBreaker::builder().trip_on([]).slow_call(1, 0.5);
    assert!(only_slow.build().is_ok());
}

#[test]
fn its_default_threshold_gives_way_to_a_mode_only() {
    let threshold = |builder: CircuitBreakerBuilder| {
        let policy = Policy::builder().circuit_breaker(builder.build().unwrap());
        let snapshot = policy.build().unwrap().snapshot();
        snapshot.breaker.unwrap().failure_threshold
    };
    let builder = CircuitBreaker::builder;
    assert_eq!(threshold(builder().slow_call(1, 0.5)), Some(5));
    assert_eq!(threshold(builder().proportional(2.0)), None);
}

//! Circuit breakers by themselves and through a policy.

mod building;
mod calls;
mod slow;
mod unclassified;

use std::time::Duration;

use redress::breaker::CircuitBreakerBuilder;
use redress::strategies::{exponential, fixed, instant};
use redress::testing::VirtualClock;
use redress::{
    CircuitBreaker, CircuitState, ErrorClass, EventName, Interrupt, Outcome, Policy, SleepDecision,
    StopReason,
};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum Fail {
    #[error("down")]
    Down,
    #[error("not found")]
    NotFound,
    #[error(transparent)]
    Interrupted(#[from] Interrupt),
}

fn classify(error: &Fail) -> ErrorClass {
    match error {
        Fail::Down => ErrorClass::ServerError,
        Fail::NotFound | Fail::Interrupted(_) => ErrorClass::Permanent,
    }
}

type Guarded = Policy<fn(&Fail) -> ErrorClass>;

/// Returns a policy and its breaker, both on the same clock.
fn guarded(
    builder: CircuitBreakerBuilder,
    attempts: u32,
) -> (Guarded, CircuitBreaker, VirtualClock) {
    let clock = VirtualClock::new();
    let breaker = builder.clock(clock.clone()).build().unwrap();
    let policy = Policy::builder()
        .classifier(classify as fn(&Fail) -> ErrorClass)
        .max_attempts(attempts)
        .strategy(fixed(1))
        .circuit_breaker(breaker.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    (policy, breaker, clock)
}

fn down(policy: &Guarded) -> Outcome<(), Fail> {
    policy.execute(|| Err(Fail::Down))
}

fn up(policy: &Guarded) -> Outcome<(), Fail> {
    policy.execute(|| Ok(()))
}

static BREAKER: CircuitBreaker = CircuitBreaker::new(); // 5 failures in 60 s, 30 s open

#[redress::retry(classifier = classify, circuit_breaker = BREAKER, max_attempts = 1)]
fn by_attribute() -> Result<(), Fail> {
    Err(Fail::Down)
}

#[test]
fn a_function_that_is_refused_says_when_to_ask_again() {
    for _ in 0..5 {
        assert!(matches!(by_attribute().unwrap_err(), Fail::Down));
    }
    match by_attribute().unwrap_err() {
        Fail::Interrupted(interrupt) => assert!(interrupt.retry_after().unwrap() > 29 * SECOND),
        other => panic!("{other}"),
    }
}

#[test]
fn the_defaults_are_5_failures_in_60_s_and_30_s_open() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .clock(clock.clone())
        .build()
        .unwrap();
    let fail = |class| breaker.try_acquire().unwrap().failure(class);
    fail(ErrorClass::Transient);
    clock.advance(60 * SECOND);
    for _ in 0..4 {
        fail(ErrorClass::ServerError);
    }
    for class in ErrorClass::ALL {
        if !matches!(class, ErrorClass::Transient | ErrorClass::ServerError) {
            (0..10).for_each(|_| fail(class));
        }
    }
    assert_eq!(breaker.state(), CircuitState::Closed, "one is too old");
    assert_eq!(breaker.snapshot().failures, 4);
    fail(ErrorClass::Transient);
    assert_eq!(breaker.state(), CircuitState::Open);
    let rejected = breaker.try_acquire().unwrap_err();
    assert_eq!(rejected.retry_after(), 30 * SECOND);
    clock.advance(30 * SECOND);
    assert_eq!(breaker.state(), CircuitState::Open, "not asked yet");
    assert_eq!(breaker.snapshot().retry_after, Some(Duration::ZERO));
    let probe = breaker.try_acquire().unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(
        breaker.try_acquire().unwrap_err().retry_after(),
        120 * SECOND,
        "one probe"
    );
    probe.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().failures, 0);
}

#[test]
fn a_failure_outside_trip_on_does_not_reopen_and_gives_the_slot_back() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 1);
    down(&policy);
    clock.advance(30 * SECOND);
    for _ in 0..3 {
        let outcome = policy.execute(|| Err::<(), _>(Fail::NotFound));
        assert_eq!(outcome.attempts, 1);
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
    up(&policy);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_late_success_does_not_close_and_a_late_failure_does_not_open() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 1);
    let (slow_success, slow_failure) = (
        breaker.try_acquire().unwrap(),
        breaker.try_acquire().unwrap(),
    );
    down(&policy);
    clock.advance(30 * SECOND);
    let probe = breaker.try_acquire().unwrap();
    slow_success.success();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probe.success();
    slow_failure.failure(ErrorClass::Transient);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().failures, 0);
}

#[test]
fn a_hung_probe_loses_its_slot_after_its_lease() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(1)
        .probe_lease(10);
    let (policy, breaker, clock) = guarded(builder, 1);
    down(&policy);
    clock.advance(30 * SECOND);
    let hung = breaker.try_acquire().unwrap();
    clock.advance(9 * SECOND);
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), SECOND);
    assert_eq!(breaker.snapshot().probes, 1);
    clock.advance(SECOND);
    let next = breaker.try_acquire().unwrap();
    hung.failure(ErrorClass::Transient);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    next.success();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_number_of_good_probes_closes_and_one_bad_one_opens() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(1)
        .half_open_probes(2)
        .success_threshold(3);
    let (policy, breaker, clock) = guarded(builder, 1);
    down(&policy);
    clock.advance(30 * SECOND);
    let (first, second) = (
        breaker.try_acquire().unwrap(),
        breaker.try_acquire().unwrap(),
    );
    assert!(breaker.try_acquire().is_err());
    first.success();
    second.success();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(down(&policy).retry_after.is_none());
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(30 * SECOND);
    (0..3).for_each(|_| assert!(up(&policy).is_ok()));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_class_with_a_threshold_of_its_own_counts_only_there() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(3)
        .class_threshold(ErrorClass::Auth, 2)
        .class_threshold(ErrorClass::Transient, 5);
    let breaker = builder.clock(VirtualClock::new()).build().unwrap();
    let fail = |class| breaker.try_acquire().unwrap().failure(class);
    for class in [ErrorClass::ServerError, ErrorClass::Transient] {
        fail(class);
        fail(class);
    }
    fail(ErrorClass::Auth);
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.failures, 2);
    let own = [(ErrorClass::Auth, 1), (ErrorClass::Transient, 2)];
    assert_eq!(snapshot.class_failures, own);
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(ErrorClass::Auth);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_rate_opens_at_its_share_of_the_minimum_of_calls() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_rate(0.5, 20)
        .window(10)
        .clock(clock.clone())
        .build()
        .unwrap();
    let call = |ok: bool| {
        let permit = breaker.try_acquire().unwrap();
        if ok {
            permit.success();
        } else {
            permit.failure(ErrorClass::Transient);
        }
    };
    (0..1000).for_each(|_| call(true));
    clock.advance(11 * SECOND);
    (0..10).for_each(|_| call(true));
    (0..9).for_each(|_| call(false));
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.successes, Some(10), "the others are too old");
    assert_eq!(
        (snapshot.failures, snapshot.failure_rate),
        (9, Some(9.0 / 19.0))
    );
    call(false);
    assert_eq!(breaker.state(), CircuitState::Open);

    breaker.reset();
    (0..19).for_each(|_| call(false));
    assert_eq!(breaker.state(), CircuitState::Closed, "too few calls");
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Permanent);
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.snapshot().failures, 19, "no verdicts");
    call(false);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn failures_in_a_row_open_without_a_window() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .consecutive_failures(3)
        .clock(clock.clone())
        .build()
        .unwrap();
    let fail = || {
        clock.advance(1000 * SECOND);
        breaker
            .try_acquire()
            .unwrap()
            .failure(ErrorClass::Transient);
    };
    fail();
    fail();
    breaker.try_acquire().unwrap().success();
    fail();
    fail();
    assert_eq!(breaker.snapshot().failures, 2);
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail();
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn it_reopens_later_and_later() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_strategy(exponential(5, 300));
    let (policy, breaker, clock) = guarded(builder, 1);
    let wait = || breaker.snapshot().retry_after.unwrap();
    for expected in [5, 10, 20, 40, 80, 160, 300, 300] {
        assert!(down(&policy).retry_after.is_none());
        assert_eq!(wait(), expected * SECOND);
        clock.advance(expected * SECOND);
    }
    assert!(up(&policy).is_ok());
    down(&policy);
    assert_eq!(wait(), 5 * SECOND, "closing starts again");
}

#[test]
fn a_recovery_strategy_may_ask_the_breaker_and_its_infinity_is_for_ever() {
    static BREAKER: std::sync::OnceLock<CircuitBreaker> = std::sync::OnceLock::new();
    let breaker = BREAKER.get_or_init(|| {
        CircuitBreaker::builder()
            .failure_threshold(1)
            .recovery_strategy(|ctx: &redress::BackoffContext<'_>| {
                let breaker = BREAKER.get().unwrap();
                assert_eq!(breaker.snapshot().state, CircuitState::Closed);
                assert_eq!(ctx.classification.class(), ErrorClass::Transient);
                f64::INFINITY
            })
            .build()
            .unwrap()
    });
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    assert_eq!(breaker.snapshot().next_probe_at, None);
    assert!(breaker.try_acquire().is_err());
}

#[test]
fn after_closing_a_ramp_admits_a_growing_share() {
    let builder = CircuitBreaker::builder().failure_threshold(1).ramp(100);
    let (policy, breaker, clock) = guarded(builder, 1);
    down(&policy);
    clock.advance(30 * SECOND);
    assert!(up(&policy).is_ok());
    assert_eq!(breaker.state(), CircuitState::Closed);
    let mut admitted = Vec::new();
    for _ in 0..4 {
        clock.advance(20 * SECOND);
        admitted.push((0..100).filter(|_| up(&policy).is_ok()).count());
    }
    for (admitted, expected) in admitted.iter().zip([20, 40, 60, 80_usize]) {
        assert!(admitted.abs_diff(expected) <= 1, "{admitted}");
    }
    let refused = std::iter::repeat_with(|| up(&policy)).find(|call| !call.is_ok());
    assert_eq!(refused.unwrap().retry_after, Some(20 * SECOND));
    clock.advance(20 * SECOND);
    assert!((0..100).all(|_| up(&policy).is_ok()));
}

#[test]
fn by_hand_it_stays_as_it_was_set() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 1);
    let late = breaker.try_acquire().unwrap();
    breaker.force_open();
    clock.advance(1000 * SECOND);
    let refused = up(&policy);
    assert_eq!(refused.stop_reason, Some(StopReason::CircuitOpen));
    assert_eq!(refused.retry_after, Some(30 * SECOND));
    let snapshot = breaker.snapshot();
    assert!(snapshot.forced);
    assert_eq!(
        (snapshot.state, snapshot.next_probe_at),
        (CircuitState::Open, None)
    );

    breaker.force_closed();
    late.failure(ErrorClass::Transient);
    (0..9).for_each(|_| assert_eq!(down(&policy).attempts, 1));
    assert_eq!(breaker.snapshot().failures, 0);

    breaker.metrics_only();
    (0..9).for_each(|_| assert_eq!(down(&policy).attempts, 1));
    let snapshot = breaker.snapshot();
    assert_eq!(
        (snapshot.state, snapshot.failures),
        (CircuitState::Closed, 1)
    );

    breaker.reset();
    down(&policy);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_breaker_built_for_metrics_stays_so_after_a_reset() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(3)
        .metrics_only();
    let (policy, breaker, _) = guarded(builder, 1);
    breaker.reset();
    (0..9).for_each(|_| assert_eq!(down(&policy).attempts, 1));
    assert_eq!(breaker.snapshot().failures, 3, "up to the threshold");
}

#[test]
fn a_clone_of_a_static_is_the_same_breaker() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new();
    let clone = BREAKER.clone();
    clone.force_open();
    assert_eq!(BREAKER.state(), CircuitState::Open);
}

#[test]
fn a_guarded_future_is_small() {
    async fn inner() -> Result<(), Fail> {
        let kept = [0_u8; 56];
        std::future::ready(()).await;
        std::hint::black_box(&kept);
        Ok(())
    }
    let policy = Policy::builder()
        .classifier(classify)
        .strategy(instant())
        .circuit_breaker(CircuitBreaker::new())
        .build()
        .unwrap();
    let guarded = policy.call_async(inner);
    let (size, own) = (size_of_val(&guarded), size_of_val(&inner()));
    println!("{size} bytes around {own}");
    assert!(size_of::<redress::breaker::Permit<'_>>() <= 24);
}

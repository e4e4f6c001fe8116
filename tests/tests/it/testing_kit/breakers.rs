use super::*;

fn ask(policy: &Policy) -> Option<StopReason> {
    policy.execute(|| Ok::<_, Error>(())).stop_reason
}

#[test]
fn a_breaker_is_in_the_state_that_was_asked_for() {
    for state in [
        CircuitState::Closed,
        CircuitState::Open,
        CircuitState::HalfOpen,
    ] {
        assert_eq!(breaker_in(state).state(), state);
    }
    let half_open = breaker_in(CircuitState::HalfOpen);
    let probe = half_open.try_acquire().unwrap();
    assert!(half_open.try_acquire().is_err(), "one probe at a time");
    probe.failure(ErrorClass::Transient);
    assert_eq!(half_open.state(), CircuitState::Open);
    assert!(half_open.try_acquire().is_err());
}

#[test]
fn a_script_answers_in_order_and_its_last_answer_repeats() {
    let breaker = CircuitBreaker::new();
    let policy = Policy::builder()
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    script_breaker(&breaker, [Admit, Admit, Reject(5.into())]).unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert!(breaker.snapshot().forced);
    assert_eq!(ask(&policy), None);
    assert_eq!(ask(&policy), None);
    for _ in 0..3 {
        assert_eq!(breaker.state(), CircuitState::Open);
        let refused = policy.call(|| Ok::<_, Error>(())).unwrap_err();
        assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
        assert_eq!(refused.retry_after(), Some(5 * SECOND));
    }
    assert_eq!(breaker.snapshot().retry_after, Some(5 * SECOND));
    breaker.reset();
    assert_eq!(ask(&policy), None);
    assert!(!breaker.snapshot().forced);
}

#[test]
fn failures_decide_nothing_while_a_script_does() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .build()
        .unwrap();
    script_breaker(&breaker, [Admit]).unwrap();
    for _ in 0..10 {
        breaker
            .try_acquire()
            .unwrap()
            .failure(ErrorClass::Transient);
    }
    let late = breaker.try_acquire().unwrap();
    breaker.reset();
    late.failure(ErrorClass::Transient);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().failures, 0);
}

#[test]
fn a_breaker_that_observes_attempts_can_refuse_the_second_attempt() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .observe_attempts()
        .clock(clock.clone());
    let breaker = breaker.build().unwrap();
    let policy = builder(&clock)
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    script_breaker(&breaker, [Admit, Reject(30.into())]).unwrap();
    let outcome = policy.execute(|| Err::<(), _>(down()));
    assert_eq!(outcome.attempts, 1);
    assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
    assert_eq!(outcome.retry_after, Some(30 * SECOND));
    assert!(outcome.last_error.is_some());
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let breaker = CircuitBreaker::new();
    let error = script_breaker(&breaker, []).unwrap_err();
    assert!(error.to_string().contains("script: is empty"), "{error}");
    let script = [Admit, Reject(f64::NAN.into()), Reject((-1).into())];
    let error = script_breaker(&breaker, script).unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(settings, ["script[1]", "script[2]"]);
    assert!(!breaker.snapshot().forced);
    script_breaker(&breaker, [Reject(Duration::MAX.into())]).unwrap();
    assert!(breaker.try_acquire().is_err());
    let _no_panic = breaker.snapshot();
}

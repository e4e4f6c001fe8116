//! Calls through a breaker: the attempts that it observes, and the times at which it is asked.

use super::*;

fn events(outcome: &Outcome<(), Fail>) -> Vec<(EventName, u32)> {
    let timeline = outcome.timeline.as_ref().unwrap();
    let events = timeline.events().iter();
    events.map(|event| (event.name, event.attempt)).collect()
}

#[test]
fn observing_attempts_stops_the_retries_of_a_call_when_it_opens() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(2)
        .observe_attempts();
    let (policy, breaker, clock) = guarded(builder, 5);
    let outcome = policy
        .context()
        .capture_timeline()
        .execute(|| Err(Fail::Down));
    assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
    assert_eq!(outcome.attempts, 2);
    assert!(matches!(outcome.last_error, Some(Fail::Down)));
    assert_eq!(outcome.last_class, Some(ErrorClass::ServerError));
    assert_eq!(outcome.retry_after, Some(30 * SECOND));
    assert_eq!(clock.sleeps(), [SECOND], "no sleep before a refusal");
    let expected = [
        (EventName::Retry, 1),
        (EventName::CircuitOpened, 0),
        (EventName::CircuitRejected, 0),
    ];
    assert_eq!(events(&outcome), expected);

    clock.advance(30 * SECOND);
    let mut attempts = 0;
    let outcome = policy.context().capture_timeline().execute(|| {
        attempts += 1;
        if attempts == 1 {
            Err(Fail::Down)
        } else {
            Ok(())
        }
    });
    assert_eq!(outcome.attempts, 1, "one bad probe");
    let expected = [
        (EventName::CircuitHalfOpen, 0),
        (EventName::CircuitOpened, 0),
        (EventName::CircuitRejected, 0),
    ];
    assert_eq!(events(&outcome), expected);
    clock.advance(30 * SECOND);
    assert!(up(&policy).is_ok());
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn observing_attempts_stops_the_retries_of_other_calls_before_their_next_attempt() {
    let builder = CircuitBreaker::builder()
        .failure_threshold(2)
        .observe_attempts();
    let (policy, breaker, _) = guarded(builder, 5);
    let other = breaker.clone();
    let outcome = policy
        .context()
        .before_sleep(|_, _| other.force_open())
        .execute(|| Err::<(), _>(Fail::Down));
    assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
    assert_eq!(outcome.attempts, 1);
    assert!(matches!(outcome.last_error, Some(Fail::Down)));
}

#[test]
fn observing_attempts_a_retry_whose_delay_outlasts_the_recovery_goes_as_a_probe() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(5)
        .observe_attempts()
        .clock(clock.clone())
        .build()
        .unwrap();
    let policy = Policy::builder()
        .classifier(classify)
        .strategy(fixed(5))
        .circuit_breaker(breaker.clone())
        .clock(clock)
        .build()
        .unwrap();
    let mut failed = false;
    let outcome = policy.context().capture_timeline().execute(|| {
        if std::mem::replace(&mut failed, true) {
            Ok(())
        } else {
            Err(Fail::Down)
        }
    });
    let expected = [
        (EventName::CircuitOpened, 0),
        (EventName::Retry, 1),
        (EventName::CircuitHalfOpen, 0),
        (EventName::Success, 2),
        (EventName::CircuitClosed, 0),
    ];
    assert_eq!(events(&outcome), expected);
}

#[test]
fn a_deferred_operation_counts_as_its_last_failure_and_an_aborted_one_as_none() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 5);
    for decision in [SleepDecision::Abort, SleepDecision::Defer] {
        let context = policy.context().sleep_handler(|_, _| decision);
        context.execute(|| Err::<(), _>(Fail::Down));
        let open = breaker.state() == CircuitState::Open;
        assert_eq!(open, decision == SleepDecision::Defer);
    }
    clock.advance(30 * SECOND);
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Abort);
    context.execute(|| Err::<(), _>(Fail::Down));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(breaker.try_acquire().is_ok());
}

#[test]
fn a_call_that_is_aborted_before_its_first_attempt_does_not_ask_the_breaker() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 1);
    down(&policy);
    clock.advance(30 * SECOND);
    let outcome = policy
        .context()
        .abort_if(|| true)
        .execute(|| Ok::<_, Fail>(()));
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_call_that_is_out_of_time_does_not_ask_for_another_attempt() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(1)
        .observe_attempts()
        .clock(clock.clone())
        .build()
        .unwrap();
    let policy = Policy::builder()
        .classifier(classify)
        .strategy(fixed(2))
        .deadline(3)
        .circuit_breaker(breaker.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    let outcome = policy
        .context()
        .before_sleep(|_, _| clock.advance(SECOND))
        .execute(|| Err::<(), _>(Fail::Down));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_probe_may_retry_by_default() {
    let (policy, breaker, clock) = guarded(CircuitBreaker::builder().failure_threshold(1), 3);
    down(&policy);
    clock.advance(30 * SECOND);
    let mut attempts = 0;
    let outcome = policy.execute(|| {
        attempts += 1;
        if attempts < 3 {
            Err(Fail::Down)
        } else {
            Ok(())
        }
    });
    assert_eq!(outcome.attempts, 3);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

//! A breaker does not count what nothing classifies, and says so once.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};

use redress::strategies::instant;
use redress::{
    CircuitBreaker, CircuitState, ErrorClass, Event, EventName, Policy, PolicyBuilder, StopReason,
};

#[derive(Debug, thiserror::Error)]
#[error("odd")]
struct Odd;

type Notes = Arc<Mutex<Vec<(Option<ErrorClass>, Option<&'static str>)>>>;

fn noting(builder: PolicyBuilder) -> (Policy, Notes) {
    let notes = Notes::default();
    let seen = Arc::clone(&notes);
    let observer = move |event: &Event<'_>| {
        if event.name() == EventName::Unclassified {
            seen.lock()
                .unwrap()
                .push((event.class(), event.error_type()));
        }
    };
    let policy = builder.strategy(instant()).on_event(observer);
    (policy.build().unwrap(), notes)
}

fn fail(policy: &Policy, calls: u32) -> Vec<Option<StopReason>> {
    let fail = |_| policy.execute(|| Err::<(), _>(Odd)).stop_reason;
    (0..calls).map(fail).collect()
}

#[test]
fn an_outage_that_nothing_classifies_is_named_once() {
    for builder in [
        Policy::builder().recommended(),
        Policy::builder().circuit_breaker(CircuitBreaker::new()),
    ] {
        let (policy, notes) = noting(builder);
        fail(&policy, 9);
        assert_eq!(notes.lock().unwrap().len(), 0);
        let stops = fail(&policy, 91);
        assert_eq!(stops, vec![Some(StopReason::MaxUnknownAttempts); 91]);
        let notes = notes.lock().unwrap();
        let odd = std::any::type_name::<Odd>();
        assert_eq!(*notes, [(Some(ErrorClass::Unknown), Some(odd))]);
    }
}

#[test]
fn clones_and_policies_with_one_breaker_say_it_once_together() {
    let breaker = CircuitBreaker::new();
    let (one, notes) = noting(Policy::builder().circuit_breaker(breaker.clone()));
    let (other, others) = noting(Policy::builder().circuit_breaker(breaker));
    fail(&one, 7);
    fail(&other, 7);
    fail(&one.clone(), 7);
    assert_eq!(
        notes.lock().unwrap().len() + others.lock().unwrap().len(),
        1
    );
}

#[test]
fn a_breaker_that_counts_unknown_opens_and_has_nothing_to_say() {
    let classes = [ErrorClass::Transient, ErrorClass::Unknown];
    let breaker = CircuitBreaker::builder().trip_on(classes).build().unwrap();
    let (policy, notes) = noting(Policy::builder().circuit_breaker(breaker.clone()));
    fail(&policy, 100);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert!(notes.lock().unwrap().is_empty());
}

#[test]
fn failures_that_are_classified_are_no_reason_to_speak() {
    let (policy, notes) = noting(Policy::builder().circuit_breaker(CircuitBreaker::new()));
    for _ in 0..100 {
        policy.execute(|| Err::<(), _>(Error::from(ErrorKind::NotFound)));
    }
    assert!(notes.lock().unwrap().is_empty());
}

//! What a client of Sentry captures and shows of calls.

use std::io::{Error, ErrorKind};

use redress::contrib::sentry_0_48::{
    breadcrumbs, capture_opening, captures, default_level, is_captured,
};
use redress::testing::VirtualClock;
use redress::{
    CircuitBreaker, Classification, ErrorClass, Observer, Policy, PolicyBuilder, strategies,
};
use sentry_core::protocol::Event;
use sentry_core::test::with_captured_events;
use sentry_core::{Level, capture_message};

type Classify = fn(&Error) -> Classification;

fn classify(error: &Error) -> Classification {
    match error.kind() {
        ErrorKind::NotFound => ErrorClass::Permanent.into(),
        _ => Classification::new(ErrorClass::RateLimit).detail("http_status", "429"),
    }
}

fn with(observer: impl Observer + 'static) -> PolicyBuilder<Classify> {
    let classify: Classify = classify;
    Policy::builder()
        .classifier(classify)
        .strategy(strategies::fixed(1))
        .clock(VirtualClock::new())
        .max_attempts(2)
        .operation("load_order")
        .on_event(observer)
}

fn busy() -> Error {
    ErrorKind::WouldBlock.into()
}

fn crumbs(event: &Event<'_>) -> Vec<(String, Level)> {
    let crumbs = event.breadcrumbs.iter();
    crumbs
        .map(|crumb| (crumb.message.clone().unwrap(), crumb.level))
        .collect()
}

/// The Python package's fault 8: each success is a breadcrumb, and a busy second evicts what matters.
#[test]
fn python_fault_8_successes_evict_no_breadcrumb() {
    let events = with_captured_events(|| {
        let policy = with(breadcrumbs()).build().unwrap();
        let mut failures = 1;
        let once = || match std::mem::take(&mut failures) {
            0 => Ok(()),
            _ => Err(busy()),
        };
        policy.call(once).unwrap();
        for _ in 0..200 {
            policy.call(|| Ok::<_, Error>(())).unwrap();
        }
        capture_message("of the program", Level::Error);
    });
    let expected = [
        ("retry".to_owned(), Level::Warning),
        ("success".to_owned(), Level::Info),
    ];
    assert_eq!(crumbs(&events[0]), expected);
    let crumb = &events[0].breadcrumbs[0];
    assert_eq!(crumb.category.as_deref(), Some("redress"));
    assert_eq!(crumb.data["redress.operation"], "load_order");
    assert_eq!(crumb.data["error.type"], "RATE_LIMIT");
    assert_eq!(crumb.data["redress.attempt"], 1);
    assert_eq!(crumb.data["redress.delay"], 1.0);
    assert_eq!(crumb.data["redress.details"], "http_status=429");
}

/// The same: an issue for each id that does not exist.
#[test]
fn python_fault_8_what_is_not_found_is_no_issue() {
    let events = with_captured_events(|| {
        let policy = with((breadcrumbs(), captures())).build().unwrap();
        let missing = || Err::<(), _>(Error::from(ErrorKind::NotFound));
        policy.call(missing).unwrap_err();
    });
    assert!(events.is_empty(), "{events:?}");
}

/// The same: all operations are one issue, without tags.
#[test]
fn python_fault_8_each_operation_and_class_is_an_issue_of_its_own() {
    let events = with_captured_events(|| {
        let policy = with((breadcrumbs(), captures())).build().unwrap();
        policy.call(|| Err::<(), _>(busy())).unwrap_err();
        let other = policy
            .context()
            .operation("save_order")
            .call(|| Err::<(), _>(busy()));
        other.unwrap_err();
    });
    let [load, save] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(*load.fingerprint, ["redress", "load_order", "RATE_LIMIT"]);
    assert_eq!(*save.fingerprint, ["redress", "save_order", "RATE_LIMIT"]);
    let message = "load_order: max_attempts_exceeded (RATE_LIMIT)";
    assert_eq!(
        (load.level, load.message.as_deref()),
        (Level::Error, Some(message))
    );
    let tags: Vec<_> = load
        .tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let expected = [
        ("redress.class", "RATE_LIMIT"),
        ("redress.operation", "load_order"),
        ("redress.result", "max_attempts_exceeded"),
        ("redress.stop_reason", "MAX_ATTEMPTS_GLOBAL"),
    ];
    assert_eq!(tags, expected);
    assert_eq!(load.extra["redress.attempts"], 2);
    assert_eq!(load.extra["redress.cause"], "error");
    // The breadcrumb of the stop is there before the event is.
    let last = crumbs(load).pop().unwrap();
    assert_eq!(last, ("max_attempts_exceeded".to_owned(), Level::Error));
}

/// The same: a breaker that opens is never captured.
#[test]
fn python_fault_8_a_breaker_that_opens_is_captured_once_by_choice() {
    let events = with_captured_events(|| {
        let clock = VirtualClock::new();
        let breaker = CircuitBreaker::builder()
            .name("orders-db")
            .failure_threshold(1)
            .recovery_timeout(5)
            .trip_on([ErrorClass::RateLimit])
            .clock(clock.clone())
            .on_change(capture_opening)
            .build()
            .unwrap();
        let policy = with(breadcrumbs()).clock(clock.clone()).max_attempts(1);
        let policy = policy.circuit_breaker(breaker).build().unwrap();
        // It opens, refuses, lets a probe in that fails, and opens again.
        for _ in 0..3 {
            policy.call(|| Err::<(), _>(busy())).unwrap_err();
            policy.call(|| Err::<(), _>(busy())).unwrap_err();
            clock.advance(std::time::Duration::from_secs(6));
        }
        capture_message("of the program", Level::Error);
    });
    let [opened, program] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        *opened.fingerprint,
        ["redress", "circuit_opened", "orders-db"]
    );
    assert_eq!(
        opened.message.as_deref(),
        Some("circuit breaker orders-db: closed -> open")
    );
    assert_eq!(opened.tags["redress.breaker"], "orders-db");
    let rejected = crumbs(program)
        .into_iter()
        .filter(|(name, _)| name == "circuit_rejected");
    assert_eq!(rejected.count(), 0);
    let opened = crumbs(program)
        .into_iter()
        .filter(|(name, _)| name == "circuit_opened");
    assert!(opened.map(|(_, level)| level).eq([Level::Error; 3]));
}

#[test]
fn what_is_left_and_what_is_captured_is_the_users_choice() {
    let events = with_captured_events(|| {
        let quiet = breadcrumbs().levels(|line| match line.name() {
            "retry" => None,
            _ => default_level(line),
        });
        let captures = captures()
            .when(|call| call.class() == Some(ErrorClass::Permanent) || is_captured(call));
        let policy = with((quiet, captures)).build().unwrap();
        policy.call(|| Err::<(), _>(busy())).unwrap_err();
        policy
            .call(|| Err::<(), _>(Error::from(ErrorKind::NotFound)))
            .unwrap_err();
    });
    assert_eq!(
        crumbs(&events[0]),
        [("max_attempts_exceeded".to_owned(), Level::Error)]
    );
    assert_eq!(
        *events[1].fingerprint,
        ["redress", "load_order", "PERMANENT"]
    );
}

//! Findings about the circuit breaker.

use std::time::Duration;

use redress::inspect::Level;
use redress::strategies::{equal_jitter, fixed};
use redress::{CircuitBreaker, CircuitState, ErrorClass};

use super::{assert_clean, assert_finds, codes, with_breaker};

#[test]
fn a_breaker_that_never_opens_is_named() {
    let breaker = CircuitBreaker::builder;
    let counts = with_breaker(breaker().metrics_only());
    let finding = assert_finds(counts, "breaker-never-opens", "breaker.metrics_only");
    assert_eq!(finding.level(), Level::Warning);
    let instant = with_breaker(
        breaker()
            .window(Duration::from_micros(1))
            .observe_attempts(),
    );
    let finding = assert_finds(instant, "breaker-never-opens", "breaker.failure_threshold");
    assert_eq!(finding.level(), Level::Error);
    let rate = breaker()
        .failure_rate(0.5, u32::MAX)
        .window(60)
        .observe_attempts();
    assert_finds(
        with_breaker(rate),
        "breaker-never-opens",
        "breaker.failure_rate",
    );
    assert_clean(with_breaker(breaker()));
}

#[test]
fn a_breaker_that_opens_on_what_is_not_the_dependencys_fault_is_named() {
    let breaker = CircuitBreaker::builder;
    for class in ErrorClass::ALL {
        let trips = breaker().trip_on([ErrorClass::Transient, class]);
        let own = breaker().class_threshold(class, 3);
        assert_clean(with_breaker(own));
        if matches!(class, ErrorClass::Transient | ErrorClass::ServerError) {
            assert_clean(with_breaker(trips));
        } else {
            let finding = assert_finds(
                with_breaker(trips),
                "breaker-trips-on-caller",
                "breaker.trip_on",
            );
            assert!(finding.reason().contains(class.as_str()), "{finding}");
        }
    }
}

#[test]
fn a_rule_of_the_breaker_that_counts_nothing_is_named() {
    let breaker = || {
        CircuitBreaker::builder()
            .trip_on([])
            .class_threshold(ErrorClass::Auth, 2)
    };
    let rate = with_breaker(breaker().failure_rate(0.5, 20));
    assert_finds(rate, "breaker-rule-unused", "breaker.failure_rate");
    let row = with_breaker(breaker().consecutive_failures(5));
    assert_finds(row, "breaker-rule-unused", "breaker.consecutive_failures");
    let count = with_breaker(breaker().failure_threshold(9));
    assert_finds(count, "breaker-rule-unused", "breaker.failure_threshold");
    assert_clean(with_breaker(breaker()));
}

#[test]
fn a_breaker_that_one_caller_alone_never_opens_is_named() {
    let slow = || with_breaker(CircuitBreaker::builder()).strategy(equal_jitter(16).base(16));
    let finding = assert_finds(
        slow().max_attempts(3),
        "breaker-opens-late",
        "breaker.failure_threshold",
    );
    assert!(
        finding
            .message()
            .contains("5 failures lie 64s apart at least, the window is 60s"),
        "{finding}"
    );
    assert!(finding.reason().contains("2 or more callers"), "{finding}");
    assert_clean(slow().max_attempts(2));
    let attempts = with_breaker(CircuitBreaker::builder().observe_attempts());
    assert_clean(attempts.strategy(equal_jitter(16).base(16)).max_attempts(3));
    // A class that is not retried fails at once; a class with another strategy has its own
    // schedule.
    let auth = CircuitBreaker::builder().trip_on([ErrorClass::Transient, ErrorClass::Auth]);
    let auth = with_breaker(auth)
        .strategy(equal_jitter(16).base(16))
        .max_attempts(3);
    assert_eq!(
        codes(auth),
        [("breaker-trips-on-caller", "breaker.trip_on".to_owned())]
    );
    let server = CircuitBreaker::builder().trip_on([ErrorClass::ServerError]);
    let server = with_breaker(server)
        .strategy(equal_jitter(16).base(16))
        .max_attempts(3);
    assert_finds(server, "breaker-opens-late", "breaker.failure_threshold");
}

#[test]
fn a_rate_that_one_success_keeps_out_of_reach_is_named() {
    let rate = |rate, minimum| CircuitBreaker::builder().failure_rate(rate, minimum);
    let found = |breaker| {
        assert_finds(
            with_breaker(breaker),
            "breaker-rate-too-high",
            "breaker.failure_rate",
        )
    };
    for minimum in [1, 20, 50_000] {
        let finding = found(rate(1.0, minimum).window(30));
        assert_eq!(finding.level(), Level::Warning);
        assert_eq!(
            finding.message(),
            "one success within 30s keeps the breaker closed, however many calls fail"
        );
    }
    for (share, minimum, failures) in [
        (0.95, 10, 19),
        (0.9, 5, 9),
        (0.99, 20, 99),
        (0.96, 24, 24),
        (0.999, 999, 999),
    ] {
        let finding = found(rate(share, minimum));
        let expected = format!("it takes {failures} failures to open");
        assert!(finding.message().contains(&expected), "{finding}");
        // It takes so many, as the fix says, and with so many calls it is clean.
        let breaker = rate(share, minimum).build().unwrap();
        breaker.try_acquire().unwrap().success();
        for _ in 0..failures {
            assert_eq!(breaker.state(), CircuitState::Closed, "{share} {minimum}");
            let permit = breaker.try_acquire().unwrap();
            permit.failure(ErrorClass::Transient);
        }
        assert_eq!(breaker.state(), CircuitState::Open, "{share} {minimum}");
        assert_clean(with_breaker(rate(share, failures + 1)));
    }
    for (share, minimum) in [(0.9, 10), (0.95, 20), (0.5, 1), (0.8, 2), (0.5, 20)] {
        assert_clean(with_breaker(rate(share, minimum)));
    }
    // Another rule opens it.
    assert_clean(with_breaker(rate(1.0, 20).consecutive_failures(5)));
    assert_clean(with_breaker(rate(1.0, 20).failure_threshold(5)));
    found(rate(1.0, 20).class_threshold(ErrorClass::Auth, 2));
}

#[test]
fn a_breaker_that_stays_open_for_long_is_named() {
    let recovery = |strategy| CircuitBreaker::builder().recovery_strategy(strategy);
    let for_ever = with_breaker(recovery(fixed(Duration::MAX)));
    let finding = assert_finds(for_ever, "breaker-stays-open", "breaker.recovery");
    assert!(finding.message().ends_with("refuses every call for ever"));
    let hour = with_breaker(recovery(fixed(3600)));
    let finding = assert_finds(hour, "breaker-stays-open", "breaker.recovery");
    assert!(finding.message().ends_with("refuses every call for 3600s"));
    assert_clean(with_breaker(
        CircuitBreaker::builder().recovery_timeout(600),
    ));
}

#[test]
fn a_probe_that_loses_its_slot_before_it_is_over_is_named() {
    let slow = with_breaker(CircuitBreaker::builder()).deadline(121);
    assert_finds(slow, "breaker-short-lease", "breaker.probe_lease");
    assert_clean(with_breaker(CircuitBreaker::builder()).deadline(120));
    let attempts = CircuitBreaker::builder().observe_attempts().probe_lease(5);
    assert_clean(with_breaker(attempts).attempt_timeout(5).deadline(600));
}

#[test]
fn a_slow_call_that_is_cut_off_before_it_is_slow_is_named() {
    let slow = |seconds| with_breaker(CircuitBreaker::builder().slow_call(seconds, 0.5));
    assert_finds(slow(61), "breaker-never-slow", "breaker.slow_call");
    assert_finds(
        slow(3).attempt_timeout(2),
        "breaker-never-slow",
        "breaker.slow_call",
    );
    assert_clean(slow(2).attempt_timeout(5));
}

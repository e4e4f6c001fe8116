//! The settings that a builder accepts.

use super::*;

#[test]
fn every_mistake_is_named_at_once() {
    let error = CircuitBreaker::builder()
        .failure_threshold(0)
        .class_threshold(ErrorClass::Auth, 1_000_000)
        .failure_rate(50.0, 0)
        .consecutive_failures(0)
        .window(f64::NAN)
        .recovery_timeout(0)
        .recovery_strategy(exponential(5, 1))
        .half_open_probes(2000)
        .probe_lease(-1)
        .success_threshold(0)
        .ramp(f64::INFINITY)
        .build()
        .unwrap_err();
    let settings: Vec<_> = error
        .problems()
        .iter()
        .map(redress::strategies::Problem::setting)
        .collect();
    let expected = [
        "failure_threshold",
        "class_threshold(AUTH)",
        "failure_rate",
        "failure_rate.minimum_calls",
        "consecutive_failures",
        "window",
        "recovery_timeout",
        "recovery_timeout",
        "recovery_strategy.base",
        "half_open_probes",
        "probe_lease",
        "success_threshold",
        "ramp",
    ];
    assert_eq!(settings, expected);
    assert!(error.to_string().contains("write 0.5 for 50%"), "{error}");
    for rate in [0.0, -0.5, f64::NAN] {
        assert!(
            CircuitBreaker::builder()
                .failure_rate(rate, 1)
                .build()
                .is_err()
        );
    }
    assert!(CircuitBreaker::builder().trip_on([]).build().is_err());
    let by_class = CircuitBreaker::builder()
        .trip_on([])
        .class_threshold(ErrorClass::Auth, 1);
    assert!(by_class.build().is_ok());
}

#[test]
fn no_time_is_too_long() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(2)
        .failure_rate(0.5, 1000)
        .window(Duration::MAX)
        .recovery_timeout(Duration::MAX)
        .probe_lease(Duration::MAX)
        .ramp(Duration::MAX)
        .clock(clock.clone())
        .build()
        .unwrap();
    for _ in 0..2 {
        clock.advance(Duration::from_secs(1 << 40));
        breaker
            .try_acquire()
            .unwrap()
            .failure(ErrorClass::Transient);
    }
    assert!(breaker.try_acquire().unwrap_err().retry_after() > Duration::from_secs(1 << 30));
    assert_eq!(breaker.snapshot().state, CircuitState::Open);
}

#[test]
fn a_name_is_in_everything_that_shows_the_breaker() {
    let breaker = CircuitBreaker::builder().name("payments").build().unwrap();
    assert_eq!(breaker.name(), Some("payments"));
    assert_eq!(breaker.clone().name(), Some("payments"));
    assert_eq!(breaker.snapshot().name.as_deref(), Some("payments"));
    assert!(format!("{breaker:?}").contains("payments"));
    let policy = Policy::builder().circuit_breaker(breaker);
    let snapshot = policy.build().unwrap().snapshot().to_string();
    let row = |line: &str| line.starts_with("breaker.name") && line.ends_with("  payments");
    assert!(snapshot.lines().any(row), "{snapshot}");

    let unnamed = CircuitBreaker::new();
    assert_eq!((unnamed.name(), unnamed.snapshot().name), (None, None));
}

#[test]
fn a_setting_that_is_given_twice_has_the_last_value() {
    let breaker = CircuitBreaker::builder().window(f64::NAN).window(5);
    let breaker = breaker.trip_on([]).trip_on([ErrorClass::Permanent]);
    let policy = Policy::builder().circuit_breaker(breaker.build().unwrap());
    let settings = policy.build().unwrap().snapshot().breaker.unwrap();
    assert_eq!(settings.window, Duration::from_secs(5));
    assert_eq!(settings.trip_on, [ErrorClass::Permanent]);
    let default = redress::inspect::BreakerSettings::default();
    let breaker = CircuitBreaker::builder().build().unwrap();
    let policy = Policy::builder().circuit_breaker(breaker);
    let settings = policy.build().unwrap().snapshot().breaker.unwrap();
    assert_eq!(settings, default);
}

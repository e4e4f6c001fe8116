use std::time::Duration;

use prometheus::{Registry, TextEncoder};
use redress::contrib::prometheus_0_14::Metrics;
use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::{Budget, CircuitBreaker, ErrorClass, Policy};

use crate::calls::{COUNTERS, ONE_OF_EACH, many_names, one_of_each, policy};
use crate::series::Series;

fn scrape(registry: &Registry) -> Series {
    let text = TextEncoder::new()
        .encode_to_string(&registry.gather())
        .unwrap();
    Series::parse(&text)
}

fn registered() -> (Registry, Metrics) {
    let registry = Registry::new();
    let metrics = Metrics::register(&registry).unwrap();
    (registry, metrics)
}

#[test]
fn each_way_to_end_is_counted_once() {
    let (registry, metrics) = registered();
    one_of_each("op", metrics);
    scrape(&registry).assert_only(COUNTERS, ONE_OF_EACH);
}

/// Python's fault 1: both examples of its documentation record nothing, ever, because `labels()` wants
/// exactly the names that were declared, and the tags differ by event.
#[test]
fn python_fault_1_every_event_has_the_same_labels() {
    let (registry, metrics) = registered();
    one_of_each("op", metrics);
    let series = scrape(&registry);
    let calls = series.label_names("redress_calls_total");
    assert_eq!(calls.len(), 5);
    assert!(
        calls
            .iter()
            .all(|names| *names == ["class", "operation", "result"]),
        "{calls:?}"
    );
    let retries = series.label_names("redress_retries_total");
    assert_eq!(retries.len(), 2);
    assert!(
        retries
            .iter()
            .all(|names| *names == ["cause", "class", "operation"]),
        "{retries:?}"
    );
}

/// Python's fault 2: the duration leaves the first attempt out, because it starts at the first event.
#[test]
fn python_fault_2_a_success_of_50_ms_lasts_50_ms() {
    let (registry, metrics) = registered();
    let clock = VirtualClock::new();
    let policy = policy("op")
        .clock(clock.clone())
        .on_event(metrics.durations())
        .build()
        .unwrap();
    let takes_50_ms = || {
        clock.advance(Duration::from_millis(50));
        Ok::<_, ErrorClass>(())
    };
    policy.call(takes_50_ms).unwrap();
    let series = scrape(&registry);
    for metric in [
        "redress_call_duration_seconds",
        "redress_attempt_duration_seconds",
    ] {
        let of = |what| {
            series.get(&format!(
                r#"{metric}_{what}{{operation="op",result="success"}}"#
            ))
        };
        assert_eq!(
            (of("count"), of("sum")),
            (Some(1.0), Some(0.05)),
            "{metric}"
        );
        let bucket = |le| {
            series.get(&format!(
                r#"{metric}_bucket{{operation="op",result="success",le="{le}"}}"#
            ))
        };
        assert_eq!(
            (bucket("0.025"), bucket("0.05")),
            (Some(0.0), Some(1.0)),
            "{metric}"
        );
    }
}

/// Python's fault 4: a call inside of a call shares its state.
#[test]
fn python_fault_4_a_call_inside_of_a_call_has_metrics_of_its_own() {
    let (registry, metrics) = registered();
    let clock = VirtualClock::new();
    let build = |operation| {
        let metrics = metrics.clone().durations();
        policy(operation)
            .clock(clock.clone())
            .on_event(metrics)
            .build()
            .unwrap()
    };
    let (outer, inner) = (build("outer"), build("inner"));
    outer
        .call(|| {
            clock.advance(Duration::from_millis(30));
            inner
                .call(|| {
                    clock.advance(Duration::from_millis(20));
                    Ok::<_, ErrorClass>(())
                })
                .map_err(|_| ErrorClass::Unknown)
        })
        .unwrap();
    scrape(&registry).assert_only(
        &[
            "redress_call_duration_seconds_sum",
            "redress_call_duration_seconds_count",
        ],
        &[
            (
                r#"redress_call_duration_seconds_sum{operation="inner",result="success"}"#,
                0.02,
            ),
            (
                r#"redress_call_duration_seconds_sum{operation="outer",result="success"}"#,
                0.05,
            ),
            (
                r#"redress_call_duration_seconds_count{operation="inner",result="success"}"#,
                1.0,
            ),
            (
                r#"redress_call_duration_seconds_count{operation="outer",result="success"}"#,
                1.0,
            ),
        ],
    );
}

/// Python's fault 7: the attempt and the pause are labels, which is 151 series from 50 failing calls.
#[test]
fn python_fault_7_more_calls_make_no_more_series() {
    let (registry, metrics) = registered();
    one_of_each("op", metrics.clone().durations());
    let before = scrape(&registry).count_of_calls();
    for pause in 1..50 {
        let pause = Duration::from_millis(pause);
        let policy = policy("op")
            .strategy(fixed(pause))
            .max_attempts(10)
            .on_event(metrics.clone());
        policy
            .build()
            .unwrap()
            .call(|| Err::<(), _>(ErrorClass::Transient))
            .unwrap_err();
    }
    assert_eq!(scrape(&registry).count_of_calls(), before);
}

#[test]
fn the_first_call_makes_the_series_of_successes_at_zero() {
    let (registry, metrics) = registered();
    let policy = policy("op").on_event(metrics).build().unwrap();
    policy
        .call(|| Err::<(), _>(ErrorClass::Permanent))
        .unwrap_err();
    scrape(&registry).assert_only(
        &["redress_calls_total"],
        &[
            (
                r#"redress_calls_total{operation="op",result="success",class=""}"#,
                0.0,
            ),
            (
                r#"redress_calls_total{operation="op",result="success_after_retry",class=""}"#,
                0.0,
            ),
            (
                r#"redress_calls_total{operation="op",result="permanent_fail",class="PERMANENT"}"#,
                1.0,
            ),
        ],
    );
}

#[test]
fn a_name_for_each_call_is_other_beyond_200_names() {
    let (registry, metrics) = registered();
    many_names(1000, metrics.in_flight());
    let series = scrape(&registry);
    let success = |operation: &str| {
        let series =
            format!(r#"redress_calls_total{{operation="{operation}",result="success",class=""}}"#);
        scrape(&registry).get(&series)
    };
    assert_eq!(success("load user 199"), Some(1.0));
    assert_eq!(success("load user 200"), None);
    assert_eq!(success("other"), Some(800.0));
    assert_eq!(series.count_of_calls(), 3 * 201);
}

#[test]
fn calls_in_flight_are_those_that_have_not_ended() {
    let (registry, metrics) = registered();
    let in_flight = || scrape(&registry).get(r#"redress_calls_in_flight{operation="op"}"#);
    let policy = policy("op").on_event(metrics.in_flight()).build().unwrap();
    policy
        .call(|| {
            assert_eq!(in_flight(), Some(1.0));
            Ok::<_, ErrorClass>(())
        })
        .unwrap();
    assert_eq!(in_flight(), Some(0.0));
    let panics = std::panic::AssertUnwindSafe(|| {
        policy.call(|| -> Result<(), ErrorClass> { panic!("on purpose") })
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(in_flight(), Some(0.0));
    let ended = r#"redress_calls_total{operation="op",result="panicked",class=""}"#;
    assert_eq!(scrape(&registry).get(ended), Some(1.0));
}

#[test]
fn the_attempts_of_a_call_are_timed_by_how_they_ended() {
    let (registry, metrics) = registered();
    one_of_each("op", metrics.durations());
    scrape(&registry).assert_only(
        &[
            "redress_attempt_duration_seconds_count",
            "redress_call_duration_seconds_count",
        ],
        &[
            (
                r#"redress_attempt_duration_seconds_count{operation="op",result="success"}"#,
                2.0,
            ),
            (
                r#"redress_attempt_duration_seconds_count{operation="op",result="failure"}"#,
                6.0,
            ),
            (
                r#"redress_call_duration_seconds_count{operation="op",result="success"}"#,
                2.0,
            ),
            (
                r#"redress_call_duration_seconds_count{operation="op",result="failure"}"#,
                3.0,
            ),
        ],
    );
}

#[test]
fn what_has_a_name_is_read_at_each_scrape_and_gone_when_it_is_dropped() {
    let (registry, _metrics) = registered();
    let breaker = CircuitBreaker::builder()
        .name("read at scrape")
        .build()
        .unwrap();
    let unnamed = CircuitBreaker::new();
    let budget = Budget::rolling(7, Duration::from_secs(1)).named("read at scrape");
    let state = |state: &str| {
        let series =
            format!(r#"redress_circuit_state{{breaker="read at scrape",state="{state}"}}"#);
        scrape(&registry).get(&series)
    };
    let states = || ["closed", "half_open", "open"].map(state);
    let left = || scrape(&registry).get(r#"redress_budget_remaining{budget="read at scrape"}"#);
    assert_eq!(states(), [Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(left(), Some(7.0));
    breaker.force_open();
    unnamed.force_open();
    budget.try_spend(ErrorClass::Transient).unwrap().keep();
    assert_eq!(states(), [Some(0.0), Some(0.0), Some(1.0)]);
    assert_eq!(left(), Some(6.0));
    // A second one of the name, which no scrape may show twice: the worst and the least count.
    let second = CircuitBreaker::builder()
        .name("read at scrape")
        .build()
        .unwrap();
    let fuller = Budget::rolling(9, Duration::from_secs(1)).named("read at scrape");
    assert_eq!(states(), [Some(0.0), Some(0.0), Some(1.0)]);
    assert_eq!(left(), Some(6.0));
    drop((breaker, second, budget, fuller));
    assert_eq!((states(), left()), ([None; 3], None));
}

#[test]
fn the_changes_of_a_breaker_are_counted_by_their_state() {
    let (registry, metrics) = registered();
    let breaker = CircuitBreaker::builder()
        .name("counted changes")
        .on_change(move |change| redress::Observer::on_circuit_change(&metrics, change))
        .build()
        .unwrap();
    let changes = |to: &str| {
        let series =
            format!(r#"redress_circuit_transitions_total{{breaker="counted changes",to="{to}"}}"#);
        scrape(&registry).get(&series)
    };
    // At zero before the first of them.
    assert_eq!(["closed", "half_open", "open"].map(changes), [Some(0.0); 3]);
    breaker.force_open();
    breaker.reset();
    breaker.force_open();
    assert_eq!(
        ["closed", "half_open", "open"].map(changes),
        [Some(1.0), Some(0.0), Some(2.0)]
    );
}

#[test]
fn a_call_without_a_name_has_an_empty_label() {
    let (registry, metrics) = registered();
    let policy = Policy::builder().on_event(metrics).build().unwrap();
    policy.call(|| Ok::<_, std::io::Error>(())).unwrap();
    let series = r#"redress_calls_total{operation="",result="success",class=""}"#;
    assert_eq!(scrape(&registry).get(series), Some(1.0));
}

#[test]
fn two_registries_have_metrics_of_their_own_and_one_has_them_once() {
    let (first, metrics) = registered();
    let (second, others) = registered();
    assert!(Metrics::register(&first).is_err());
    one_of_each("op", metrics);
    one_of_each("op", others.durations());
    scrape(&first).assert_only(COUNTERS, ONE_OF_EACH);
    scrape(&second).assert_only(COUNTERS, ONE_OF_EACH);
}

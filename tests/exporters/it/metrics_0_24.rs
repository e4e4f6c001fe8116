use std::time::Duration;

use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use redress::contrib::metrics_0_24::{BUCKETS, Metrics};
use redress::strategies::instant;
use redress::testing::VirtualClock;
use redress::{Budget, CircuitBreaker, ErrorClass};

use crate::calls::{COUNTERS, ONE_OF_EACH, many_names, one_of_each, policy};
use crate::series::Series;

fn recorder() -> PrometheusRecorder {
    let mut builder = PrometheusBuilder::new();
    for (histogram, buckets) in BUCKETS {
        let metric = Matcher::Full(histogram.to_owned());
        builder = builder.set_buckets_for_metric(metric, buckets).unwrap();
    }
    builder.build_recorder()
}

/// Runs calls whose metrics a recorder of their own takes.
fn scraped(run: impl FnOnce(Metrics)) -> Series {
    scraped_often(|metrics, _| run(metrics))
}

fn scraped_often(run: impl FnOnce(Metrics, &PrometheusHandle)) -> Series {
    let recorder = recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || run(Metrics::new(), &handle));
    Series::parse(&handle.render())
}

#[test]
fn each_way_to_end_is_counted_once() {
    let series = scraped(|metrics| one_of_each("op", metrics));
    series.assert_only(COUNTERS, ONE_OF_EACH);
}

/// Python's fault 1: the tags differ by event, and a client that wants the declared ones records nothing.
#[test]
fn python_fault_1_every_event_has_the_same_labels() {
    let series = scraped(|metrics| one_of_each("op", metrics));
    let calls = series.label_names("redress_calls_total");
    assert_eq!(calls.len(), 5);
    assert!(
        calls
            .iter()
            .all(|names| *names == ["class", "operation", "result"]),
        "{calls:?}"
    );
    let retries = series.label_names("redress_retries_total");
    assert!(
        retries
            .iter()
            .all(|names| *names == ["cause", "class", "operation"]),
        "{retries:?}"
    );
}

/// Python's fault 2: the duration leaves the first attempt out.
#[test]
fn python_fault_2_a_success_of_50_ms_lasts_50_ms() {
    let series = scraped(|metrics| {
        let clock = VirtualClock::new();
        let policy = policy("op")
            .clock(clock.clone())
            .on_event(metrics.durations());
        let takes_50_ms = || {
            clock.advance(Duration::from_millis(50));
            Ok::<_, ErrorClass>(())
        };
        policy.build().unwrap().call(takes_50_ms).unwrap();
    });
    for metric in [
        "redress_call_duration_seconds",
        "redress_attempt_duration_seconds",
    ] {
        let of = |what: &str, le: &str| {
            series.get(&format!(
                r#"{metric}_{what}{{operation="op",result="success"{le}}}"#
            ))
        };
        assert_eq!(
            (of("count", ""), of("sum", "")),
            (Some(1.0), Some(0.05)),
            "{metric}"
        );
        let bounds = [
            of("bucket", r#",le="0.025""#),
            of("bucket", r#",le="0.05""#),
        ];
        assert_eq!(bounds, [Some(0.0), Some(1.0)], "{metric}");
    }
}

/// Python's fault 4: a call inside of a call shares its state.
#[test]
fn python_fault_4_a_call_inside_of_a_call_is_counted_by_its_own_name() {
    let series = scraped(|metrics| {
        let outer = policy("outer").on_event(metrics.clone()).build().unwrap();
        let inner = policy("inner").on_event(metrics).build().unwrap();
        let call = || inner.call(|| Ok::<_, ErrorClass>(()));
        outer
            .call(|| call().map_err(|_| ErrorClass::Transient))
            .unwrap();
    });
    for operation in ["outer", "inner"] {
        let calls =
            format!(r#"redress_calls_total{{operation="{operation}",result="success",class=""}}"#);
        assert_eq!(series.get(&calls), Some(1.0));
    }
}

/// Python's fault 7: the attempt and the pause are labels.
#[test]
fn python_fault_7_fifty_failing_calls_are_as_many_series_as_one() {
    let failing = |calls: u32| {
        scraped(|metrics| {
            let policy = policy("op")
                .strategy(instant())
                .on_event(metrics)
                .build()
                .unwrap();
            for _ in 0..calls {
                policy
                    .call(|| Err::<(), _>(ErrorClass::Transient))
                    .unwrap_err();
            }
        })
    };
    assert_eq!(failing(50).count_of_calls(), failing(1).count_of_calls());
}

#[test]
fn names_that_are_made_for_each_call_end_at_200_and_other() {
    let series = scraped(|metrics| many_names(300, metrics));
    let other = r#"redress_calls_total{operation="other",result="success",class=""}"#;
    assert_eq!(series.get(other), Some(100.0));
    assert_eq!(series.label_names("redress_calls_total").len(), 2 * 201);
}

#[test]
fn a_call_that_is_dropped_is_not_in_flight() {
    let gauge = r#"redress_calls_in_flight{operation="op"}"#;
    let series = scraped_often(|metrics, handle| {
        let metrics = metrics.in_flight();
        let policy = policy("op").on_event(metrics.clone()).build().unwrap();
        policy
            .call(|| {
                assert_eq!(Series::parse(&handle.render()).get(gauge), Some(1.0));
                Ok::<_, ErrorClass>(())
            })
            .unwrap();
        one_of_each("op", metrics);
    });
    assert_eq!(series.get(gauge), Some(0.0));
}

#[test]
fn breakers_and_budgets_are_what_they_are_when_refreshed() {
    let breaker = CircuitBreaker::builder().name("facade-db").build().unwrap();
    let budget = Budget::rolling(7, 60).named("facade-budget");
    let remaining = r#"redress_budget_remaining{budget="facade-budget"}"#;
    let state = |state| format!(r#"redress_circuit_state{{breaker="facade-db",state="{state}"}}"#);
    let series = scraped_often(|metrics, handle| {
        metrics.refresh();
        let series = Series::parse(&handle.render());
        assert_eq!(series.get(remaining), Some(7.0));
        assert_eq!(series.get(&state("closed")), Some(1.0));
        assert_eq!(series.get(&state("open")), Some(0.0));
        let policy = policy("op")
            .strategy(instant())
            .budget(budget.clone())
            .build()
            .unwrap();
        policy
            .call(|| Err::<(), _>(ErrorClass::Transient))
            .unwrap_err();
        breaker.force_open();
        metrics.refresh();
    });
    assert_eq!(series.get(remaining), Some(5.0));
    assert_eq!(series.get(&state("closed")), Some(0.0));
    assert_eq!(series.get(&state("open")), Some(1.0));
}

/// Panels of quantiles need buckets, and the exporter shows summaries without them.
#[test]
fn histograms_have_the_buckets_that_the_dashboard_needs() {
    let recorder = recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || one_of_each("op", Metrics::new().durations()));
    let text = handle.render();
    for (histogram, _) in BUCKETS {
        assert!(
            text.contains(&format!("# TYPE {histogram} histogram")),
            "{text}"
        );
        assert!(text.contains(&format!("# HELP {histogram} ")), "{text}");
    }
}

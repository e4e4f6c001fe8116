use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use redress::contrib::opentelemetry_0_33::Metrics;
use redress::{Budget, CircuitBreaker, ErrorClass};

use crate::calls::{COUNTERS, ONE_OF_EACH, many_names, one_of_each, policy};
use crate::series::Series;

/// A meter whose metrics are read as Prometheus would.
struct Meter {
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Meter {
    fn new() -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build()
            .unwrap();
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        Self { registry, provider }
    }

    fn metrics(&self) -> Metrics {
        Metrics::new(&self.provider.meter("redress"))
    }

    fn text(&self) -> String {
        let text = TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap();
        let names = [
            ("redress_operation=", "operation="),
            ("redress_result=", "result="),
            ("redress_cause=", "cause="),
            ("redress_breaker=", "breaker="),
            ("redress_state=", "state="),
            ("redress_budget=", "budget="),
            ("error_type=", "class="),
        ];
        names
            .iter()
            .fold(text, |text, (otel, name)| text.replace(otel, name))
    }

    fn scrape(&self) -> Series {
        Series::parse(&self.text())
    }
}

#[test]
fn each_way_to_end_is_counted_once() {
    let meter = Meter::new();
    one_of_each("op", meter.metrics());
    // What has no value is left out.
    let expected = ONE_OF_EACH
        .iter()
        .map(|(series, value)| (series.replace(r#",class="""#, ""), *value));
    let expected: Vec<_> = expected.collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(series, value)| (series.as_str(), *value))
        .collect();
    meter.scrape().assert_only(COUNTERS, &expected);
}

#[test]
fn the_names_for_prometheus_are_those_of_the_others() {
    let meter = Meter::new();
    let breaker = CircuitBreaker::builder().name("otel").build().unwrap();
    let budget = Budget::rolling(7, Duration::from_secs(1)).named("otel");
    one_of_each("op", meter.metrics().durations().in_flight());
    let series = meter.scrape();
    for (name, value) in [
        (
            r#"redress_call_duration_seconds_count{operation="op",result="success"}"#,
            2.0,
        ),
        (
            r#"redress_call_duration_seconds_bucket{operation="op",result="success",le="60"}"#,
            2.0,
        ),
        (r#"redress_call_retries_bucket{operation="op",le="1"}"#, 1.0),
        (r#"redress_calls_in_flight{operation="op"}"#, 0.0),
        (
            r#"redress_circuit_state{breaker="otel",state="closed"}"#,
            1.0,
        ),
        (r#"redress_circuit_state{breaker="otel",state="open"}"#, 0.0),
        (r#"redress_budget_remaining{budget="otel"}"#, 7.0),
    ] {
        assert_eq!(series.get(name), Some(value), "{name} in\n{}", meter.text());
    }
    drop((breaker, budget));
}

#[test]
fn the_first_call_makes_the_series_of_successes_at_zero() {
    let meter = Meter::new();
    let policy = policy("op").on_event(meter.metrics()).build().unwrap();
    policy
        .call(|| Err::<(), _>(ErrorClass::Permanent))
        .unwrap_err();
    let series = meter.scrape();
    let success = r#"redress_calls_total{operation="op",result="success"}"#;
    assert_eq!(series.get(success), Some(0.0));
}

#[test]
fn a_name_for_each_call_is_other_beyond_200_names() {
    let meter = Meter::new();
    many_names(1000, meter.metrics());
    let other = r#"redress_calls_total{operation="other",result="success"}"#;
    assert_eq!(meter.scrape().get(other), Some(800.0));
}

use std::time::Duration;

use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use redress::contrib::prometheus_client_0_26::Metrics;
use redress::{Budget, CircuitBreaker, ErrorClass};

use crate::calls::{COUNTERS, ONE_OF_EACH, one_of_each, policy};
use crate::series::Series;

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

fn scrape(registry: &Registry) -> Series {
    Series::parse(&text(registry))
}

#[test]
fn each_way_to_end_is_counted_once() {
    let mut registry = Registry::default();
    one_of_each("op", Metrics::register(&mut registry));
    scrape(&registry).assert_only(COUNTERS, ONE_OF_EACH);
}

#[test]
fn names_help_and_units_are_as_openmetrics_wants_them() {
    let mut registry = Registry::default();
    one_of_each("op", Metrics::register(&mut registry).durations());
    let text = text(&registry);
    for line in [
        "# HELP redress_calls Calls that ended.",
        "# TYPE redress_calls counter",
        "# UNIT redress_call_duration_seconds seconds",
        "# TYPE redress_call_duration_seconds histogram",
        "# HELP redress_retry_delay_seconds Delays before retries.",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
}

#[test]
fn what_has_a_name_is_read_at_each_scrape_and_its_changes_start_at_zero() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let breaker = CircuitBreaker::builder()
        .name("client")
        .on_change(move |change| redress::Observer::on_circuit_change(&metrics, change))
        .build()
        .unwrap();
    let budget = Budget::rolling(7, Duration::from_secs(1)).named("client");
    let get = |series: &str| scrape(&registry).get(series);
    assert_eq!(
        get(r#"redress_circuit_transitions_total{breaker="client",to="open"}"#),
        Some(0.0)
    );
    assert_eq!(
        get(r#"redress_circuit_state{breaker="client",state="open"}"#),
        Some(0.0)
    );
    breaker.force_open();
    assert_eq!(
        get(r#"redress_circuit_transitions_total{breaker="client",to="open"}"#),
        Some(1.0)
    );
    assert_eq!(
        get(r#"redress_circuit_state{breaker="client",state="open"}"#),
        Some(1.0)
    );
    assert_eq!(
        get(r#"redress_budget_remaining{budget="client"}"#),
        Some(7.0)
    );
    drop((breaker, budget));
    assert_eq!(
        get(r#"redress_circuit_state{breaker="client",state="open"}"#),
        None
    );
}

#[test]
fn exemplars_have_the_id_that_the_closure_returns() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry).durations();
    one_of_each(
        "op",
        metrics
            .clone()
            .exemplars(|| Some("4bf92f3577b34da6".to_owned())),
    );
    let text = text(&registry);
    let with_exemplar = |line: &&str| line.contains(r#"# {trace_id="4bf92f3577b34da6"} "#);
    let lines = text.lines().filter(with_exemplar);
    let mut metrics: Vec<_> = lines.map(|line| line.split('{').next().unwrap()).collect();
    metrics.dedup();
    assert_eq!(
        metrics,
        [
            "redress_call_retries_bucket",
            "redress_retry_delay_seconds_bucket",
            "redress_call_duration_seconds_bucket",
            "redress_attempt_duration_seconds_bucket",
        ]
    );
}

#[test]
fn exemplars_of_the_current_span_have_the_id_of_its_trace() {
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    let tracer = provider.tracer("test");
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry)
        .durations()
        .exemplars_of_current_span();
    let policy = policy("op").on_event(metrics).build().unwrap();
    // Without a span, without an exemplar.
    policy.call(|| Ok::<_, ErrorClass>(())).unwrap();
    assert!(!text(&registry).contains("trace_id"));
    let trace_id = tracer.in_span("request", |context| {
        policy.call(|| Ok::<_, ErrorClass>(())).unwrap();
        context.span().span_context().trace_id()
    });
    assert!(text(&registry).contains(&format!(r#"# {{trace_id="{trace_id}"}}"#)));
}

#[test]
fn an_exemplar_that_panics_leaves_no_call_in_flight_and_is_counted_all_the_same() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry).durations().in_flight();
    let metrics = metrics.exemplars(|| panic!("on purpose"));
    let policy = policy("op").on_event(metrics).build().unwrap();
    policy.call(|| Ok::<_, ErrorClass>(())).unwrap();
    let series = scrape(&registry);
    let calls = r#"redress_calls_total{operation="op",result="success",class=""}"#;
    assert_eq!(series.get(calls), Some(1.0));
    assert_eq!(
        series.get(r#"redress_calls_in_flight{operation="op"}"#),
        Some(0.0)
    );
}

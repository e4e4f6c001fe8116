//! Exporters whose series are scraped.

use std::cell::RefCell;

use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::TextEncoder;
use redress::observe::CallResult;
use redress::{Observer, contrib};

use crate::every_end::{Ended, Watch, every_end};
use crate::series::Series;

/// An observer whose series are known at any time.
struct Scraped<M, S> {
    metrics: M,
    scrape: S,
    before: RefCell<Counts>,
}

#[derive(Default)]
struct Counts {
    calls: Vec<(CallResult, f64)>,
    attempts: f64,
}

impl<M, S: Fn() -> String> Scraped<M, S> {
    fn new(metrics: M, scrape: S) -> Self {
        Self {
            metrics,
            scrape,
            before: RefCell::default(),
        }
    }
}

impl Counts {
    fn of(series: &Series) -> Self {
        let calls = CallResult::ALL.map(|result| {
            let calls = series.by_label("redress_calls_total", "result");
            let of_result = calls.filter(|(label, _)| *label == result.as_str());
            (result, of_result.map(|(_, count)| count).sum())
        });
        let attempts = series.by_label("redress_attempt_duration_seconds_count", "result");
        Self {
            calls: calls.to_vec(),
            attempts: attempts.map(|(_, count)| count).sum(),
        }
    }
}

impl<M: Observer + Clone + 'static, S: Fn() -> String> Watch for Scraped<M, S> {
    fn observer(&self) -> impl Observer + 'static {
        self.metrics.clone()
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        let series = Series::parse(&(self.scrape)());
        for (operation, in_flight) in series.by_label("redress_calls_in_flight", "operation") {
            assert_eq!(in_flight, 0.0, "{ended:?}: {operation} is in flight");
        }
        let now = Counts::of(&series);
        let before = self.before.replace(Counts::of(&series));
        for (result, calls) in now.calls {
            let known = before.calls.iter().find(|(known, _)| *known == result);
            let shown = calls - known.map_or(0.0, |(_, count)| *count);
            let expected = ended.results.iter().filter(|end| **end == result).count();
            assert_eq!(shown, expected as f64, "{ended:?}: {result}");
        }
        if let Some(attempts) = ended.attempts {
            let shown = now.attempts - before.attempts;
            assert_eq!(shown, f64::from(attempts), "{ended:?}: attempts");
        }
    }
}

#[test]
fn every_end_is_counted_once_by_prometheus() {
    let registry = prometheus::Registry::new();
    let metrics = contrib::prometheus_0_14::Metrics::register(&registry).unwrap();
    every_end(&Scraped::new(metrics.durations().in_flight(), || {
        let all = registry.gather();
        TextEncoder::new().encode_to_string(&all).unwrap()
    }));
}

#[test]
fn every_end_is_counted_once_by_prometheus_client() {
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics = contrib::prometheus_client_0_26::Metrics::register(&mut registry);
    every_end(&Scraped::new(metrics.durations().in_flight(), || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }));
}

#[test]
fn every_end_is_counted_once_by_metrics() {
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets(&[1.0]).unwrap();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let metrics = contrib::metrics_0_24::Metrics::new();
        every_end(&Scraped::new(metrics.durations().in_flight(), || {
            handle.render()
        }));
    });
}

#[test]
fn every_end_is_counted_once_by_a_meter_of_opentelemetry() {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        .build()
        .unwrap();
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let metrics = contrib::opentelemetry_0_33::Metrics::new(&provider.meter("redress"));
    every_end(&Scraped::new(metrics.durations().in_flight(), || {
        let all = registry.gather();
        let text = TextEncoder::new().encode_to_string(&all).unwrap();
        text.replace("redress_operation=", "operation=")
            .replace("redress_result=", "result=")
    }));
}

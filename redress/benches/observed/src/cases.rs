//! Calls of one policy, with each observer.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use cadence::{NopMetricSink, StatsdClient};
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::trace::noop::NoopTracer;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use redress::contrib::{cadence_1, opentelemetry_0_33, prometheus_0_14, prometheus_client_0_26};
use redress::observe::{Event, Observer};
use redress::strategies::instant;
use redress::{ErrorClass, Policy, PolicyBuilder};

use crate::by_hand::{Bound, COUNTS, Counters, ENDS, Failures, Unbound};
use crate::measure::{Case, keep};

#[derive(Debug, Clone)]
pub(crate) struct Down;

type Classifier = fn(&Down) -> ErrorClass;

/// Fails as often as there are failures left.
pub(crate) fn operation(left: &AtomicU32) -> Result<u64, Down> {
    match left.load(Relaxed) {
        0 => Ok(black_box(7)),
        n => {
            left.store(n - 1, Relaxed);
            Err(Down)
        }
    }
}

fn builder() -> PolicyBuilder<Classifier> {
    Policy::builder()
        .operation("load")
        .classifier((|_| ErrorClass::Transient) as Classifier)
        .strategy(instant())
}

fn sync(name: &'static str, failures: u32, policy: Policy<Classifier>) -> Case {
    let left = AtomicU32::new(0);
    Case::new(name, move |times| {
        for _ in 0..times {
            left.store(failures, Relaxed);
            let _ = keep(policy.call(|| operation(&left)));
        }
    })
}

fn future(name: &'static str, failures: u32, policy: Policy<Classifier>) -> Case {
    let left = AtomicU32::new(0);
    Case::new(name, move |times| {
        for _ in 0..times {
            left.store(failures, Relaxed);
            let mut call = pin!(policy.call_async(async || operation(&left)));
            let mut cx = Context::from_waker(Waker::noop());
            while let Poll::Pending = keep(call.as_mut().poll(&mut cx)) {}
        }
    })
}

pub(crate) fn all(failures: u32) -> Vec<Case> {
    let on = |name, observer: Box<dyn Watch>| {
        sync(name, failures, observer.watch(builder()).build().unwrap())
    };
    let registry = prometheus::Registry::new();
    let of_prometheus = prometheus_0_14::Metrics::register(&registry).unwrap();
    let mut registry = prometheus_client::registry::Registry::default();
    let of_client = prometheus_client_0_26::Metrics::register(&mut registry);
    let meter = meter();
    let of_meter = opentelemetry_0_33::Metrics::new(&meter);
    let nowhere = || cadence_1::Metrics::new(StatsdClient::from_sink("", NopMetricSink));
    let unbound = meter.u64_counter("unbound").build();
    let nothing = |event: &Event<'_>| {
        black_box(event.attempt());
    };
    let future_of =
        |name, policy: PolicyBuilder<Classifier>| future(name, failures, policy.build().unwrap());
    vec![
        sync("nobody", failures, builder().build().unwrap()),
        on("a closure that does nothing", Box::new(nothing)),
        on(
            "an observer of failures that does nothing",
            Box::new(Failures),
        ),
        on("counters by hand", Box::new(Counters::new(COUNTS))),
        on("prometheus", Box::new(of_prometheus.clone())),
        on("prometheus-client", Box::new(of_client.clone())),
        on(
            "OpenTelemetry, bound, by hand",
            Box::new(Bound::new(&meter, false)),
        ),
        on("OpenTelemetry, bound", Box::new(of_meter.clone())),
        on(
            "OpenTelemetry, attributes each time, by hand",
            Box::new(Unbound(unbound)),
        ),
        on(
            "counters by hand, exact clock",
            Box::new(Counters::new(ENDS)),
        ),
        on(
            "prometheus, durations",
            Box::new(of_prometheus.clone().durations()),
        ),
        on(
            "prometheus-client, durations",
            Box::new(of_client.durations()),
        ),
        on(
            "OpenTelemetry, bound, durations, by hand",
            Box::new(Bound::new(&meter, true)),
        ),
        on(
            "OpenTelemetry, bound, durations",
            Box::new(of_meter.durations()),
        ),
        on("cadence, without a socket", Box::new(nowhere())),
        on(
            "spans of OpenTelemetry, without an SDK",
            Box::new(opentelemetry_0_33::Spans::new(NoopTracer::new())),
        ),
        future_of("async, nobody", builder()),
        future_of(
            "async, prometheus",
            builder().on_event(of_prometheus.clone()),
        ),
        future_of(
            "async, prometheus, durations",
            builder().on_event(of_prometheus.durations()),
        ),
    ]
}

/// An observer of whichever type.
trait Watch {
    fn watch(self: Box<Self>, builder: PolicyBuilder<Classifier>) -> PolicyBuilder<Classifier>;
}

impl<O: Observer + 'static> Watch for O {
    fn watch(self: Box<Self>, builder: PolicyBuilder<Classifier>) -> PolicyBuilder<Classifier> {
        builder.on_event(*self)
    }
}

/// Returns a meter of an SDK that exports to nowhere.
pub(crate) fn meter() -> Meter {
    provider().meter("redress")
}

pub(crate) fn provider() -> SdkMeterProvider {
    SdkMeterProvider::builder()
        .with_periodic_exporter(Nowhere)
        .build()
}

struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

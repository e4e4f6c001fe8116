//! What a team writes in `main`, for each exporter.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use redress::contrib::{
    cadence_1, metrics_0_24, opentelemetry_0_33, prometheus_0_14, prometheus_client_0_26,
    sentry_0_48, tracing_0_1,
};
use redress::observe::set_default;
use redress_observability_tests::endpoint::{OPEN_METRICS, TEXT};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// What the program needs of an exporter.
pub(crate) struct Exporter {
    /// Of the page that is scraped.
    pub(crate) content_type: &'static str,
    pub(crate) page: Box<dyn Fn() -> String + Send>,
    /// Sends what has not been sent.
    pub(crate) flush: Box<dyn Fn()>,
    /// Of the spans that the program makes itself.
    pub(crate) traces: Option<SdkTracerProvider>,
}

impl Exporter {
    /// One that is scraped.
    fn scraped(content_type: &'static str, page: impl Fn() -> String + Send + 'static) -> Self {
        Self {
            content_type,
            page: Box::new(page),
            flush: Box::new(|| {}),
            traces: None,
        }
    }

    /// One that sends by itself.
    fn sending(flush: impl Fn() + 'static) -> Self {
        Self {
            flush: Box::new(flush),
            ..Self::scraped(TEXT, String::new)
        }
    }
}

/// Starts an exporter, which sends to `receiver` if it is not scraped.
pub(crate) fn start(exporter: &str, receiver: Option<String>) -> Exporter {
    let receiver = || receiver.expect("the address of a receiver");
    match exporter {
        "prometheus-0_14" => prometheus(),
        "prometheus-client-0_26" => prometheus_client(),
        "metrics-0_24" => metrics(),
        "opentelemetry-0_33 metrics" => opentelemetry_metrics(),
        "opentelemetry-0_33 otlp" => opentelemetry_otlp(&receiver()),
        "prometheus-client-0_26 exemplars" => exemplars(&receiver()),
        "tracing-0_1 otlp" => tracing(&receiver()),
        "cadence-1" => cadence(&receiver()),
        "sentry-0_48" => sentry(&receiver()),
        _ => panic!("there is no exporter {exporter}"),
    }
}

fn prometheus() -> Exporter {
    let registry = prometheus::Registry::new();
    let metrics = prometheus_0_14::Metrics::register(&registry).unwrap();
    set_default(metrics.durations().in_flight()).unwrap();
    let encoder = prometheus::TextEncoder::new();
    Exporter::scraped(TEXT, move || {
        encoder.encode_to_string(&registry.gather()).unwrap()
    })
}

fn prometheus_client() -> Exporter {
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics = prometheus_client_0_26::Metrics::register(&mut registry);
    set_default(metrics.durations().in_flight()).unwrap();
    open_metrics(registry)
}

fn open_metrics(registry: prometheus_client::registry::Registry) -> Exporter {
    Exporter::scraped(OPEN_METRICS, move || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    })
}

/// Metrics by the facade, which Prometheus scrapes.
fn metrics() -> Exporter {
    let mut builder = PrometheusBuilder::new();
    for (histogram, buckets) in metrics_0_24::BUCKETS {
        let name = Matcher::Full(histogram.to_owned());
        builder = builder.set_buckets_for_metric(name, buckets).unwrap();
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    let metrics = metrics_0_24::Metrics::new().durations().in_flight();
    set_default(metrics.clone()).unwrap();
    Exporter::scraped(TEXT, move || {
        metrics.refresh();
        handle.render()
    })
}

/// Metrics by OpenTelemetry's API, which Prometheus scrapes all the same.
fn opentelemetry_metrics() -> Exporter {
    let registry = prometheus::Registry::new();
    let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let provider = SdkMeterProvider::builder()
        .with_reader(reader.build().unwrap())
        .build();
    let metrics = opentelemetry_0_33::Metrics::new(&provider.meter("redress"));
    set_default(metrics.durations().in_flight()).unwrap();
    let encoder = prometheus::TextEncoder::new();
    Exporter::scraped(TEXT, move || {
        let _alive = &provider;
        encoder.encode_to_string(&registry.gather()).unwrap()
    })
}

/// Spans and metrics by OTLP.
fn opentelemetry_otlp(receiver: &str) -> Exporter {
    let traces = tracers(receiver);
    let exporter = opentelemetry_otlp::MetricExporter::builder().with_http();
    let exporter = exporter
        .with_endpoint(format!("{receiver}/v1/metrics"))
        .build()
        .unwrap();
    let meters = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter)
        .build();
    let metrics = opentelemetry_0_33::Metrics::new(&meters.meter("redress"));
    let spans = opentelemetry_0_33::Spans::new(traces.tracer("redress"));
    set_default((metrics.durations().in_flight(), spans)).unwrap();
    let sent = traces.clone();
    let flush = move || {
        sent.force_flush().unwrap();
        meters.force_flush().unwrap();
    };
    Exporter {
        traces: Some(traces),
        ..Exporter::sending(flush)
    }
}

/// Metrics that are scraped, and spans by OTLP, whose traces are the exemplars of the metrics.
fn exemplars(receiver: &str) -> Exporter {
    let traces = tracers(receiver);
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics = prometheus_client_0_26::Metrics::register(&mut registry);
    let spans = opentelemetry_0_33::Spans::new(traces.tracer("redress"));
    set_default((metrics.durations().exemplars_of_current_span(), spans)).unwrap();
    let sent = traces.clone();
    Exporter {
        flush: Box::new(move || sent.force_flush().unwrap()),
        traces: Some(traces),
        ..open_metrics(registry)
    }
}

fn tracers(receiver: &str) -> SdkTracerProvider {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http();
    let exporter = exporter
        .with_endpoint(format!("{receiver}/v1/traces"))
        .build()
        .unwrap();
    SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build()
}

/// Spans and events of `tracing`, by OTLP. What sends them traces, too, and is left out.
fn tracing(receiver: &str) -> Exporter {
    let traces = tracers(receiver);
    let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("redress"));
    let ours = Targets::new().with_target("redress", Level::INFO);
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(ours));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    set_default((tracing_0_1::events(), tracing_0_1::spans())).unwrap();
    let sent = traces.clone();
    Exporter {
        traces: Some(traces),
        ..Exporter::sending(move || sent.force_flush().unwrap())
    }
}

fn cadence(receiver: &str) -> Exporter {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Several lines in a datagram: the receiver, which may be late, has room for a few hundred datagrams.
    let sink = cadence::BufferedUdpMetricSink::from(receiver, socket).unwrap();
    let client = Arc::new(cadence::StatsdClient::from_sink("", sink));
    let metrics = cadence_1::Metrics::new(Arc::clone(&client));
    let metrics = metrics.durations().in_flight();
    set_default(metrics.clone()).unwrap();
    Exporter::sending(move || {
        metrics.send_states();
        client.flush().unwrap();
    })
}

fn sentry(dsn: &str) -> Exporter {
    let client = sentry::init(dsn);
    set_default((sentry_0_48::breadcrumbs(), sentry_0_48::captures())).unwrap();
    Exporter::sending(move || assert!(client.flush(Some(Duration::from_secs(10)))))
}

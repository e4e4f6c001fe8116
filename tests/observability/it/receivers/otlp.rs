use std::collections::BTreeMap;
use std::net::TcpStream;

use serde_json::Value;

use super::process::Process;

/// What takes OTLP over HTTP: `oteltap`, which prints each span and each metric as a line of JSON.
pub(crate) struct Otlp {
    process: Process,
    port: u16,
}

/// A span. Of the values only the text is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for the first of a trace.
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) events: Vec<(String, BTreeMap<String, String>)>,
    pub(crate) status: Status,
    /// In nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) nanos: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Unset,
    Ok,
    Error,
}

/// A point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) value: Measured,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measured {
    /// A sum that only rises.
    Counter(f64),
    /// A sum that may fall, or a value of the moment.
    Gauge(f64),
    Histogram {
        bounds: Vec<f64>,
        counts: Vec<u64>,
        sum: f64,
    },
}

impl Otlp {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let arguments = |port: u16| vec!["--port".to_owned(), port.to_string()];
        let is_ready = |port| TcpStream::connect(("127.0.0.1", port)).is_ok();
        let (process, port) = Process::start("oteltap", arguments, is_ready);
        Self { process, port }
    }

    /// Returns where a client sends to: `/v1/traces`, `/v1/metrics`, or what has both.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the spans that have arrived, in that order.
    #[track_caller]
    pub(crate) fn spans(&self) -> Vec<Span> {
        let lines = self.read();
        let spans = lines.iter().filter(|line| line.get("spanId").is_some());
        spans.map(Span::read).collect()
    }

    /// Returns the points of all metrics that have arrived, in that order.
    #[track_caller]
    pub(crate) fn points(&self) -> Vec<Point> {
        let lines = self.read();
        let metrics = lines.iter().filter(|line| line.get("spanId").is_none());
        metrics.flat_map(Point::read).collect()
    }

    #[track_caller]
    fn read(&self) -> Vec<Value> {
        let lines = self.process.lines();
        // The first says where it listens.
        let json = lines.iter().filter(|line| line.starts_with('{'));
        json.map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Span {
    fn read(line: &Value) -> Self {
        let text = |field: &str| line[field].as_str().unwrap().to_owned();
        let time = |field: &str| text(field).parse::<u64>().unwrap();
        let event = |event: &Value| {
            let name = event["name"].as_str().unwrap().to_owned();
            (name, attributes(&event["attributes"]))
        };
        Self {
            trace: text("traceId"),
            id: text("spanId"),
            parent: text("parentSpanId"),
            name: text("name"),
            attributes: attributes(&line["attributes"]),
            events: line["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(event)
                .collect(),
            status: match line["status"]["code"].as_u64() {
                Some(1) => Status::Ok,
                Some(2) => Status::Error,
                _ => Status::Unset,
            },
            start: time("startTimeUnixNano"),
            nanos: time("endTimeUnixNano") - time("startTimeUnixNano"),
        }
    }
}

impl Point {
    fn read(line: &Value) -> Vec<Self> {
        let text = |field: &str| line[field].as_str().unwrap().to_owned();
        let is_histogram = line.get("histogram").is_some();
        let rises = line["sum"]["isMonotonic"] == true;
        let kinds = ["sum", "gauge", "histogram"];
        let data = kinds.iter().find_map(|kind| line.get(kind)).unwrap();
        let point = |point: &Value| Self {
            metric: text("name"),
            unit: text("unit"),
            attributes: attributes(&point["attributes"]),
            value: if is_histogram {
                let list = |field: &str| point[field].as_array().unwrap().iter();
                Measured::Histogram {
                    bounds: list("explicitBounds").map(number).collect(),
                    counts: list("bucketCounts").map(|it| number(it) as u64).collect(),
                    sum: number(&point["sum"]),
                }
            } else {
                let value = number(point.get("asInt").unwrap_or(&point["asDouble"]));
                if rises {
                    Measured::Counter(value)
                } else {
                    Measured::Gauge(value)
                }
            },
        };
        data["dataPoints"]
            .as_array()
            .unwrap()
            .iter()
            .map(point)
            .collect()
    }
}

/// Reads a number. Those of 64 bits are texts in JSON.
fn number(value: &Value) -> f64 {
    let text = value.as_str().map(|text| text.parse().unwrap());
    text.or_else(|| value.as_f64()).unwrap()
}

fn attributes(list: &Value) -> BTreeMap<String, String> {
    let attribute = |attribute: &Value| {
        let key = attribute["key"].as_str().unwrap().to_owned();
        let value = attribute["value"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap();
        (
            key,
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    list.as_array().unwrap().iter().map(attribute).collect()
}

mod tests {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
    use opentelemetry::{Context, KeyValue};
    use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::super::until;
    use super::*;

    fn tracers(url: String) -> SdkTracerProvider {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(url)
            .build();
        SdkTracerProvider::builder()
            .with_batch_exporter(exporter.unwrap())
            .build()
    }

    #[test]
    fn spans_arrive_with_parent_attributes_events_and_status() {
        let otlp = Otlp::start();
        let provider = tracers(otlp.url("/v1/traces"));
        let tracer = provider.tracer("tests");
        let context = Context::new().with_span(tracer.start("call"));
        let mut attempt = tracer.start_with_context("attempt", &context);
        attempt.set_attribute(KeyValue::new("redress.attempt", 2_i64));
        attempt.set_status(opentelemetry::trace::Status::error("it failed"));
        attempt.add_event("redress.retry", vec![KeyValue::new("delay", 0.5)]);
        attempt.end();
        context.span().end();
        provider.force_flush().unwrap();

        let spans = until("two spans", || {
            let spans = otlp.spans();
            (spans.len() == 2).then_some(spans)
        });
        let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
        let (call, attempt) = (named("call"), named("attempt"));
        assert_eq!((&attempt.trace, &attempt.parent), (&call.trace, &call.id));
        assert_eq!((&*call.parent, call.status), ("", Status::Unset));
        assert_eq!(attempt.attributes["redress.attempt"], "2");
        assert_eq!(attempt.status, Status::Error);
        assert_eq!(attempt.events[0].0, "redress.retry");
        assert_eq!(attempt.events[0].1["delay"], "0.5");
        assert!(attempt.nanos < call.nanos, "{spans:#?}");
    }

    #[test]
    fn metrics_arrive_with_unit_attributes_and_values() {
        let otlp = Otlp::start();
        let exporter = MetricExporter::builder()
            .with_http()
            .with_endpoint(otlp.url("/v1/metrics"));
        let provider = SdkMeterProvider::builder()
            .with_periodic_exporter(exporter.build().unwrap())
            .build();
        let meter = provider.meter("tests");
        let pay = [KeyValue::new("redress.operation", "pay")];
        let retries = meter.u64_counter("redress.retries").with_unit("{retry}");
        retries.build().add(3, &pay);
        meter.i64_up_down_counter("in_flight").build().add(-1, &pay);
        let durations = meter.f64_histogram("redress.call.duration").with_unit("s");
        durations
            .with_boundaries(vec![0.1, 1.0])
            .build()
            .record(0.5, &pay);
        provider.force_flush().unwrap();

        let points = until("three points", || {
            let points = otlp.points();
            (points.len() == 3).then_some(points)
        });
        let point = |metric: &str, unit: &str, value| Point {
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            attributes: [("redress.operation".to_owned(), "pay".to_owned())].into(),
            value,
        };
        let histogram = Measured::Histogram {
            bounds: vec![0.1, 1.0],
            counts: vec![0, 1, 0],
            sum: 0.5,
        };
        for expected in [
            point("redress.retries", "{retry}", Measured::Counter(3.0)),
            point("in_flight", "", Measured::Gauge(-1.0)),
            point("redress.call.duration", "s", histogram),
        ] {
            assert!(points.contains(&expected), "{expected:?} in {points:#?}");
        }
    }

    #[test]
    fn what_is_sent_after_the_receiver_has_ended_fails() {
        let otlp = Otlp::start();
        let url = otlp.url("/v1/traces");
        drop(otlp);
        let provider = tracers(url);
        provider.tracer("tests").start("call").end();
        provider.force_flush().unwrap_err();
    }
}

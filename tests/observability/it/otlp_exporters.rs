//! What a receiver of OTLP has of calls: their spans, those of their attempts, and what they trace.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use redress_observability_tests::outage::expected;

use crate::program::Program;
use crate::receivers::{Measured, Otlp, Prometheus, Span, Status, until};

/// A server that answers each request with the next of these codes.
fn server<const N: usize>(codes: [u16; N]) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for code in codes {
            let mut stream = listener.accept().unwrap().0;
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let answer = format!(
                "HTTP/1.1 {code} Scripted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

/// Returns the spans with this name, in the order in which they began.
fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    let mut named: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    named.sort_by_key(|span| span.start);
    named
}

/// Returns the spans of a program that gets a page, at its second attempt.
fn fetched(exporter: &str) -> Vec<Span> {
    let otlp = Otlp::start();
    let mut program = Program::sending(exporter, &otlp.url(""));
    program.fetch(server([503, 200]));
    let spans = until("six spans", || {
        let spans = otlp.spans();
        (spans.len() >= 6).then_some(spans)
    });
    assert_eq!(spans.len(), 6, "{spans:#?}");
    spans
}

/// Asserts that a call has its attempts below it and those their requests, and returns the call.
fn assert_call_with_attempts(spans: &[Span]) -> &Span {
    let request = named(spans, "request")[0];
    let call = named(spans, "fetch")[0];
    let [first, second] = named(spans, "attempt")[..] else {
        panic!("{spans:#?}");
    };
    let [sent, resent] = named(spans, "GET")[..] else {
        panic!("{spans:#?}");
    };
    let parents = [call, first, second, sent, resent].map(|span| &*span.parent);
    assert_eq!(
        parents,
        [&*request.id, &*call.id, &*call.id, &*first.id, &*second.id],
        "{spans:#?}"
    );
    assert!(spans.iter().all(|span| span.trace == request.trace));

    // The first attempt has failed, the call has not.
    let statuses = [call, first, second].map(|span| span.status);
    assert_eq!(statuses, [Status::Unset, Status::Error, Status::Unset]);
    assert_eq!(call.attributes["redress.operation"], "fetch");
    assert_eq!(call.attributes["redress.attempts"], "2");
    assert_eq!(call.attributes.get("error.type"), None);
    assert_eq!(first.attributes["error.type"], "SERVER_ERROR");
    assert_eq!(second.attributes.get("error.type"), None);
    let numbers = [first, second].map(|span| &*span.attributes["redress.attempt"]);
    assert_eq!(numbers, ["1", "2"]);

    let resends = [sent, resent].map(|span| span.attributes.get("http.request.resend_count"));
    assert_eq!(resends, [None, Some(&"1".to_owned())]);

    // A span lasts as long as what it shows, the first attempt included.
    assert!(
        call.nanos >= first.nanos + 10_000_000 + second.nanos,
        "{spans:#?}"
    );
    call
}

#[test]
fn a_call_is_a_span_with_its_attempts_below_it_and_below_those_their_requests() {
    let spans = fetched("opentelemetry-0_33 otlp");
    let call = assert_call_with_attempts(&spans);
    assert_eq!(call.events[0].0, "redress.retry");
    assert_eq!(call.events[0].1["redress.retry.delay"], "0.01");
}

#[test]
fn the_spans_of_tracing_arrive_by_tracing_opentelemetry_as_those_of_opentelemetry_do() {
    let spans = fetched("tracing-0_1 otlp");
    let call = assert_call_with_attempts(&spans);
    assert_eq!(call.events[0].0, "retry");
    assert_eq!(call.events[0].1["redress.delay"], "0.01");
}

#[test]
fn every_call_of_the_outage_is_one_span_with_its_end_and_all_spans_have_ended() {
    let otlp = Otlp::start();
    let mut program = Program::sending("opentelemetry-0_33 otlp", &otlp.url(""));
    program.outage();
    let calls: u64 = expected::calls(1).values().sum();
    let attempts = expected::attempt_durations(1).into_values().flatten();
    let attempts: u64 = attempts.map(|(_, count)| count).sum();
    let spans = until("a span for each call and each attempt", || {
        let spans = otlp.spans();
        (spans.len() as u64 >= calls + attempts).then_some(spans)
    });
    assert_eq!(named(&spans, "attempt").len() as u64, attempts);

    let mut ends = expected::Counts::new();
    for call in spans.iter().filter(|span| span.name != "attempt") {
        let labels =
            ["redress.operation", "redress.result"].map(|key| call.attributes[key].clone());
        *ends.entry(labels.to_vec()).or_default() += 1;
        let result = &*call.attributes["redress.result"];
        let fails = !result.starts_with("success")
            && !["aborted", "cancelled", "scheduled"].contains(&result);
        assert_eq!(call.status == Status::Error, fails, "{call:#?}");
        assert_eq!(
            call.attributes.contains_key("error.type"),
            fails,
            "{call:#?}"
        );
        let own = spans
            .iter()
            .filter(|span| span.parent == call.id && span.name == "attempt");
        assert_eq!(
            call.attributes["redress.attempts"],
            own.count().to_string(),
            "{call:#?}"
        );
    }
    let mut by_hand = expected::Counts::new();
    for (labels, count) in expected::calls(1) {
        *by_hand.entry(labels[..2].to_vec()).or_default() += count;
    }
    assert_eq!(ends, by_hand);
}

#[test]
fn the_metrics_of_the_outage_arrive_as_counted_by_hand() {
    let otlp = Otlp::start();
    let mut program = Program::sending("opentelemetry-0_33 otlp", &otlp.url(""));
    program.outage();
    program.outage();
    // Each time everything is sent, as sums since the start. The last counts.
    let total: u64 = expected::calls(2).values().sum();
    let last = until("all calls", || {
        let last: BTreeMap<_, _> = otlp
            .points()
            .into_iter()
            .map(|point| ((point.metric, point.attributes), (point.unit, point.value)))
            .collect();
        let calls = last
            .iter()
            .filter(|((metric, _), _)| metric == "redress.calls");
        let calls = calls.map(|(_, (_, value))| match value {
            Measured::Counter(count) => *count as u64,
            other => panic!("{other:?}"),
        });
        (calls.sum::<u64>() == total).then_some(last)
    });
    let attributes = |keys: &[&str], labels: &[String]| -> BTreeMap<String, String> {
        let pairs = keys
            .iter()
            .zip(labels)
            .filter(|(_, label)| !label.is_empty());
        pairs
            .map(|(key, label)| ((*key).to_owned(), label.clone()))
            .collect()
    };
    let counted = |metric: &str, unit: &str, keys: &[&str], counts: expected::Counts| {
        for (labels, count) in counts {
            let key = (metric.to_owned(), attributes(keys, &labels));
            let value = Measured::Counter(count as f64);
            assert_eq!(last.get(&key), Some(&(unit.to_owned(), value)), "{key:?}");
        }
    };
    let of_calls = ["redress.operation", "redress.result", "error.type"];
    counted("redress.calls", "{call}", &of_calls, expected::calls(2));
    let of_retries = ["redress.operation", "error.type", "redress.cause"];
    counted(
        "redress.retries",
        "{retry}",
        &of_retries,
        expected::retries(2),
    );
    let of_breakers = ["redress.breaker", "redress.to"];
    counted(
        "redress.circuit.transitions",
        "{transition}",
        &of_breakers,
        expected::transitions(2),
    );
    let seen = |metric: &str, unit: &str, keys: &[&str], seen: expected::Seen| {
        for (labels, values) in seen {
            let key = (metric.to_owned(), attributes(keys, &labels));
            let Some((
                has_unit,
                Measured::Histogram {
                    bounds,
                    counts,
                    sum,
                },
            )) = last.get(&key)
            else {
                panic!("{key:?}: {:?}", last.get(&key));
            };
            assert_eq!(has_unit, unit);
            let mut by_hand = vec![0; bounds.len() + 1];
            for (value, count) in &values {
                by_hand[bounds.partition_point(|bound| bound < value)] += count;
            }
            assert_eq!(*counts, by_hand, "{key:?}");
            let by_hand: f64 = values
                .iter()
                .map(|(value, count)| value * *count as f64)
                .sum();
            assert!((sum - by_hand).abs() < 1e-6, "{key:?}: {sum} {by_hand}");
        }
    };
    let of = ["redress.operation", "redress.result"];
    seen(
        "redress.call.retries",
        "{retry}",
        &of,
        expected::call_retries(2),
    );
    seen("redress.retry.delay", "s", &of, expected::delays(2));
    seen(
        "redress.call.duration",
        "s",
        &of,
        expected::call_durations(2),
    );
    seen(
        "redress.attempt.duration",
        "s",
        &of,
        expected::attempt_durations(2),
    );
    for operation in ["checkout", "load", "pay"] {
        let key = attributes(&of, &[operation.to_owned()]);
        let in_flight = &last[&("redress.calls_in_flight".to_owned(), key)];
        assert_eq!(*in_flight, ("{call}".to_owned(), Measured::Gauge(0.0)));
    }
}

#[test]
fn an_exemplar_leads_to_a_trace_that_the_receiver_has() {
    let otlp = Otlp::start();
    let mut program = Program::sending("prometheus-client-0_26 exemplars", &otlp.url(""));
    program.fetch(server([503, 200]));
    let prometheus = Prometheus::start(&[("shop", program.address)], "groups: []");
    let exemplars = until("an exemplar", || {
        let exemplars = prometheus.exemplars("redress_call_duration_seconds_bucket");
        (!exemplars.is_empty()).then_some(exemplars)
    });
    let spans = until("the call's span", || {
        let spans = otlp.spans();
        let has_it = spans.iter().any(|span| span.name == "fetch");
        has_it.then_some(spans)
    });
    let trace = &named(&spans, "fetch")[0].trace;
    assert!(
        exemplars
            .iter()
            .all(|exemplar| exemplar["trace_id"] == *trace),
        "{exemplars:?}"
    );
}

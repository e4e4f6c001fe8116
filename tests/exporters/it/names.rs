//! Names of operations that a stranger has chosen: none ends its label, its line or its datagram.

use std::collections::BTreeSet;

use cadence::{SpyMetricSink, StatsdClient};
use metrics_exporter_prometheus::PrometheusBuilder;
use redress::{ErrorClass, Observer, contrib};

use crate::calls::policy;

fn names() -> BTreeSet<String> {
    let names = [
        "",
        "two\nlines",
        "a \"quoted\" one",
        "x\"} 1\n# TYPE redress_fake counter\nredress_fake{a=\"",
        "a:b|c#d,e@f{g}=h",
        "größe 🦀",
        "\r\t\u{7}",
    ];
    let mut names: BTreeSet<_> = names.map(str::to_owned).into();
    names.insert("x".repeat(10_000));
    names
}

/// Makes a call by each name.
fn call_all(observer: impl Observer + 'static) {
    let policy = policy("unused").on_event(observer).build().unwrap();
    for name in names() {
        let context = policy.context().operation(name);
        context.call(|| Ok::<_, ErrorClass>(())).unwrap();
    }
}

/// Reads a text as strictly as Prometheus does, and returns the operations whose successes it counts.
fn operations(text: &str) -> BTreeSet<String> {
    let mut operations = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (name, mut rest) = line.split_once('{').unwrap_or_else(|| panic!("{line}"));
        let mut labels = Vec::new();
        let value = loop {
            let (label, quoted) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            let (value, after) = unquoted(quoted);
            labels.push((label, value));
            match after.split_at(1) {
                (",", after) => rest = after,
                ("}", after) => break after.trim(),
                _ => panic!("{line}"),
            }
        };
        value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        assert!(
            name.starts_with("redress_") && !name.contains("fake"),
            "{line}"
        );
        let is_success = labels
            .iter()
            .any(|label| *label == ("result", "success".to_owned()));
        if name == "redress_calls_total" && is_success {
            assert_eq!(value.parse(), Ok(1.0), "{line}");
            let operation = labels.into_iter().find(|(label, _)| *label == "operation");
            operations.insert(operation.unwrap().1);
        }
    }
    operations
}

/// Returns a value without its escapes, and what follows its quote.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut all = quoted.char_indices();
    loop {
        match all.next().unwrap() {
            (at, '"') => return (value, &quoted[at + 1..]),
            (_, '\\') => value.push(match all.next().unwrap().1 {
                'n' => '\n',
                c => c,
            }),
            (_, c) => value.push(c),
        }
    }
}

#[test]
fn no_name_ends_its_label_in_what_is_scraped() {
    let registry = prometheus::Registry::new();
    call_all(contrib::prometheus_0_14::Metrics::register(&registry).unwrap());
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather());
    assert_eq!(operations(&text.unwrap()), names());

    let mut registry = prometheus_client::registry::Registry::default();
    call_all(contrib::prometheus_client_0_26::Metrics::register(
        &mut registry,
    ));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert_eq!(operations(&text), names());

    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(
        &recorder,
        || call_all(contrib::metrics_0_24::Metrics::new()),
    );
    assert_eq!(operations(&handle.render()), names());
}

#[test]
fn no_name_ends_its_tag_or_its_datagram() {
    let (receiver, sink) = SpyMetricSink::new();
    let client = StatsdClient::from_sink("", sink);
    call_all(contrib::cadence_1::Metrics::new(client));
    let mut sent = 0;
    for datagram in receiver.try_iter() {
        let line = String::from_utf8(datagram).unwrap();
        assert!(!line.contains(char::is_control), "{line}");
        let [value, kind, tags] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        assert_eq!((value, kind), ("redress.calls:1", "c"));
        for tag in tags.strip_prefix('#').unwrap().split(',') {
            let (name, value) = tag.split_once(':').unwrap();
            assert!(["operation", "result"].contains(&name), "{line}");
            assert!(!value.is_empty() && tag.len() <= 200, "{line}");
        }
        sent += 1;
    }
    assert_eq!(sent, names().len());
}

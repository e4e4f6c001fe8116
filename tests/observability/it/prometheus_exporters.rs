//! Prometheus has the same numbers from every exporter, and they are those that were counted by hand.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use redress_observability_tests::endpoint::{OPEN_METRICS, TEXT};
use redress_observability_tests::outage::expected;
use serde_json::Value;

use crate::program::Program;
use crate::receivers::{Labels, Prometheus, Stamped, http, lint, until};

const DASHBOARD: &str = include_str!("../../../redress/observability/redress-dashboard.json");
const OTEL_DASHBOARD: &str =
    include_str!("../../../redress/observability/redress-otel-dashboard.json");

/// An exporter, as the program names it, and the dashboard that has its names of labels.
struct Exporter {
    name: &'static str,
    dashboard: &'static str,
    content_type: &'static str,
    /// What a second is in its times.
    second: u64,
}

const EXPORTERS: [Exporter; 4] = [
    Exporter {
        name: "prometheus-0_14",
        dashboard: DASHBOARD,
        content_type: TEXT,
        second: 1000,
    },
    Exporter {
        name: "prometheus-client-0_26",
        dashboard: DASHBOARD,
        content_type: OPEN_METRICS,
        second: 1,
    },
    Exporter {
        name: "metrics-0_24",
        dashboard: DASHBOARD,
        content_type: TEXT,
        second: 1000,
    },
    Exporter {
        name: "opentelemetry-0_33 metrics",
        dashboard: OTEL_DASHBOARD,
        content_type: TEXT,
        second: 1000,
    },
];

/// A run before the first scrape, so that every series is there, and so many between the two.
const BEFORE: u64 = 1;
const BETWEEN: u64 = 3;
/// The seconds between the two scrapes.
const APART: u64 = 240;

/// Returns the queries of a dashboard's panels, with values for its variables.
fn queries(dashboard: &str, job: &str) -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let query = query.replace("$__rate_interval", "5m").replace("$job", job);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let name = format!("{} {}", text(&panel["title"]), text(&target["refId"]));
            queries.push((name, query.replace("$operation", ".*")));
        }
    }
    queries
}

/// What a query gives. Labels have the names of the first dialect, bounds are numbers, and values are
/// rounded: a sum depends on the order of its parts.
type Numbers = BTreeMap<Labels, i64>;

fn numbers(samples: BTreeMap<Labels, f64>) -> Numbers {
    let label = |(name, value): (String, String)| {
        let name = match name.strip_prefix("redress_").unwrap_or(&name) {
            "error_type" => "class",
            name => name,
        };
        let bound = value.parse::<f64>().ok().filter(|_| name == "le");
        (
            name.to_owned(),
            bound.map_or(value, |bound| bound.to_string()),
        )
    };
    // Prometheus leaves out labels that are empty.
    let sample = |(labels, value): (Labels, f64)| {
        (
            labels.into_iter().map(label).collect(),
            (value * 1e6).round() as i64,
        )
    };
    samples.into_iter().map(sample).collect()
}

/// What a rate is, in the same unit, of something that has happened so often between the scrapes.
fn per_second(count: u64) -> i64 {
    (count as f64 / APART as f64 * 1e6).round() as i64
}

/// Sums up what happened between the scrapes, by some of the labels of expected counts.
fn expected_rates(
    counts: fn(u64) -> expected::Counts,
    labels: impl Fn(&[String]) -> Option<Vec<(&'static str, String)>>,
) -> Numbers {
    let (before, after) = (counts(BEFORE), counts(BEFORE + BETWEEN));
    let mut sums = BTreeMap::<Labels, u64>::new();
    for (key, count) in after {
        let Some(labels) = labels(&key) else { continue };
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
        let labels = labels
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        *sums.entry(labels).or_default() += count - before[&key];
    }
    sums.into_iter()
        .map(|(labels, sum)| (labels, per_second(sum)))
        .collect()
}

#[test]
fn the_ten_panels_show_the_same_from_every_exporter() {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut programs: Vec<_> = EXPORTERS.iter().map(|it| Program::start(it.name)).collect();
    let pages: Vec<_> = EXPORTERS
        .iter()
        .zip(&programs)
        .map(|(it, program)| Stamped::new(it.content_type, program.address))
        .collect();
    let runs = |programs: &mut Vec<Program>, runs| {
        for _ in 0..runs {
            programs.iter_mut().for_each(Program::outage);
        }
    };
    let take = |time| {
        for (page, exporter) in pages.iter().zip(&EXPORTERS) {
            page.take(time, exporter.second);
        }
    };

    runs(&mut programs, BEFORE);
    take(now - APART);
    let jobs = EXPORTERS.iter().zip(&pages);
    let jobs: Vec<_> = jobs.map(|(it, page)| (it.name, page.address())).collect();
    let prometheus = Prometheus::start(&jobs, "groups: []");
    let scraped_at = |time: u64| {
        let query = format!("timestamp(redress_budget_remaining) == {time}");
        until("a scrape of each program", || {
            let found = prometheus.query(&query, Some(time as f64));
            (found.len() == EXPORTERS.len()).then_some(())
        });
    };
    scraped_at(now - APART);
    runs(&mut programs, BETWEEN);
    take(now);
    scraped_at(now);

    let ask = |exporter: &Exporter| -> Vec<(String, Numbers)> {
        let queries = queries(exporter.dashboard, exporter.name).into_iter();
        let answers = queries
            .map(|(name, query)| (name, numbers(prometheus.query(&query, Some(now as f64)))));
        answers.collect()
    };
    let first = ask(&EXPORTERS[0]);
    assert_eq!(first.len(), 14, "the queries of ten panels");
    for (name, numbers) in &first {
        assert!(!numbers.is_empty(), "{name} shows nothing");
    }
    for exporter in &EXPORTERS[1..] {
        for (of_first, of_this) in first.iter().zip(ask(exporter)) {
            assert_eq!(*of_first, of_this, "{}", exporter.name);
        }
    }
    as_counted_by_hand(&first.into_iter().collect());
}

/// Compares the panels with what was counted by hand.
fn as_counted_by_hand(panels: &BTreeMap<String, Numbers>) {
    let counted = |panel: &str, expected: Numbers| assert_eq!(panels[panel], expected, "{panel}");
    counted(
        "Calls A",
        expected_rates(expected::calls, |key| {
            Some(vec![("result", key[1].clone())])
        }),
    );
    counted(
        "Retries A",
        expected_rates(expected::retries, |key| {
            Some(vec![("class", key[1].clone())])
        }),
    );
    let is_good = |result: &str| result.starts_with("success");
    let is_neither = |result: &str| ["aborted", "cancelled", "scheduled"].contains(&result);
    counted(
        "Calls that stopped A",
        expected_rates(expected::calls, |key| {
            let stopped = !is_good(&key[1]) && !is_neither(&key[1]);
            stopped.then(|| vec![("result", key[1].clone()), ("class", key[2].clone())])
        }),
    );

    let sum = |counts: expected::Counts, is: &dyn Fn(&[String]) -> bool| {
        let counts = counts.into_iter().filter(|(key, _)| is(key));
        counts.map(|(_, count)| count).sum::<u64>() as f64
    };
    let one = |labels: &[(&str, &str)], value: f64| {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        (labels.collect::<Labels>(), (value * 1e6).round() as i64)
    };
    let (calls, retries) = (expected::calls(1), expected::retries(1));
    let good = sum(calls.clone(), &|key| is_good(&key[1]));
    let judged = sum(calls.clone(), &|key| !is_neither(&key[1]));
    counted(
        "Effective and actual success A",
        [one(&[], good / judged)].into(),
    );
    // The retry that had no thread is counted, and so the call's one attempt is.
    let first_attempts = sum(calls.clone(), &|key| {
        !["circuit_rejected", "no_thread"].contains(&&*key[1])
    });
    let attempts = first_attempts + sum(retries.clone(), &|_| true);
    counted(
        "Effective and actual success B",
        [one(&[], good / attempts)].into(),
    );

    let of = |counts: &expected::Counts, operation: &str| {
        sum(counts.clone(), &|key| key[0] == operation)
    };
    let operations = ["checkout", "load", "pay"];
    let amplification = operations.map(|operation| {
        let more = of(&retries, operation) / of(&calls, operation);
        one(&[("operation", operation)], 1.0 + more)
    });
    counted("Attempts for each call A", amplification.into());
    let retried = [("load", 1.0), ("pay", 10.0)];
    let saved = retried.map(|(operation, retried)| {
        let saved = sum(calls.clone(), &|key| {
            key[0] == operation && key[1] == "success_after_retry"
        });
        one(&[("operation", operation)], saved / retried)
    });
    counted("Saved by retries A", saved.into());
    let waiting = [("load", 0.5), ("pay", 32.0)].map(|(operation, seconds)| {
        one(
            &[("operation", operation)],
            seconds * BETWEEN as f64 / APART as f64,
        )
    });
    counted("Calls that wait A", waiting.into());
    // Open at the end of each run.
    counted(
        "Circuit breakers A",
        [one(&[("breaker", "db")], 2.0)].into(),
    );
}

#[test]
fn promtool_has_nothing_to_say_against_the_names_and_the_help() {
    // It does not know OpenMetrics.
    for exporter in EXPORTERS.iter().filter(|it| it.content_type == TEXT) {
        let mut program = Program::start(exporter.name);
        program.outage();
        let page = http::get(&format!("http://{}/", program.address)).unwrap();
        assert!(page.contains("redress_calls_total"), "{page}");
        assert_eq!(lint(&page), "", "{}", exporter.name);
    }
}

//! Every line that is sent to StatsD can be read strictly, and they add up to what was counted by hand.

use std::collections::BTreeMap;

use redress_observability_tests::outage::expected::{self, Counts, Seen};

use crate::program::Program;
use crate::receivers::{Kind, Line, Statsd};

/// Puts the tags of a line in the order of the labels; those that are missing are empty.
fn labels(line: &Line, keys: &[&str]) -> Vec<String> {
    let mut tags = line.tags.clone();
    let labels = keys
        .iter()
        .map(|key| tags.remove(*key).unwrap_or_default())
        .collect();
    assert!(tags.is_empty(), "{line:?} has more than {keys:?}");
    labels
}

#[test]
fn the_lines_of_the_outage_add_up_to_what_was_counted_by_hand() {
    let statsd = Statsd::start();
    let mut program = Program::sending("cadence-1", &statsd.address().to_string());
    let mut lines = Vec::new();
    for _ in 0..2 {
        program.outage();
        lines.extend(statsd.lines());
    }
    let of = |metric: &str, kind: Kind| -> Vec<&Line> {
        let of: Vec<_> = lines.iter().filter(|line| line.name == metric).collect();
        assert!(
            of.iter().all(|line| line.kind == kind),
            "{metric} is not a {kind:?}"
        );
        of
    };
    let counted = |metric: &str, keys: &[&str], expected: Counts| {
        let mut counts = Counts::new();
        for line in of(metric, Kind::Count) {
            let sum: f64 = line.values.iter().sum();
            *counts.entry(labels(line, keys)).or_default() += sum as u64;
        }
        assert_eq!(counts, expected, "{metric}");
    };
    counted(
        "redress.calls",
        &["operation", "result", "class"],
        expected::calls(2),
    );
    counted(
        "redress.retries",
        &["operation", "class", "cause"],
        expected::retries(2),
    );
    counted(
        "redress.circuit.transitions",
        &["breaker", "to"],
        expected::transitions(2),
    );

    // In thousandths, which can be compared.
    let thousandths = |value: f64| (value * 1000.0).round() as u64;
    let seen = |metric: &str, keys: &[&str], expected: Seen| {
        let mut values = BTreeMap::<_, BTreeMap<u64, u64>>::new();
        for line in of(metric, Kind::Distribution) {
            let seen = values.entry(labels(line, keys)).or_default();
            for value in &line.values {
                *seen.entry(thousandths(*value)).or_default() += 1;
            }
        }
        let expected = expected.into_iter().map(|(labels, values)| {
            let values = values
                .into_iter()
                .map(|(value, count)| (thousandths(value), count));
            (labels, values.collect())
        });
        assert_eq!(values, expected.collect(), "{metric}");
    };
    seen(
        "redress.call.retries",
        &["operation"],
        expected::call_retries(2),
    );
    seen("redress.retry.delay", &["operation"], expected::delays(2));
    let of_durations = ["operation", "result"];
    seen(
        "redress.call.duration",
        &of_durations,
        expected::call_durations(2),
    );
    seen(
        "redress.attempt.duration",
        &of_durations,
        expected::attempt_durations(2),
    );

    let last_of = |metric: &str, keys: &[&str]| -> BTreeMap<Vec<String>, f64> {
        let lines = of(metric, Kind::Gauge).into_iter();
        lines
            .map(|line| (labels(line, keys), line.values[0]))
            .collect()
    };
    let key = |labels: &[&str]| {
        labels
            .iter()
            .map(|label| (*label).to_owned())
            .collect::<Vec<_>>()
    };
    let states = [("closed", 0.0), ("half_open", 0.0), ("open", 1.0)];
    let states = states.map(|(state, value)| (key(&["db", state]), value));
    assert_eq!(
        last_of("redress.circuit.state", &["breaker", "state"]),
        states.into()
    );
    let remaining = last_of("redress.budget.remaining", &["budget"]);
    assert_eq!(remaining, [(key(&["shared"]), 0.0)].into());
    let known = [
        "redress.calls",
        "redress.retries",
        "redress.circuit.transitions",
        "redress.call.retries",
        "redress.retry.delay",
        "redress.call.duration",
        "redress.attempt.duration",
        "redress.calls_in_flight",
        "redress.circuit.state",
        "redress.budget.remaining",
    ];
    let strange = lines.iter().find(|line| !known.contains(&&*line.name));
    assert_eq!(strange, None);
}

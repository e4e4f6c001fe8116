//! The alerts fire in an outage, those that are about it and no others, and none fires in calm.

use std::collections::BTreeSet;

use crate::program::Program;
use crate::receivers::{Prometheus, until};

const RULES: &str = include_str!("../../../redress/observability/redress.rules.yml");
const OTEL_RULES: &str = include_str!("../../../redress/observability/redress-otel.rules.yml");

/// What the outage in small is to set off. Credentials and the names of operations are in order, the
/// errors are classified, retries help, and callers notice.
const OF_THE_OUTAGE: [&str; 10] = [
    "RedressBudgetExhausted",
    "RedressCallsFail",
    "RedressCallsWait",
    "RedressCircuitFlaps",
    "RedressCircuitOpen",
    "RedressDeadlineExceeded",
    "RedressNoStrategy",
    "RedressNoThread",
    "RedressPanics",
    "RedressRetryStorm",
];

/// Writes the rules so that minutes and hours are some seconds.
fn hurried(rules: &str) -> String {
    let mut hurried = String::new();
    for line in rules.lines() {
        let mut line = line.to_owned();
        for range in ["[5m]", "[10m]", "[15m]", "[1h]"] {
            line = line.replace(range, "[4s]");
        }
        if line.trim_start().starts_with("for: ") {
            line = "        for: 1s".to_owned();
        }
        hurried.push_str(&line);
        hurried.push('\n');
    }
    assert!(
        !hurried.contains("m]") && !hurried.contains("h]"),
        "{hurried}"
    );
    hurried
}

/// Returns the names of the alerts that fire.
fn firing(prometheus: &Prometheus) -> BTreeSet<String> {
    let alerts = prometheus.alerts().into_iter();
    let firing = alerts.filter(|alert| alert.state == "firing");
    firing.map(|alert| alert.name().to_owned()).collect()
}

#[test]
fn the_alerts_of_an_outage_fire_and_none_in_calm() {
    fire("prometheus-0_14", RULES);
}

#[test]
fn the_alerts_fire_with_the_labels_of_opentelemetry_too() {
    fire("opentelemetry-0_33 metrics", OTEL_RULES);
}

#[track_caller]
fn fire(exporter: &str, rules: &str) {
    let mut program = Program::start(exporter);
    program.calm();
    let job = [("shop", program.address)];
    let prometheus = Prometheus::start(&job, &hurried(rules));
    // As long as it takes to have a rate, and for an alert to have lasted.
    until("seven seconds of calm", || {
        program.calm();
        assert_eq!(firing(&prometheus), BTreeSet::new());
        let rates = "count_over_time(operation:redress_calls:rate5m[7s]) > 20";
        (!prometheus.query(rates, None).is_empty()).then_some(())
    });

    let mut fired = BTreeSet::new();
    until("the alerts of the outage", || {
        program.outage();
        fired.extend(firing(&prometheus));
        let missing = OF_THE_OUTAGE.iter().filter(|name| !fired.contains(**name));
        (missing.count() == 0).then_some(())
    });
    assert_eq!(fired, OF_THE_OUTAGE.map(str::to_owned).into());
}

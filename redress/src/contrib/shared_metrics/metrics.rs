use super::exporter::{Label, Metric};

// A change here is one of `redress/observability/metrics.tsv` and `labels.tsv`, too: the dashboards and
// alerts are made of those.

const OPERATION: Label = Label {
    name: "operation",
    otel: "redress.operation",
};
const CLASS: Label = Label {
    name: "class",
    otel: "error.type",
};
const CAUSE: Label = Label {
    name: "cause",
    otel: "redress.cause",
};
const RESULT: Label = Label {
    name: "result",
    otel: "redress.result",
};
const BREAKER: Label = Label {
    name: "breaker",
    otel: "redress.breaker",
};
const STATE: Label = Label {
    name: "state",
    otel: "redress.state",
};
const TO: Label = Label {
    name: "to",
    otel: "redress.to",
};
const BUDGET: Label = Label {
    name: "budget",
    otel: "redress.budget",
};

const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0,
];

pub(in crate::contrib) static CALLS: Metric = Metric {
    name: "redress_calls_total",
    otel: "redress.calls",
    unit: "{call}",
    help: "Calls that ended.",
    labels: &[OPERATION, RESULT, CLASS],
    buckets: &[],
};

pub(in crate::contrib) static RETRIES: Metric = Metric {
    name: "redress_retries_total",
    otel: "redress.retries",
    unit: "{retry}",
    help: "Retries that were decided on.",
    labels: &[OPERATION, CLASS, CAUSE],
    buckets: &[],
};

pub(in crate::contrib) static CALL_RETRIES: Metric = Metric {
    name: "redress_call_retries",
    otel: "redress.call.retries",
    unit: "{retry}",
    help: "Retries of each call that was retried.",
    labels: &[OPERATION],
    buckets: &[1.0, 2.0, 3.0, 4.0, 5.0, 10.0],
};

pub(in crate::contrib) static RETRY_DELAY: Metric = Metric {
    name: "redress_retry_delay_seconds",
    otel: "redress.retry.delay",
    unit: "s",
    help: "Delays before retries.",
    labels: &[OPERATION],
    buckets: SECONDS,
};

pub(in crate::contrib) static CALL_DURATION: Metric = Metric {
    name: "redress_call_duration_seconds",
    otel: "redress.call.duration",
    unit: "s",
    help: "How long calls took, with their attempts and delays.",
    labels: &[OPERATION, RESULT],
    buckets: SECONDS,
};

pub(in crate::contrib) static ATTEMPT_DURATION: Metric = Metric {
    name: "redress_attempt_duration_seconds",
    otel: "redress.attempt.duration",
    unit: "s",
    help: "How long attempts took.",
    labels: &[OPERATION, RESULT],
    buckets: SECONDS,
};

pub(in crate::contrib) static CALLS_IN_FLIGHT: Metric = Metric {
    name: "redress_calls_in_flight",
    otel: "redress.calls_in_flight",
    unit: "{call}",
    help: "Calls that have started and not ended.",
    labels: &[OPERATION],
    buckets: &[],
};

pub(in crate::contrib) static CIRCUIT_STATE: Metric = Metric {
    name: "redress_circuit_state",
    otel: "redress.circuit.state",
    unit: "{breaker}",
    help: "1 for the state that the circuit breaker is in, 0 for the two others.",
    labels: &[BREAKER, STATE],
    buckets: &[],
};

pub(in crate::contrib) static CIRCUIT_TRANSITIONS: Metric = Metric {
    name: "redress_circuit_transitions_total",
    otel: "redress.circuit.transitions",
    unit: "{transition}",
    help: "Changes of the circuit breaker's state.",
    labels: &[BREAKER, TO],
    buckets: &[],
};

pub(in crate::contrib) static BUDGET_REMAINING: Metric = Metric {
    name: "redress_budget_remaining",
    otel: "redress.budget.remaining",
    unit: "{retry}",
    help: "Retries that the budget would allow now.",
    labels: &[BUDGET],
    buckets: &[],
};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{names, operation, states};
    use super::*;
    use crate::breaker::CircuitState;
    use crate::classify::ErrorClass;
    use crate::observe::CallResult;
    use crate::reason::Cause;

    /// Reads a table of `redress/observability`: a row is a map from the names of its columns.
    fn rows(table: &'static str) -> Vec<BTreeMap<&'static str, &'static str>> {
        let mut lines = table.lines().map(|line| line.split('\t'));
        let columns: Vec<_> = lines.next().unwrap().collect();
        lines
            .map(|row| columns.iter().copied().zip(row).collect())
            .collect()
    }

    fn join(values: impl IntoIterator<Item = impl ToString>) -> String {
        let values: Vec<_> = values.into_iter().map(|value| value.to_string()).collect();
        values.join(",")
    }

    #[test]
    fn the_metrics_are_those_of_the_table() {
        let here = [
            (&CALLS, "counter"),
            (&RETRIES, "counter"),
            (&CALL_RETRIES, "histogram"),
            (&RETRY_DELAY, "histogram"),
            (&CALL_DURATION, "histogram"),
            (&ATTEMPT_DURATION, "histogram"),
            (&CALLS_IN_FLIGHT, "gauge"),
            (&CIRCUIT_STATE, "gauge"),
            (&CIRCUIT_TRANSITIONS, "counter"),
            (&BUDGET_REMAINING, "gauge"),
        ];
        let table = rows(include_str!("../../../observability/metrics.tsv"));
        assert_eq!(table.len(), here.len());
        for (row, (metric, kind)) in table.iter().zip(here) {
            let buckets = match metric.buckets {
                [] => "-".to_owned(),
                buckets => join(buckets),
            };
            let shown = [metric.name, metric.otel, kind, metric.unit, metric.help];
            let columns = ["name", "otel", "type", "unit", "help"];
            assert_eq!(columns.map(|column| row[column]), shown);
            assert_eq!(row["labels"], join(metric.label_names()), "{}", metric.name);
            assert_eq!(row["buckets"], buckets, "{}", metric.name);
        }
    }

    #[test]
    fn the_labels_and_their_values_are_those_of_the_tables() {
        let table = rows(include_str!("../../../observability/labels.tsv"));
        let results = rows(include_str!("../../../observability/results.tsv"));
        let results: BTreeSet<_> = results.iter().map(|row| row["result"]).collect();
        assert_eq!(
            results,
            CallResult::ALL.iter().map(|r| r.as_str()).collect()
        );
        let value_lists = |label: &str| {
            let rows = table.iter().filter(|row| row["label"] == label);
            rows.map(|row| row["values"]).collect::<Vec<_>>()
        };
        let states = join(states::STATES.map(CircuitState::as_str));
        assert_eq!(value_lists("class"), [join(ErrorClass::ALL)]);
        assert_eq!(value_lists("cause"), [join(Cause::ALL)]);
        assert_eq!(value_lists("state"), [states.as_str()]);
        assert_eq!(value_lists("to"), [states.as_str()]);
        let of_calls = join(operation::CALL_ENDS);
        let of_attempts = join(operation::ATTEMPT_ENDS);
        assert_eq!(
            value_lists("result"),
            ["results.tsv", of_calls.as_str(), of_attempts.as_str()]
        );
        let labels = [OPERATION, CLASS, CAUSE, RESULT, BREAKER, STATE, TO, BUDGET];
        let here: BTreeSet<_> = labels
            .iter()
            .map(|label| (label.name, label.otel))
            .collect();
        assert_eq!(
            here,
            table
                .iter()
                .map(|row| (row["label"], row["otel"]))
                .collect()
        );
        let operation = table
            .iter()
            .find(|row| row["label"] == "operation")
            .unwrap();
        assert!(operation["help"].contains(&format!(
            "`{}` beyond {} names",
            names::OTHER,
            names::CAP
        )));
    }
}

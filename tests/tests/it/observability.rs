//! The tables of `redress/observability` against the crate: a name that only one of them has would be a
//! panel that stays empty.

use std::collections::BTreeSet;

use redress::observe::CallResult;
use redress::{Cause, CircuitState, ErrorClass, StopReason};

const LABELS: &str = include_str!("../../../redress/observability/labels.tsv");
const RESULTS: &str = include_str!("../../../redress/observability/results.tsv");

/// Returns the rows of a table, without its head.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|row| row.split('\t').collect())
}

/// Returns the values of a label, in the table's order.
fn values(label: &str) -> Vec<&'static str> {
    let row = rows(LABELS).find(|row| row[0] == label).unwrap();
    row[3].split(',').collect()
}

#[test]
fn the_table_of_results_has_every_way_in_which_a_call_can_end() {
    let ours: BTreeSet<_> = CallResult::ALL.map(CallResult::as_str).into();
    let table: Vec<_> = rows(RESULTS).map(|row| row[0]).collect();
    assert_eq!(BTreeSet::from_iter(table.iter().copied()), ours);
    assert_eq!(table.len(), ours.len(), "each once");
}

#[test]
fn the_table_of_results_counts_the_two_successes_as_successes() {
    for row in rows(RESULTS) {
        let result = CallResult::ALL.into_iter().find(|it| it.as_str() == row[0]);
        let is_success = result.is_some_and(CallResult::is_success);
        assert_eq!(row[1] == "success", is_success, "{row:?}");
    }
}

#[test]
fn the_table_of_results_has_every_stop_reason_where_it_belongs() {
    let mut ours = BTreeSet::new();
    for reason in StopReason::ALL {
        ours.insert((CallResult::of_stop(reason).as_str(), reason.as_str()));
    }
    let of_row = |row: Vec<&'static str>| {
        let reasons = row[2].split(',').filter(|reason| *reason != "-");
        reasons.map(move |reason| (row[0], reason))
    };
    assert_eq!(
        rows(RESULTS).flat_map(of_row).collect::<BTreeSet<_>>(),
        ours
    );
}

#[test]
fn the_table_of_labels_has_the_values_of_the_closed_sets() {
    assert_eq!(values("class"), ErrorClass::ALL.map(ErrorClass::as_str));
    assert_eq!(values("cause"), Cause::ALL.map(Cause::as_str));
    let states = [
        CircuitState::Closed,
        CircuitState::HalfOpen,
        CircuitState::Open,
    ];
    assert_eq!(values("state"), states.map(CircuitState::as_str));
    assert_eq!(values("to"), states.map(CircuitState::as_str));
}

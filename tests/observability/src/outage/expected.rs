//! What some runs of the outage must be counted as, by hand.

use std::collections::BTreeMap;

/// The series of each family that is a counter: the values of its labels, in the order of
/// `metrics.tsv`, and how often.
pub type Counts = BTreeMap<Vec<String>, u64>;

/// What a histogram has seen of each of its label sets: values with how often each.
pub type Seen = BTreeMap<Vec<String>, Vec<(f64, u64)>>;

fn counts<const N: usize>(runs: u64, rows: &[([&str; N], u64)]) -> Counts {
    let row =
        |(labels, count): &([&str; N], u64)| (labels.map(str::to_owned).to_vec(), count * runs);
    rows.iter().map(row).collect()
}

/// Values of labels, and values with how often each.
type Row<'a, const N: usize> = ([&'a str; N], &'a [(f64, u64)]);

fn seen<const N: usize>(runs: u64, rows: &[Row<'_, N>]) -> Seen {
    let row = |(labels, values): &Row<'_, N>| {
        let values = values.iter().map(|(value, count)| (*value, count * runs));
        (labels.map(str::to_owned).to_vec(), values.collect())
    };
    rows.iter().map(row).collect()
}

/// By operation, result and class.
pub fn calls(runs: u64) -> Counts {
    counts(
        runs,
        &[
            (["checkout", "success", ""], 1),
            (["load", "success", ""], 2),
            (["load", "success_after_retry", ""], 1),
            (["load", "budget_exhausted", "SERVER_ERROR"], 4),
            (["load", "circuit_rejected", ""], 4),
            (["pay", "success", ""], 5),
            // Twice TRANSIENT, RATE_LIMIT, a value, a timeout, the call inside a call.
            (["pay", "success_after_retry", ""], 6),
            (["pay", "permanent_fail", "PERMANENT"], 1),
            (["pay", "max_attempts_exceeded", "SERVER_ERROR"], 2),
            (["pay", "max_unknown_attempts_exceeded", "UNKNOWN"], 1),
            (["pay", "aborted", ""], 1),
            (["pay", "retry_forbidden", "TRANSIENT"], 1),
            (["pay", "may_have_been_applied", "TRANSIENT"], 1),
            (["pay", "scheduled", "RATE_LIMIT"], 1),
            (["pay", "deadline_exceeded", "TRANSIENT"], 1),
            (["pay", "no_strategy_configured", "CONCURRENCY"], 1),
            (["pay", "no_thread", "TRANSIENT"], 1),
            (["pay", "panicked", ""], 1),
            (["pay", "cancelled", ""], 2),
        ],
    )
}

/// By operation, class and cause.
pub fn retries(runs: u64) -> Counts {
    counts(
        runs,
        &[
            (["load", "TRANSIENT", "error"], 1),
            // Two saved, the one before the deadline, the one dropped in its pause, the one inside a call.
            (["pay", "TRANSIENT", "error"], 5),
            (["pay", "TRANSIENT", "result"], 1),
            // One is saved, for one there is no thread.
            (["pay", "TRANSIENT", "timeout"], 2),
            // Two saved a call, one is deferred.
            (["pay", "RATE_LIMIT", "error"], 3),
            (["pay", "SERVER_ERROR", "error"], 4),
            (["pay", "UNKNOWN", "error"], 1),
        ],
    )
}

/// By operation: the retries of each call that made any. Neither the deferred one was made, nor the
/// one that was dropped in its pause, nor the one that had no thread.
pub fn call_retries(runs: u64) -> Seen {
    seen(
        runs,
        &[
            (["load"], &[(1.0, 1)]),
            // Five saved, UNKNOWN and the deadline once each; RATE_LIMIT and SERVER_ERROR twice each.
            (["pay"], &[(1.0, 7), (2.0, 3)]),
        ],
    )
}

/// By operation: the delays that were decided on.
pub fn delays(runs: u64) -> Seen {
    seen(runs, &[(["load"], &[(0.5, 1)]), (["pay"], &[(2.0, 16)])])
}

/// By breaker and state: how often it went there. In the first run it was closed before.
pub fn transitions(runs: u64) -> Counts {
    let mut counts = counts(
        runs,
        &[
            (["db", "closed"], 2),
            (["db", "half_open"], 2),
            (["db", "open"], 2),
        ],
    );
    for to in ["closed", "half_open"] {
        let count = counts.get_mut(&vec!["db".to_owned(), to.to_owned()]);
        *count.unwrap() -= 1;
    }
    counts
}

/// By operation and result: how long calls took, in seconds.
pub fn call_durations(runs: u64) -> Seen {
    seen(
        runs,
        &[
            // The call inside it.
            (["checkout", "success"], &[(2.08, 1)]),
            (["load", "success"], &[(0.04, 2), (0.58, 1)]),
            (["load", "failure"], &[(0.04, 4), (0.0, 4)]),
            // At once; after one retry; after two; after one that timed out.
            (
                ["pay", "success"],
                &[(0.04, 5), (2.08, 4), (4.12, 1), (3.04, 1)],
            ),
            // One attempt: PERMANENT, abort, pushback, once, deferred, no strategy, two dropped. Two: UNKNOWN
            // and the deadline. Three: SERVER_ERROR. None that ended: the panic. One given up: no thread.
            (
                ["pay", "failure"],
                &[(0.04, 8), (2.08, 2), (4.12, 2), (0.0, 1), (3.0, 1)],
            ),
        ],
    )
}

/// By operation and result: how long attempts took, in seconds.
pub fn attempt_durations(runs: u64) -> Seen {
    seen(
        runs,
        &[
            (["checkout", "success"], &[(2.08, 1)]),
            (["load", "success"], &[(0.04, 3)]),
            (["load", "failure"], &[(0.04, 5)]),
            (["pay", "success"], &[(0.04, 11)]),
            // 2 + 2 saved, 1 permanent, 6 SERVER_ERROR, 2 UNKNOWN, abort, pushback, once, deferred, 2 before the
            // deadline, no strategy, a value, dropped in the pause, inside a call.
            (["pay", "failure"], &[(0.04, 23)]),
            (["pay", "timeout"], &[(1.0, 2)]),
            (["pay", "cancelled"], &[(0.04, 1), (0.0, 1)]),
        ],
    )
}

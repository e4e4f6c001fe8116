use std::collections::BTreeMap;

use cadence::{SpyMetricSink, StatsdClient};
use redress::contrib::cadence_1::Metrics;
use redress::{Budget, CircuitBreaker, ErrorClass};

use crate::calls::{one_of_each, policy};

type Receiver = crossbeam_channel::Receiver<Vec<u8>>;

fn metrics() -> (Receiver, Metrics) {
    let (receiver, sink) = SpyMetricSink::new();
    (receiver, Metrics::new(StatsdClient::from_sink("", sink)))
}

/// Returns the datagrams with how often each was sent.
fn sent(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut sent = BTreeMap::new();
    for datagram in receiver.try_iter() {
        *sent
            .entry(String::from_utf8(datagram).unwrap())
            .or_default() += 1;
    }
    sent
}

#[track_caller]
fn assert_sent(receiver: &Receiver, expected: &[(&str, usize)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(line, n)| ((*line).to_owned(), *n))
        .collect();
    assert_eq!(sent(receiver), expected);
}

#[test]
fn each_way_to_end_is_sent_once() {
    let (receiver, metrics) = metrics();
    one_of_each("op", metrics);
    assert_sent(
        &receiver,
        &[
            ("redress.calls:1|c|#operation:op,result:success", 1),
            (
                "redress.calls:1|c|#operation:op,result:success_after_retry",
                1,
            ),
            (
                "redress.calls:1|c|#operation:op,result:max_attempts_exceeded,class:TRANSIENT",
                1,
            ),
            (
                "redress.calls:1|c|#operation:op,result:permanent_fail,class:PERMANENT",
                1,
            ),
            ("redress.calls:1|c|#operation:op,result:cancelled", 1),
            (
                "redress.retries:1|c|#operation:op,class:RATE_LIMIT,cause:error",
                1,
            ),
            (
                "redress.retries:1|c|#operation:op,class:TRANSIENT,cause:error",
                3,
            ),
            ("redress.call.retries:1|d|#operation:op", 1),
            ("redress.call.retries:2|d|#operation:op", 1),
            ("redress.retry.delay:0.25|d|#operation:op", 4),
        ],
    );
}

#[test]
fn durations_are_distributions_in_seconds_and_the_gauge_comes_back_to_zero() {
    let (receiver, metrics) = metrics();
    let policy = policy("load users, all|#1")
        .on_event(metrics.durations().in_flight())
        .build()
        .unwrap();
    policy.call(|| Ok::<_, ErrorClass>(())).unwrap();
    let tag = "#operation:load_users__all__1";
    assert_sent(
        &receiver,
        &[
            (&format!("redress.calls_in_flight:1|g|{tag}"), 1),
            (
                &format!("redress.attempt.duration:0|d|{tag},result:success"),
                1,
            ),
            (&format!("redress.calls:1|c|{tag},result:success"), 1),
            (
                &format!("redress.call.duration:0|d|{tag},result:success"),
                1,
            ),
            (&format!("redress.calls_in_flight:0|g|{tag}"), 1),
        ],
    );
}

#[test]
fn the_changes_of_a_breaker_are_sent_at_once_and_all_states_when_asked() {
    let (receiver, metrics) = metrics();
    let observer = metrics.clone();
    let breaker = CircuitBreaker::builder()
        .name("statsd")
        .on_change(move |change| redress::Observer::on_circuit_change(&observer, change))
        .build()
        .unwrap();
    let budget = Budget::success_ratio(0.1).named("statsd");
    breaker.force_open();
    let states = [
        ("redress.circuit.state:0|g|#breaker:statsd,state:closed", 1),
        (
            "redress.circuit.state:0|g|#breaker:statsd,state:half_open",
            1,
        ),
        ("redress.circuit.state:1|g|#breaker:statsd,state:open", 1),
    ];
    let mut expected = states.to_vec();
    expected.push(("redress.circuit.transitions:1|c|#breaker:statsd,to:open", 1));
    assert_sent(&receiver, &expected);
    metrics.send_states();
    let sent = sent(&receiver);
    for (line, _) in states {
        assert!(sent.contains_key(line), "{line} in {sent:?}");
    }
    assert!(sent.contains_key("redress.budget.remaining:100|g|#budget:statsd"));
    drop((breaker, budget));
}

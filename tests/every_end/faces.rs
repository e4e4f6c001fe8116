//! Each way by each of the faces of a policy, and dropped at each of its awaits.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use redress::observe::CallResult;

use super::ways::{Hook, Way, pending_twice, poll, ways};
use super::{Ended, Late, Watch};

fn assert_one_end(watch: &impl Watch, way: &Way, face: &str, runs: &AtomicU32) {
    watch.assert_ended(&Ended {
        way: &format!("{} by {face}", way.result),
        results: &[way.result],
        attempts: Some(runs.load(Ordering::SeqCst)),
        late: match way.result {
            CallResult::Success => Late::Nothing,
            _ => Late::Everything,
        },
    });
}

pub(super) fn every_way_by_every_face(watch: &impl Watch) {
    let mut seen = BTreeSet::new();
    for way in ways() {
        seen.insert(way.result.as_str());
        if way.hook == Hook::Nothing {
            let (operation, runs) = way.operation();
            let _ = way.policy(watch).call(operation);
            assert_one_end(watch, &way, "call", &runs);

            let (operation, runs) = way.operation();
            let _ = way.policy(watch).execute(operation);
            assert_one_end(watch, &way, "execute", &runs);

            let (operation, runs) = way.operation();
            let policy = way.policy(watch);
            assert!(poll(policy.call_async(|| pending_twice(operation())), 100));
            assert_one_end(watch, &way, "call_async", &runs);
        }
        let policy = way.policy(watch);
        let (operation, runs) = way.operation();
        let _ = way.context(&policy).call(operation);
        assert_one_end(watch, &way, "a context", &runs);

        let policy = way.policy(watch);
        let (operation, runs) = way.operation();
        let context = way.context(&policy);
        let outcome = context.execute_async(|| pending_twice(operation()));
        assert!(poll(outcome, 100));
        assert_one_end(watch, &way, "an async context", &runs);

        let policy = way.policy(watch);
        let (operation, runs) = way.operation();
        let _ = way.context(&policy).call_detached(operation);
        assert_one_end(watch, &way, "call_detached", &runs);
    }
    // What is left ends a call from outside, and has places of its own here; a policy has a thread.
    let all: BTreeSet<_> = CallResult::ALL
        .iter()
        .map(|result| result.as_str())
        .collect();
    let others: Vec<_> = all.difference(&seen).copied().collect();
    // Sessions, and calls that wait for something, have faces of their own.
    let elsewhere = [
        "cancelled",
        "no_thread",
        "not_ready",
        "panicked",
        "restarts_exceeded",
    ];
    assert_eq!(others, elsewhere);
}

pub(super) fn dropped_after_every_poll(watch: &impl Watch) {
    for way in ways() {
        for times in 0.. {
            let policy = way.policy(watch);
            let (operation, runs) = way.operation();
            let context = way.context(&policy);
            let ended = poll(context.call_async(|| pending_twice(operation())), times);
            let results = match (times, ended) {
                // It has not started.
                (0, _) => vec![],
                (_, false) => vec![CallResult::Cancelled],
                (_, true) => vec![way.result],
            };
            watch.assert_ended(&Ended {
                way: &format!("{} after {times} polls", way.result),
                results: &results,
                attempts: Some(runs.load(Ordering::SeqCst)),
                late: Late::Either,
            });
            if ended {
                break;
            }
        }
    }
}

//! Watchers that panic, and scopes that do not run what they are given or run it twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use redress::observe::{CallEnd, CallObserver, CallResult, CallStart, Interest};
use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::{ErrorClass, Event, Observer, Policy};

use super::watcher::Watcher;
use crate::every_end::{Ended, Late, Watch};

#[test]
fn a_broken_watcher_changes_nothing() {
    struct Broken;
    struct BrokenCall;
    impl Observer for Broken {
        fn on_call_start(&self, _: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
            Some(Arc::new(BrokenCall))
        }
        fn on_call_end(&self, _: &CallEnd<'_>) {
            panic!("as asked")
        }
    }
    impl CallObserver for BrokenCall {
        fn on_event(&self, _: &Event<'_>) {
            panic!("as asked")
        }
        fn scope(&self, attempt: u32, run: &mut dyn FnMut()) {
            match attempt {
                1 => {}
                2 => panic!("as asked"),
                _ => {
                    run();
                    run();
                }
            }
        }
    }
    let watcher = Watcher::new(Interest::ALL);
    let policy = Policy::builder()
        .classifier(|class: &ErrorClass| *class)
        .strategy(fixed(1))
        .max_attempts(4)
        .clock(VirtualClock::new())
        .on_event(watcher.observer())
        .on_event(Broken)
        .build()
        .unwrap();
    let runs = AtomicU32::new(0);
    let run = || {
        if runs.fetch_add(1, Ordering::SeqCst) < 3 {
            Err(ErrorClass::Transient)
        } else {
            Ok(7)
        }
    };
    assert_eq!(policy.call(run).unwrap(), 7);
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    watcher.assert_ended(&Ended {
        way: "broken",
        results: &[CallResult::SuccessAfterRetry],
        attempts: Some(4),
        late: Late::Everything,
    });
}

//! Panics of every part of a call that is the user's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redress::observe::CallResult;
use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{BackoffContext, Budget, CircuitBreaker, ErrorClass};

use super::ways::{Builder, Failure, builder, pending_twice, poll};
use super::{Ended, Late, Watch};

fn panics(run: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

fn failing() -> Result<(), Failure> {
    Err(Failure::Down)
}

fn build(watch: &impl Watch) -> Builder {
    let builder = builder(watch).attempt_timeout(5).strategy(fixed(1));
    builder
        .circuit_breaker(CircuitBreaker::new())
        .budget(Budget::rolling(9, 60))
}

pub(super) fn every_part_that_is_the_users_panics(watch: &impl Watch) {
    operations(watch);
    strategies_and_classifiers(watch);
    clocks(watch);
}

/// Runs what panics, and asserts that this ends one call, of so many attempts.
fn assert_panics(watch: &impl Watch, what: &str, attempts: u32, run: impl FnOnce()) {
    assert!(panics(run), "{what} does not panic");
    watch.assert_ended(&Ended {
        way: what,
        results: &[CallResult::Panicked],
        attempts: Some(attempts),
        late: match attempts {
            0 | 1 => Late::Either,
            _ => Late::Everything,
        },
    });
}

fn operations(watch: &impl Watch) {
    let policy = build(watch).build().unwrap();
    let panicking = || -> Result<(), Failure> { panic!("the operation, as asked") };
    assert_panics(watch, "operation", 1, || drop(policy.call(panicking)));
    let made = || -> std::future::Ready<Result<(), Failure>> { panic!("as asked") };
    assert_panics(watch, "making the future", 1, || {
        poll(policy.call_async(made), 9);
    });
    let polled = || async {
        pending_twice(()).await;
        panicking()
    };
    assert_panics(watch, "polling the future", 1, || {
        poll(policy.call_async(polled), 9);
    });
    let runs = AtomicU32::new(0);
    let later = || match runs.fetch_add(1, Ordering::SeqCst) {
        0 => failing(),
        _ => panic!("as asked"),
    };
    assert_panics(watch, "a later attempt", 2, || drop(policy.call(later)));
    assert_panics(watch, "a detached attempt", 1, || {
        drop(policy.call_detached(panicking));
    });
}

fn strategies_and_classifiers(watch: &impl Watch) {
    let strategy = |_: &BackoffContext<'_>| -> Duration { panic!("the strategy, as asked") };
    let policy = build(watch).strategy(strategy).build().unwrap();
    assert_panics(watch, "strategy", 1, || drop(policy.call(failing)));
    assert_panics(watch, "async strategy", 1, || {
        poll(policy.call_async(|| async { failing() }), 9);
    });

    let policy = build(watch).classifier(|_: &Failure| -> ErrorClass { panic!("as asked") });
    let policy = policy.build().unwrap();
    assert_panics(watch, "classifier", 1, || drop(policy.call(failing)));
    assert_panics(watch, "async classifier", 1, || {
        poll(policy.call_async(|| async { failing() }), 9);
    });
}

/// Panics when it is asked for the n-th time.
struct PanicsAt {
    left: AtomicU32,
    inner: VirtualClock,
}

impl PanicsAt {
    fn new(asked: u32) -> Self {
        Self {
            left: AtomicU32::new(asked),
            inner: VirtualClock::new(),
        }
    }

    fn count(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            panic!("the clock, as asked");
        }
    }
}

impl Clock for PanicsAt {
    fn now(&self) -> Instant {
        self.count();
        self.inner.now()
    }
    fn sleep(&self, duration: Duration) {
        self.count();
        self.inner.sleep(duration);
    }
    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        self.count();
        self.inner.sleep_async(duration)
    }
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.count();
        self.inner.timeout_async(duration)
    }
}

fn clocks(watch: &impl Watch) {
    let pending = || async {
        pending_twice(()).await;
        failing()
    };
    for asked in 0.. {
        let policy = build(watch).clock(PanicsAt::new(asked)).build().unwrap();
        let sync = panics(|| drop(policy.call(failing)));
        assert_clock(watch, asked, sync, "sync");
        let policy = build(watch).clock(PanicsAt::new(asked)).build().unwrap();
        let in_async = panics(|| {
            poll(policy.call_async(pending), 99);
        });
        assert_clock(watch, asked, in_async, "async");
        if !sync && !in_async {
            assert!(asked > 4, "the clock is asked");
            break;
        }
    }
}

fn assert_clock(watch: &impl Watch, asked: u32, panicked: bool, kind: &str) {
    let results = match (panicked, asked) {
        // It is asked first when the call starts, before anything is shown.
        (true, 0) => vec![],
        (true, _) => vec![CallResult::Panicked],
        (false, _) => vec![CallResult::MaxAttemptsExceeded],
    };
    watch.assert_ended(&Ended {
        way: &format!("a clock that panics when asked again after {asked} times, {kind}"),
        results: &results,
        attempts: None,
        late: Late::Either,
    });
}

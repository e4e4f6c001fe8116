//! A call that is dropped at any await, or that panics in any of the user's functions, returns to
//! its budget the cost of each retry that has not started.

use std::io::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{BackoffContext, Budget, ErrorClass, Policy};

use super::support::{SECOND, down};

const FULL: u32 = 10;

fn budgets() -> [(&'static str, Budget); 3] {
    [
        ("rolling", Budget::rolling(FULL, 3600)),
        ("funded", Budget::success_ratio(0.1).reserve(FULL)),
        (
            "in flight",
            Budget::in_flight_share(1.0).min_in_flight(FULL),
        ),
    ]
}

/// Checks the rest of the budget. A retry in flight ends with its call, so a budget of that kind is
/// full again.
fn settled(kind: &str, budget: &Budget, started: u32, what: &str) {
    let retries = if kind == "in flight" {
        0
    } else {
        started.saturating_sub(1)
    };
    assert_eq!(budget.remaining(), FULL - retries, "{kind}: {what}");
}

/// A future that is pending once, so that it can be dropped while it waits.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// A clock that panics after `left` calls, and whose sleeps take two polls.
#[derive(Clone)]
struct Fuse {
    time: VirtualClock,
    left: Arc<AtomicU32>,
}

impl Fuse {
    fn new(left: u32) -> Self {
        let left = Arc::new(AtomicU32::new(left));
        Self {
            time: VirtualClock::new(),
            left,
        }
    }

    /// Panics once the calls are used up. Each of the user's functions calls it.
    fn burn(&self) {
        let burnt = self
            .left
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        assert!(burnt.is_ok(), "the fuse has blown");
    }
}

impl Clock for Fuse {
    fn now(&self) -> Instant {
        self.burn();
        self.time.now()
    }

    fn sleep(&self, duration: Duration) {
        self.burn();
        self.time.sleep(duration);
    }

    fn sleep_async(&self, _duration: Duration) -> Option<Wait> {
        self.burn();
        Some(Box::pin(Once(false)))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.time.timeout_async(duration)
    }
}

fn policy(fuse: &Fuse, budget: &Budget) -> Policy<impl Fn(&Error) -> ErrorClass + use<>> {
    let (classifier, strategy) = (fuse.clone(), fuse.clone());
    Policy::builder()
        .classifier(move |_: &Error| {
            classifier.burn();
            ErrorClass::Transient
        })
        .strategy(move |_: &BackoffContext<'_>| {
            strategy.burn();
            SECOND
        })
        .max_attempts(3)
        .budget(budget.clone())
        .clock(fuse.clone())
        .build()
        .unwrap()
}

#[test]
fn cancellation_at_every_await_gives_back_what_has_not_started() {
    for kind in 0..3 {
        let mut polls = 0;
        loop {
            let (name, budget) = budgets()[kind].clone();
            let policy = policy(&Fuse::new(u32::MAX), &budget);
            let started = AtomicU32::new(0);
            let finished = {
                let mut call = pin!(policy.call_async(|| async {
                    started.fetch_add(1, SeqCst);
                    Once(false).await;
                    Err::<(), _>(down())
                }));
                let mut cx = Context::from_waker(Waker::noop());
                (0..polls).any(|_| call.as_mut().poll(&mut cx).is_ready())
            };
            settled(
                name,
                &budget,
                started.load(SeqCst),
                &format!("after {polls} polls"),
            );
            if finished {
                break;
            }
            polls += 1;
        }
        // One await in each of the three attempts, one in each of the two sleeps, and the last
        // poll.
        assert_eq!(polls, 6);
    }
}

#[test]
fn a_panic_in_any_function_of_the_users_gives_back_what_has_not_started() {
    for kind in 0..3 {
        let mut calls = 0;
        loop {
            let (name, budget) = budgets()[kind].clone();
            let fuse = Fuse::new(calls);
            let policy = policy(&fuse, &budget);
            let started = AtomicU32::new(0);
            let run = || {
                policy.call(|| {
                    started.fetch_add(1, SeqCst);
                    fuse.burn();
                    Err::<(), _>(down())
                })
            };
            let panicked = catch_unwind(AssertUnwindSafe(run)).is_err();
            let what = format!("panic at function call {calls}");
            settled(name, &budget, started.load(SeqCst), &what);
            if !panicked {
                break;
            }
            calls += 1;
        }
        // The operation, the classifier, the strategy, the clock and its sleep have all panicked.
        assert!(calls > 12, "{calls}");
    }
}

#[test]
fn a_call_that_is_over_is_not_in_flight_however_long_its_future_is_kept() {
    let budget = Budget::in_flight_share(1.0).min_in_flight(0);
    let policy = policy(&Fuse::new(u32::MAX), &budget);
    let mut call = pin!(policy.call_async(|| async { Ok::<_, Error>(()) }));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut cx).is_ready());
    assert_eq!(budget.remaining(), 0);
}

//! Gates through policies: waiting, deadlines, order, what is given back.

use std::io::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redress::strategies::{instant, retry_after_or};
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{
    CircuitBreaker, Classification, ErrorClass, Event, EventName, Gate, Interrupt, Outcome, Policy,
    StopReason, retry,
};

use super::support::{Log, SECOND, down};

/// A failure that says when to come back; 0 for no hint.
#[derive(Debug, thiserror::Error)]
enum Fail {
    #[error("limited for {0} s")]
    Limited(u32),
    #[error("down")]
    Down,
    #[error(transparent)]
    Interrupted(#[from] Interrupt),
}

fn classify(error: &Fail) -> Classification {
    match error {
        Fail::Limited(0) => ErrorClass::RateLimit.into(),
        Fail::Limited(seconds) => {
            Classification::new(ErrorClass::RateLimit).retry_after(*seconds * SECOND)
        }
        Fail::Down | Fail::Interrupted(_) => ErrorClass::Transient.into(),
    }
}

type Gated = Policy<fn(&Fail) -> Classification>;

fn open_gate(clock: &VirtualClock) -> Gate {
    let gate = Gate::builder().clock(clock.clone()).build().unwrap();
    gate.reset();
    gate
}

fn gated(clock: &VirtualClock, gate: &Gate) -> Gated {
    Policy::builder()
        .classifier(classify as fn(&Fail) -> Classification)
        .strategy(retry_after_or(instant()).jitter(0))
        .gate(gate.clone())
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn names(outcome: &Outcome<(), Fail>) -> Vec<(EventName, u32)> {
    let events = outcome.timeline.as_ref().unwrap().events().iter();
    events.map(|event| (event.name, event.attempt)).collect()
}

#[test]
fn what_one_call_learns_holds_for_the_next() {
    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let policy = gated(&clock, &gate);
    let outcome = policy.context().capture_timeline().execute({
        let mut answers = [Err(Fail::Limited(20)), Ok(())].into_iter();
        move || answers.next().unwrap()
    });
    let expected = [
        (EventName::GateClosed, 1),
        (EventName::Retry, 1),
        (EventName::Success, 2),
    ];
    assert_eq!(names(&outcome), expected);
    assert_eq!(
        clock.sleeps(),
        [20 * SECOND],
        "the gate and the hint run together"
    );

    // Another policy of the same gate.
    gate.close_for(30);
    let other = gated(&clock, &gate);
    let (before, mut ran) = (clock.now(), None);
    let outcome = other.context().capture_timeline().execute(|| {
        ran = Some(clock.now());
        Ok(())
    });
    assert!(outcome.is_ok());
    assert_eq!(outcome.attempts, 1, "waiting is no attempt");
    assert!(ran.unwrap() - before >= 30 * SECOND);
    assert_eq!(
        names(&outcome),
        [(EventName::GateWait, 0), (EventName::Success, 1)]
    );
}

#[test]
fn waiting_is_no_retry_and_spends_nothing() {
    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let budget = redress::Budget::rolling(0, 60);
    let policy = Policy::builder()
        .gate(gate.clone())
        .budget(budget)
        .max_attempts(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    gate.close_for(10);
    assert!(policy.call(|| Ok::<_, Error>(())).is_ok());
}

#[test]
fn a_call_that_cannot_make_it_stops_at_once() {
    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let policy = gated(&clock, &gate);
    gate.close_for(61);
    let mut ran = false;
    let outcome = policy.execute(|| {
        ran = true;
        Ok::<(), Fail>(())
    });
    assert!(!ran);
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(outcome.retry_after, Some(61 * SECOND));
    assert_eq!(clock.sleeps(), []);
    // With a failure of its own it keeps that.
    gate.reset();
    let outcome = policy.execute(|| {
        gate.close_for(61);
        Err::<(), _>(Fail::Down)
    });
    assert!(matches!(outcome.last_error, Some(Fail::Down)));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(outcome.retry_after, Some(61 * SECOND));
    assert_eq!(gate.snapshot().waiting, 0);
}

#[test]
fn hints_are_capped_and_of_the_classes_that_arm_it() {
    let clock = VirtualClock::new();
    let builder = || Gate::builder().clock(clock.clone());
    let limited = |class, seconds| Classification::new(class).retry_after(seconds * SECOND);
    let closed = |gate: &Gate, failure: Classification| {
        gate.reset();
        gate.try_enter().unwrap().failure(failure);
        gate.retry_after()
    };
    let gate = builder().build().unwrap();
    assert_eq!(
        closed(&gate, limited(ErrorClass::RateLimit, 100_000)),
        Some(300 * SECOND)
    );
    assert_eq!(closed(&gate, limited(ErrorClass::ServerError, 9)), None);
    assert_eq!(closed(&gate, Classification::abort()), None);
    assert_eq!(closed(&gate, ErrorClass::RateLimit.into()), None, "no hint");
    assert!(gate.snapshot().calls_per_second.is_some(), "but a pace");
    let gate = builder()
        .arm_on([ErrorClass::ServerError])
        .max_hint(5)
        .build()
        .unwrap();
    assert_eq!(
        closed(&gate, limited(ErrorClass::ServerError, 9)),
        Some(5 * SECOND)
    );
    assert_eq!(closed(&gate, limited(ErrorClass::RateLimit, 9)), None);
}

#[test]
fn what_the_breaker_refuses_does_not_wait() {
    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let policy = Policy::builder()
        .gate(gate.clone())
        .circuit_breaker(breaker)
        .clock(clock.clone())
        .build()
        .unwrap();
    gate.close_for(10);
    let outcome = policy.execute(|| Ok::<_, Error>(()));
    assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
    assert_eq!(clock.sleeps(), []);
    // And neither does what is to be aborted.
    let policy = gated(&clock, &gate);
    let outcome = policy.context().abort_if(|| true).execute(|| Ok(()));
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(clock.sleeps(), []);
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served() {
    let gate = Gate::new();
    let policy = Arc::new(Policy::builder().gate(gate.clone()).build().unwrap());
    gate.close_for(5);
    let order = Log::default();
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let (policy, order) = (Arc::clone(&policy), order.clone());
            tokio::spawn(async move {
                let run = async || {
                    order.write(n.to_string());
                    Ok::<_, Error>(())
                };
                policy.call_async(run).await.unwrap();
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let expected: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(order.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn abort_on_ends_the_wait_and_gives_the_place_up() {
    let gate = Gate::new();
    let policy = Policy::builder().gate(gate.clone()).build().unwrap();
    gate.close_for(30);
    let started = tokio::time::Instant::now();
    let outcome = policy
        .context()
        .abort_on(|| tokio::time::sleep(2 * SECOND))
        .execute_async(async || Ok::<_, Error>(()))
        .await;
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(started.elapsed().as_secs(), 2);
    assert_eq!(gate.snapshot().waiting, 0);
}

static GATE: Gate = Gate::new();

#[retry(gate = GATE, classifier = classify, deadline = 10s)]
async fn by_attribute() -> Result<u32, Fail> {
    Ok(7)
}

#[retry(gate = GATE, classifier = classify, deadline = 10s, attempt_timeout = 1s)]
async fn with_timeout() -> Result<u32, Fail> {
    Ok(8)
}

struct Client {
    policy: Gated,
}

impl Client {
    #[retry(policy = self.policy)]
    async fn by_policy(&self) -> Result<u32, Fail> {
        Ok(9)
    }

    #[retry(policy = self.policy)]
    fn blocking(&self) -> Result<u32, Fail> {
        Ok(10)
    }
}

#[tokio::test(start_paused = true)]
async fn functions_wait_before_their_first_attempt() {
    let started = tokio::time::Instant::now();
    GATE.close_for(5);
    assert_eq!(by_attribute().await.unwrap(), 7);
    assert!(started.elapsed() >= 5 * SECOND);
    assert_eq!(with_timeout().await.unwrap(), 8);
    GATE.close_for(60);
    let refused = by_attribute().await.unwrap_err();
    let Fail::Interrupted(interrupt) = refused else {
        panic!("{refused}");
    };
    assert_eq!(interrupt.stop_reason(), StopReason::DeadlineExceeded);
    assert!(interrupt.retry_after().unwrap() >= 59 * SECOND);
    assert!(matches!(with_timeout().await, Err(Fail::Interrupted(_))));

    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let client = Client {
        policy: gated(&clock, &gate),
    };
    gate.close_for(5);
    let before = clock.now();
    assert_eq!(client.by_policy().await.unwrap(), 9);
    assert!(clock.now() - before >= 5 * SECOND);
    gate.close_for(5);
    assert_eq!(client.blocking().unwrap(), 10);
    assert!(clock.now() - before >= 10 * SECOND);
    gate.close_for(100);
    assert!(client.blocking().is_err());
    assert!(client.by_policy().await.is_err());
    assert_eq!(gate.snapshot().waiting, 0);
}

#[test]
fn a_call_of_a_context_waits_at_its_own() {
    let clock = VirtualClock::new();
    let (of_policy, own) = (open_gate(&clock), open_gate(&clock));
    let policy = gated(&clock, &of_policy);
    of_policy.close_for(100);
    let context = policy.context().gate(own.clone());
    assert!(context.execute(|| Ok::<_, Fail>(())).is_ok());
    own.close_for(100);
    let outcome = context.execute(|| Ok::<_, Fail>(()));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
}

/// A clock that panics after so many uses, and whose sleeps take two polls.
#[derive(Clone)]
struct Fuse {
    time: VirtualClock,
    left: Arc<AtomicU32>,
}

impl Fuse {
    fn burn(&self) {
        let burn = |left: u32| left.checked_sub(1);
        let burnt = self.left.fetch_update(SeqCst, SeqCst, burn);
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

    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        self.burn();
        let time = self.time.clone();
        Some(Box::pin(async move {
            tokio_yield().await;
            time.advance(duration);
        }))
    }
}

/// Is pending once.
async fn tokio_yield() {
    let mut polled = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut polled, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Checks that nothing is held: nobody waits, and a new gate has all of its places.
fn settled(gate: &Gate, what: &str) {
    assert_eq!(gate.snapshot().waiting, 0, "{what}");
    if gate.snapshot().calls_per_second.is_none() {
        let passes: Vec<_> = (0..3).map(|_| gate.try_enter()).collect();
        assert!(passes.iter().all(Result::is_ok), "{what}");
    }
}

#[test]
fn cancellation_at_every_await_leaves_nothing_behind() {
    for state in ["new", "closed"] {
        for watched in [false, true] {
            let mut polls = 0;
            loop {
                let clock = VirtualClock::new();
                let fuse = Fuse {
                    time: clock.clone(),
                    left: Arc::new(AtomicU32::new(u32::MAX)),
                };
                let gate = Gate::builder().clock(clock.clone()).build().unwrap();
                if state == "closed" {
                    gate.close_for(5);
                }
                let policy = Policy::builder()
                    .classifier(|_: &Error| ErrorClass::Transient)
                    .gate(gate.clone())
                    .max_attempts(2)
                    .clock(fuse)
                    .build()
                    .unwrap();
                let mut context = policy.context();
                if watched {
                    context = context.on_event(|_: &Event<'_>| ());
                }
                let finished = {
                    let mut call = pin!(context.call_async(async || {
                        tokio_yield().await;
                        Err::<(), _>(down())
                    }));
                    let mut cx = Context::from_waker(Waker::noop());
                    (0..polls).any(|_| call.as_mut().poll(&mut cx).is_ready())
                };
                settled(&gate, &format!("{state} {watched} after {polls} polls"));
                if finished {
                    break;
                }
                polls += 1;
            }
            assert!(polls >= 4, "{state}: {polls}");
        }
    }
}

#[test]
fn a_panic_in_any_function_of_the_users_leaves_nothing_behind() {
    for state in ["new", "closed"] {
        let mut calls = 0;
        loop {
            let clock = VirtualClock::new();
            let fuse = Fuse {
                time: clock.clone(),
                left: Arc::new(AtomicU32::new(calls)),
            };
            let gate = Gate::builder().clock(clock.clone()).build().unwrap();
            if state == "closed" {
                gate.close_for(5);
            }
            let classifier = fuse.clone();
            let policy = Policy::builder()
                .classifier(move |_: &Error| {
                    classifier.burn();
                    ErrorClass::Transient
                })
                .gate(gate.clone())
                .max_attempts(2)
                .clock(fuse.clone())
                .build()
                .unwrap();
            let run = || {
                policy.call(|| {
                    fuse.burn();
                    Err::<(), _>(down())
                })
            };
            let panicked = catch_unwind(AssertUnwindSafe(run)).is_err();
            settled(&gate, &format!("{state}: panic at call {calls}"));
            if !panicked {
                break;
            }
            calls += 1;
        }
        assert!(calls > 8, "{state}: {calls}");
    }
}

#[test]
fn a_panic_of_the_gates_own_clock_leaves_nothing_behind() {
    let mut calls = 1; // its stopwatch's
    loop {
        let clock = VirtualClock::new();
        let fuse = Fuse {
            time: clock.clone(),
            left: Arc::new(AtomicU32::new(calls)),
        };
        let gate = Gate::builder().clock(fuse.clone()).build().unwrap();
        let policy = Policy::builder()
            .gate(gate.clone())
            .clock(clock.clone())
            .build()
            .unwrap();
        let run = || policy.call(|| Ok::<_, Error>(()));
        let panicked = catch_unwind(AssertUnwindSafe(run)).is_err();
        fuse.left.store(u32::MAX, SeqCst);
        if !panicked {
            break;
        }
        settled(&gate, &format!("panic at call {calls}"));
        calls += 1;
    }
    assert!(calls >= 3, "{calls}");
}

#[test]
fn a_watcher_sees_the_waiting_and_the_end() {
    let clock = VirtualClock::new();
    let gate = open_gate(&clock);
    let log = Log::default();
    let watcher = log.clone();
    let policy = Policy::builder()
        .gate(gate.clone())
        .clock(clock.clone())
        .on_event(move |event: &Event<'_>| {
            watcher.write(format!("{} {:?}", event.name(), event.sleep()))
        })
        .build()
        .unwrap();
    gate.close_for(2);
    policy.call(|| Ok::<_, Error>(())).unwrap();
    gate.close_for(100);
    policy.call(|| Ok::<_, Error>(())).unwrap_err();
    assert_eq!(
        log.take(),
        ["gate_wait 2s", "success 0ns", "deadline_exceeded 0ns"]
    );
}

#[test]
fn wrong_settings_are_all_named() {
    let error = Gate::builder().arm_on([]).max_hint(-1).build().unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(settings, ["max_hint", "arm_on"]);
}

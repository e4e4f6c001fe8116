//! A call that is dropped at any await, or that panics in any of the user's functions, leaves its
//! breaker unchanged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redress::breaker::CircuitSnapshot;
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{
    BackoffContext, CircuitBreaker, CircuitState, ErrorClass, Event, Observer, Policy,
    SleepDecision,
};

/// The possible states of a breaker at the start of a call.
const STATES: [&str; 5] = ["closed", "failing", "open", "recovered", "half-open"];

fn breaker(state: &str, observe_attempts: bool) -> (CircuitBreaker, VirtualClock) {
    let clock = VirtualClock::new();
    let mut builder = CircuitBreaker::builder()
        .failure_threshold(3)
        .failure_rate(0.9, 100)
        .consecutive_failures(50)
        .half_open_probes(2)
        .clock(clock.clone());
    if observe_attempts {
        builder = builder.observe_attempts();
    }
    let breaker = builder.build().unwrap();
    let fail = || {
        breaker
            .try_acquire()
            .unwrap()
            .failure(ErrorClass::Transient);
    };
    match state {
        "closed" => {}
        "failing" => (0..2).for_each(|_| fail()),
        _ => (0..3).for_each(|_| fail()),
    }
    if matches!(state, "recovered" | "half-open") {
        clock.advance(Duration::from_secs(30));
    }
    if state == "half-open" {
        drop(breaker.try_acquire().unwrap());
    }
    (breaker, clock)
}

/// Checks that the breaker has not changed, except that an open breaker whose time is over becomes
/// half-open once a call has asked it.
fn unchanged(state: &str, before: &CircuitSnapshot, breaker: &CircuitBreaker, what: &str) {
    let after = breaker.snapshot();
    let mut expected = before.clone();
    if state == "recovered" && after.state == CircuitState::HalfOpen {
        // Only the call's own probe can have caused this.
        expected.state = CircuitState::HalfOpen;
        expected.next_probe_at = after.next_probe_at;
    }
    assert_eq!(after, expected, "{state}: {what}");
    if matches!(state, "recovered" | "half-open") {
        let probes = (breaker.try_acquire(), breaker.try_acquire());
        assert!(probes.0.is_ok() && probes.1.is_ok(), "{state}: {what}");
        assert!(breaker.try_acquire().is_err(), "{state}: {what}");
        probes.0.unwrap().success();
        assert_eq!(breaker.state(), CircuitState::Closed, "{state}: {what}");
    }
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

/// A clock whose sleeps take two polls.
struct Slow(VirtualClock);

impl Clock for Slow {
    fn now(&self) -> Instant {
        self.0.now()
    }
    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        let _ = duration;
        Some(Box::pin(Once(false)))
    }
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.0.timeout_async(duration)
    }
}

/// Drops a call at each of its awaits, and returns their number.
fn cancel_everywhere(state: &str, observe_attempts: bool, attempts: u32) -> usize {
    for polls in 0.. {
        let (breaker, clock) = breaker(state, observe_attempts);
        let policy = Policy::builder()
            .classifier(|(): &()| ErrorClass::Transient)
            .max_attempts(attempts)
            .circuit_breaker(breaker.clone())
            .clock(Slow(clock))
            .build()
            .unwrap();
        let before = breaker.snapshot();
        let cancelled = {
            let mut call = pin!(policy.call_async(|| async {
                Once(false).await;
                Once(false).await;
                Err::<(), _>(())
            }));
            let mut cx = Context::from_waker(Waker::noop());
            (0..polls).all(|_| call.as_mut().poll(&mut cx).is_pending())
        };
        if !cancelled {
            return polls;
        }
        unchanged(
            state,
            &before,
            &breaker,
            &format!("dropped after {polls} polls"),
        );
    }
    unreachable!()
}

#[test]
fn cancellation_at_every_await_is_no_verdict() {
    for state in STATES {
        // Before the first poll, at two awaits in each attempt, and in the sleeps between.
        let expected = if state == "open" { [1, 1] } else { [9, 3] };
        let operations = cancel_everywhere(state, false, 3);
        let attempts = cancel_everywhere(state, true, 1);
        assert_eq!([operations, attempts], expected, "{state}");
    }
}

/// Panics at the n-th call of any of the user's functions.
#[derive(Clone)]
struct Bomb {
    calls: Arc<AtomicUsize>,
    at: usize,
    exploded: Arc<OnceLock<&'static str>>,
    armed: Arc<AtomicBool>,
    /// Whether the call has been decided, so that the breaker may have its verdict.
    over: Arc<AtomicBool>,
}

impl Bomb {
    fn tick(&self, place: &'static str) {
        if self.armed.load(SeqCst) && self.calls.fetch_add(1, SeqCst) == self.at {
            let _ = self.exploded.set(place);
            panic!("{place}");
        }
    }
}

impl Observer for Bomb {
    fn on_event(&self, event: &Event<'_>) {
        if event.stop_reason().is_some() {
            self.over.store(true, SeqCst);
        }
        self.tick("on_event");
        self.tick(event.name().as_str());
    }
    fn on_attempt_start(&self, _: &redress::observe::AttemptStart<'_>) {
        self.tick("on_attempt_start");
    }
    fn on_attempt_end(&self, _: &redress::observe::AttemptEnd<'_>) {
        self.tick("on_attempt_end");
    }
}

struct BombClock(Bomb, VirtualClock);

impl Clock for BombClock {
    fn now(&self) -> Instant {
        self.0.tick("now");
        self.1.now()
    }
    fn sleep(&self, duration: Duration) {
        let _ = duration;
        self.0.tick("sleep");
    }
    fn sleep_async(&self, _: Duration) -> Option<Wait> {
        self.0.tick("sleep_async");
        None
    }
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.0.tick("timeout_async");
        self.1.timeout_async(duration)
    }
}

/// Runs one call whose n-th callback panics. Returns the place of the panic, and whether the call
/// returned nevertheless, as it does after a panic in a hook.
fn explode(state: &str, at: usize, future: bool) -> Option<(&'static str, bool)> {
    let bomb = Bomb {
        calls: Arc::default(),
        at,
        exploded: Arc::default(),
        armed: Arc::new(AtomicBool::new(true)),
        over: Arc::default(),
    };
    let (breaker, clock) = breaker(state, false);
    let own = |place| {
        let bomb = bomb.clone();
        move || bomb.tick(place)
    };
    let (classify, judge, strategy) = (own("classifier"), own("result"), own("strategy"));
    let sleeper = own("sleeper");
    let policy = Policy::builder()
        .classifier(move |(): &()| {
            classify();
            ErrorClass::Transient
        })
        .result_classifier(move |(): &()| {
            judge();
            Some(ErrorClass::ServerError)
        })
        .strategy(move |_: &BackoffContext<'_>| {
            strategy();
            1
        })
        .sleeper(move |_| {
            sleeper();
            std::future::ready(())
        })
        .max_attempts(3)
        .on_event(bomb.clone())
        .circuit_breaker(breaker.clone())
        .clock(BombClock(bomb.clone(), clock))
        .build()
        .unwrap();
    let before = breaker.snapshot();
    let context = policy
        .context()
        .on_event(bomb.clone())
        .abort_if(|| {
            bomb.tick("abort_if");
            false
        })
        .sleep_handler(|_, _| {
            bomb.tick("sleep_handler");
            SleepDecision::Sleep
        })
        .before_sleep(|_, _| bomb.tick("before_sleep"));
    let attempts = AtomicUsize::new(0);
    let operation = || {
        bomb.tick("operation");
        // An error first, then values that count as failures.
        match attempts.fetch_add(1, SeqCst) {
            0 => Err(()),
            _ => Ok(()),
        }
    };
    let returned = catch_unwind(AssertUnwindSafe(|| {
        if future {
            let mut call = pin!(context.execute_async(|| async {
                Once(false).await;
                operation()
            }));
            let mut cx = Context::from_waker(Waker::noop());
            while call.as_mut().poll(&mut cx).is_pending() {}
        } else {
            context.execute(operation);
        }
    }))
    .is_ok();
    bomb.armed.store(false, SeqCst);
    let place = *bomb.exploded.get()?;
    // After the decision only the clock is called, for the time in the report.
    let over = bomb.over.load(SeqCst);
    assert!(returned || !over || place == "now", "{place}");
    if !returned && !over {
        unchanged(state, &before, &breaker, &format!("panic {at} in {place}"));
    }
    Some((place, returned))
}

#[test]
fn a_panic_in_any_function_of_the_users_is_no_verdict() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        // Only the panics of the bombs are expected.
        if info
            .payload()
            .downcast_ref::<String>()
            .is_some_and(|text| text.contains(": "))
        {
            eprintln!("{info}");
        }
    }));
    let checked = catch_unwind(|| {
        let mut places = std::collections::BTreeSet::new();
        for state in STATES {
            for future in [false, true] {
                for at in 0.. {
                    let Some((place, returned)) = explode(state, at, future) else {
                        break;
                    };
                    places.insert((place, returned));
                }
            }
        }
        places
    });
    std::panic::set_hook(hook);
    let places = checked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    for unwinds in [
        "operation",
        "classifier",
        "result",
        "strategy",
        "now",
        "sleep",
        "sleep_async",
        "sleeper",
        "timeout_async",
    ] {
        assert!(places.contains(&(unwinds, false)), "{unwinds}: {places:?}");
    }
    for caught in [
        "on_event",
        "on_attempt_start",
        "on_attempt_end",
        "abort_if",
        "sleep_handler",
        "before_sleep",
        "retry",
        "max_attempts_exceeded",
        "circuit_opened",
        "circuit_half_open",
        "circuit_rejected",
    ] {
        assert!(places.contains(&(caught, true)), "{caught}: {places:?}");
        assert!(!places.contains(&(caught, false)), "{caught}: {places:?}");
    }
}

/// The user's functions that belong to the breaker: its clock and its recovery strategy.
#[test]
fn a_panic_in_the_breakers_own_clock_or_strategy_is_no_verdict() {
    for state in STATES {
        for verdict in ["failure", "success", "none"] {
            for at in 0..4 {
                let time = VirtualClock::new();
                let bomb = Bomb {
                    calls: Arc::default(),
                    at,
                    exploded: Arc::default(),
                    armed: Arc::default(),
                    over: Arc::default(),
                };
                let strategy = bomb.clone();
                let breaker = CircuitBreaker::builder()
                    .failure_threshold(2)
                    .failure_rate(0.9, 100)
                    .half_open_probes(2)
                    .recovery_strategy(move |_: &BackoffContext<'_>| {
                        strategy.tick("recovery");
                        30
                    })
                    .clock(BombClock(bomb.clone(), time.clone()))
                    .build()
                    .unwrap();
                let fail = || {
                    breaker
                        .try_acquire()
                        .unwrap()
                        .failure(ErrorClass::Transient)
                };
                match state {
                    "closed" => {}
                    "failing" => fail(),
                    _ => (0..2).for_each(|_| fail()),
                }
                if matches!(state, "recovered" | "half-open") {
                    time.advance(Duration::from_secs(30));
                }
                if state == "half-open" {
                    drop(breaker.try_acquire().unwrap());
                }
                let before = breaker.snapshot();
                bomb.armed.store(true, SeqCst);
                let returned = catch_unwind(AssertUnwindSafe(|| {
                    if let Ok(permit) = breaker.try_acquire() {
                        match verdict {
                            "failure" => permit.failure(ErrorClass::Transient),
                            "success" => permit.success(),
                            _ => drop(permit),
                        }
                    }
                }));
                bomb.armed.store(false, SeqCst);
                if returned.is_err() {
                    let place = bomb.exploded.get().unwrap();
                    unchanged(state, &before, &breaker, &format!("{verdict}: {place}"));
                }
            }
        }
    }
}

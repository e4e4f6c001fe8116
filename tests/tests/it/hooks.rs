//! Every observer and hook sees every decision; starts and ends of attempts come in pairs; a panic
//! in a hook changes nothing.

use std::io::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redress::observe::{AttemptEnd, AttemptStart};
use redress::testing::VirtualClock;
use redress::{
    AbortRetry, Classification, ErrorClass, Event, Observer, Policy, SleepDecision, StopReason,
    strategies,
};

use super::support::{Log, SECOND, builder, down};

/// Logs all that it observes.
struct Watcher(Log);

impl Observer for Watcher {
    fn on_event(&self, event: &Event<'_>) {
        self.0
            .write(format!("{} {}", event.name(), event.attempt()));
    }

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.0.write(format!("start {}", attempt.attempt()));
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.0
            .write(format!("end {} {:?}", attempt.attempt(), attempt.status()));
    }
}

/// Writes down the ends of attempts, and nothing else.
struct Ends(Log);

impl Observer for Ends {
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.0.write(format!("end {}", attempt.attempt()));
    }
}

/// Sees nothing.
struct Blind;

impl Observer for Blind {}

#[test]
fn an_observer_has_the_methods_that_it_needs() {
    let log = Log::default();
    let policy = builder(&VirtualClock::new())
        .max_attempts(2)
        .on_event(Blind)
        .on_event(Ends(log.clone()))
        .build()
        .unwrap();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    assert_eq!(log.take(), ["end 1", "end 2"]);
}

fn watched() -> (Policy<super::support::Transient>, Log) {
    let log = Log::default();
    let policy = builder(&VirtualClock::new())
        .max_attempts(2)
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    (policy, log)
}

#[test]
fn attempts_and_events_come_in_order() {
    let (policy, log) = watched();
    let mut first = true;
    let call = policy.call(|| {
        if std::mem::take(&mut first) {
            Err(down())
        } else {
            Ok(())
        }
    });
    call.unwrap();
    let seen = [
        "start 1",
        "end 1 Failed",
        "retry 1",
        "start 2",
        "end 2 Succeeded",
        "success 2",
    ];
    assert_eq!(log.take(), seen);
}

#[test]
fn an_attempt_that_panics_ends() {
    let (policy, log) = watched();
    let call = || policy.call(|| -> Result<(), Error> { panic!("the operation's own") });
    catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(log.take(), ["start 1", "end 1 Cancelled"]);
}

#[tokio::test]
async fn an_attempt_that_is_dropped_ends() {
    let (policy, log) = watched();
    let call = policy.call_async(std::future::pending::<Result<(), Error>>);
    tokio::time::timeout(std::time::Duration::from_millis(1), call)
        .await
        .unwrap_err();
    assert_eq!(log.take(), ["start 1", "end 1 Cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_in_its_sleep_has_no_open_attempt() {
    let log = Log::default();
    let policy = Policy::builder()
        .strategy(strategies::fixed(SECOND))
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    let call = policy.call_async(|| async { Err::<(), _>(down()) });
    tokio::time::timeout(SECOND / 2, call).await.unwrap_err();
    assert_eq!(log.take(), ["start 1", "end 1 Failed", "retry 1"]);
}

#[test]
fn an_attempt_that_aborts_ends() {
    let log = Log::default();
    let policy = Policy::builder()
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    let outcome = policy.execute(|| Err::<(), _>(Error::other(AbortRetry)));
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(log.take(), ["start 1", "end 1 Aborted", "aborted 1"]);
}

#[tokio::test]
async fn an_attempt_that_is_cut_off_ends_before_the_next_starts() {
    let (log, clock) = (Log::default(), VirtualClock::new());
    let policy = builder(&clock)
        .attempt_timeout(SECOND)
        .max_attempts(2)
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    let hangs = || async {
        clock.advance(SECOND);
        std::future::pending::<Result<(), Error>>().await
    };
    policy.call_async(hangs).await.unwrap_err();
    let seen = [
        "start 1",
        "end 1 Failed",
        "retry 1",
        "start 2",
        "end 2 Failed",
    ];
    assert_eq!(
        log.take(),
        [&seen[..], &["max_attempts_exceeded 2"]].concat()
    );
}

/// Panics in each of its methods.
struct Broken;

impl Observer for Broken {
    fn on_event(&self, _: &Event<'_>) {
        panic!("broken");
    }

    fn on_attempt_start(&self, _: &AttemptStart<'_>) {
        panic!("broken");
    }

    fn on_attempt_end(&self, _: &AttemptEnd<'_>) {
        panic!("broken");
    }
}

#[test]
fn a_panic_in_any_hook_changes_nothing() {
    let log = Log::default();
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .max_attempts(2)
        .on_event(Broken)
        .on_attempt_start(|_| panic!("broken"))
        .on_attempt_end(|_| panic!("broken"))
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    let mut ran = 0;
    let outcome = policy
        .context()
        .on_event(Broken)
        .abort_if(|| panic!("broken"))
        .before_sleep(|_, _| panic!("broken"))
        .sleep_handler(|_, _| panic!("broken"))
        .execute(|| {
            ran += 1;
            Err::<(), _>(down())
        });
    assert_eq!((outcome.attempts, ran), (2, 2));
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(clock.sleeps(), [SECOND]);
    assert_eq!(log.take().len(), 6);
}

#[test]
fn a_panic_in_one_observer_of_a_context_does_not_blind_the_next() {
    let (policy, _) = watched();
    let log = Log::default();
    let context = policy
        .context()
        .on_event(Broken)
        .on_event(Watcher(log.clone()));
    context.call(|| Ok::<_, Error>(())).unwrap();
    assert_eq!(log.take(), ["start 1", "end 1 Succeeded", "success 1"]);
}

#[test]
fn an_event_names_the_error_but_never_shows_it() {
    let log = Log::default();
    let seen = log.clone();
    let policy = Policy::builder()
        .classifier(|_: &Error| {
            Classification::new(ErrorClass::Permanent).detail("secret", "hunter2")
        })
        .on_event(move |event: &Event<'_>| seen.write(format!("{event:?}")))
        .build()
        .unwrap();
    policy
        .call(|| Err::<(), _>(Error::other("hunter2")))
        .unwrap_err();
    let seen = log.take();
    assert!(seen[0].contains("std::io::error::Error"), "{seen:?}");
    assert!(!seen[0].contains("hunter2"), "{seen:?}");
}

#[test]
fn a_deferred_call_announces_its_retry_and_that_it_is_scheduled() {
    let (policy, log) = watched();
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = context.execute(|| Err::<(), _>(down()));
    assert_eq!(outcome.next_sleep, Some(SECOND));
    assert_eq!(
        log.take(),
        ["start 1", "end 1 Failed", "retry 1", "scheduled 1"]
    );
}

#[test]
fn a_clock_that_panics_is_a_panic_and_no_abort() {
    struct Breaks(std::sync::atomic::AtomicU32);
    impl redress::time::Clock for Breaks {
        fn now(&self) -> std::time::Instant {
            let reads = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            assert_eq!(reads, 0, "a broken clock");
            std::time::Instant::now()
        }
    }
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .clock(Breaks(0.into()))
        .on_event(|_: &Event<'_>| {})
        .build()
        .unwrap();
    let call = || policy.call(|| Err::<(), _>(Error::other("down")));
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
}

#[test]
fn a_hook_may_panic_with_what_panics_again() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    let policy = Policy::builder()
        .on_event(|_: &Event<'_>| std::panic::panic_any(Bomb))
        .build()
        .unwrap();
    assert_eq!(policy.call(|| Ok::<_, Error>(7)).unwrap(), 7);
}

//! The settings of a context: awaited hooks, sleepers, and ways to stop from outside.

use std::future::{pending, ready};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redress::observe::{Interest, Timeline};
use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::{
    Budget, CircuitBreaker, CircuitState, Event, EventName, Observer, Policy, StopReason,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::support::down;

type Io<T> = Result<T, std::io::Error>;

fn half_a_minute() -> Policy {
    Policy::builder()
        .strategy(fixed(30))
        .max_attempts(9)
        .no_deadline()
        .build()
        .unwrap()
}

/// Completes when the sender sends a stop, but not when the sender is dropped.
async fn told(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_sleeping_calls_stop_without_waiting_any_more() {
    let (stop, stopping) = watch::channel(false);
    let policy = half_a_minute();
    let ran = Arc::new(AtomicU32::new(0));
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let (policy, stopping, ran) = (policy.clone(), stopping.clone(), ran.clone());
            tokio::spawn(async move {
                let context = policy.context().abort_on(|| told(stopping.clone()));
                let failing = || {
                    ran.fetch_add(1, Relaxed);
                    ready(Err::<(), _>(down()))
                };
                context.execute_async(failing).await
            })
        })
        .collect();
    // Wait until all have failed once and sleep.
    while ran.load(Relaxed) < 1000 {
        tokio::task::yield_now().await;
    }
    let before = Instant::now();
    stop.send_replace(true);
    for call in calls {
        let outcome = call.await.unwrap();
        assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
        assert_eq!(outcome.attempts, 1);
        assert!(outcome.last_error.is_some());
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(ran.load(Relaxed), 1000);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_progress_ends_by_itself() {
    let (stop, stopping) = watch::channel(false);
    let policy = half_a_minute();
    let context = policy.context().abort_on(|| told(stopping.clone()));
    let slow = || async {
        stop.send_replace(true);
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok::<_, std::io::Error>(7)
    };
    assert_eq!(context.call_async(slow).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_aborted_before_the_first_attempt_makes_none() {
    let policy = half_a_minute();
    let context = policy.context().abort_on(|| ready(()));
    let outcome = context.execute_async(|| ready(Io::Ok(()))).await;
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(outcome.attempts, 0);
    // Sync calls stop in the same way.
    let outcome = context.execute(|| Io::Ok(()));
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
}

#[tokio::test(start_paused = true)]
async fn each_call_has_a_future_of_its_own_and_a_broken_one_stops_nothing() {
    let policy = half_a_minute();
    let made = AtomicU32::new(0);
    let context = policy.context().abort_on(|| {
        let n = made.fetch_add(1, Relaxed);
        async move {
            assert!(n > 0, "a broken token");
            pending().await
        }
    });
    for _ in 0..2 {
        let mut failures = 1;
        let once = || {
            let returned = if failures > 0 { Err(down()) } else { Ok(()) };
            failures = 0;
            ready(returned)
        };
        context.call_async(once).await.unwrap();
    }
    assert_eq!(made.load(Relaxed), 2);
}

#[tokio::test]
async fn an_abort_in_a_pause_gives_the_probe_back() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    let budget = Budget::rolling(5, 60).clock(clock.clone());
    let policy = Policy::builder()
        .strategy(fixed(30))
        .no_deadline()
        .circuit_breaker(breaker.clone())
        .budget(budget.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    breaker
        .try_acquire()
        .unwrap()
        .failure(redress::ErrorClass::Transient);
    clock.advance(Duration::from_secs(1));
    let (stop, stopping) = watch::channel(false);
    let context = policy
        .context()
        .sleeper(|_| pending())
        .abort_on(|| told(stopping.clone()));
    let call = context.execute_async(|| ready(Err::<(), _>(down())));
    let (outcome, ()) = tokio::join!(call, async {
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        stop.send_replace(true);
    });
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert!(breaker.try_acquire().is_ok(), "the slot is free");
    // As after `abort_if`: the retry had been announced.
    assert_eq!(budget.remaining(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_sleep_starts_when_the_awaited_hook_has_ended() {
    let policy = Policy::builder()
        .strategy(fixed(2))
        .max_attempts(3)
        .build()
        .unwrap();
    let seen = Mutex::new(Vec::new());
    let started = Instant::now();
    let context = policy.context().before_sleep_async(|ctx, sleep| {
        seen.lock().unwrap().push((ctx.attempt, sleep));
        tokio::time::sleep(Duration::from_secs(5))
    });
    let outcome = context.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(outcome.attempts, 3);
    assert_eq!(started.elapsed(), Duration::from_secs(14));
    let two = Duration::from_secs(2);
    assert_eq!(*seen.lock().unwrap(), [(1, two), (2, two)]);
}

#[tokio::test(start_paused = true)]
async fn an_awaited_hook_counts_for_the_deadline_and_may_break() {
    let policy = Policy::builder()
        .strategy(fixed(2))
        .deadline(6)
        .build()
        .unwrap();
    let slow = policy
        .context()
        .before_sleep_async(|_, _| tokio::time::sleep(Duration::from_secs(5)));
    let outcome = slow.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(outcome.attempts, 1);
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));

    let broken = policy
        .context()
        .before_sleep_async(|_, _| async { panic!("a broken hook") });
    let outcome = broken.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(outcome.attempts, 3); // at 0 s, 2 s, 4 s
}

#[tokio::test(start_paused = true)]
async fn a_hook_is_awaited_before_a_pause_of_zero_too() {
    let policy = Policy::builder()
        .strategy(redress::strategies::instant())
        .max_attempts(2)
        .build()
        .unwrap();
    let ended = AtomicU32::new(0);
    let context = policy.context().before_sleep_async(|_, _| async {
        tokio::task::yield_now().await;
        ended.fetch_add(1, Relaxed);
    });
    context.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(ended.load(Relaxed), 1);
}

#[tokio::test]
async fn a_sleeper_of_the_callers_takes_the_place_of_the_policys() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(2))
        .max_attempts(3)
        .clock(clock.clone())
        .build()
        .unwrap();
    let slept = Mutex::new(Vec::new());
    let context = policy
        .context()
        .sleeper(|pause| {
            slept.lock().unwrap().push(pause);
            ready(())
        })
        .blocking_sleeper(|pause| slept.lock().unwrap().push(pause * 10));
    context.execute(|| Err::<(), _>(down()));
    context
        .execute_async(|| async { Err::<(), _>(down()) })
        .await;
    let two = Duration::from_secs(2);
    assert_eq!(*slept.lock().unwrap(), [two * 10, two * 10, two, two]);
    assert!(clock.sleeps().is_empty());
}

#[tokio::test]
async fn calls_of_one_context_share_the_timeline_that_the_caller_keeps() {
    let policy = Policy::builder()
        .max_attempts(1)
        .clock(VirtualClock::new())
        .build()
        .unwrap();
    let timeline = Mutex::new(Timeline::new());
    let context = policy.context().capture_timeline_into(&timeline);
    let outcome = context.execute(|| Io::Ok(1));
    assert!(outcome.timeline.is_none());
    let failing = || async { Err::<(), _>(down()) };
    context.execute_async(failing).await;
    let names = || -> Vec<_> {
        let timeline = timeline.lock().unwrap();
        timeline.events().iter().map(|event| event.name).collect()
    };
    assert_eq!(
        names(),
        [EventName::Success, EventName::MaxAttemptsExceeded]
    );
    timeline.lock().unwrap().clear();
    assert!(names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn calls_with_everything_a_context_has_can_be_spawned() {
    let policy = half_a_minute();
    let outcome = tokio::spawn(async move {
        policy
            .context()
            .operation("spawned")
            .abort_on(pending)
            .sleeper(tokio::time::sleep)
            .capture_timeline()
            .before_sleep_async(|_, _| ready(()))
            .execute_async(|| async { Io::Ok(7) })
            .await
    });
    assert_eq!(outcome.await.unwrap().into_result().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_cuts_an_awaited_hook_off() {
    let policy = Policy::builder()
        .strategy(fixed(2))
        .deadline(6)
        .build()
        .unwrap();
    let started = Instant::now();
    let hangs = policy.context().before_sleep_async(|_, _| pending());
    let outcome = hangs.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(started.elapsed(), Duration::from_secs(6));

    // A hook leaves too little time for the pause: there is no sleep before an attempt that cannot
    // start.
    let started = Instant::now();
    let slow = policy
        .context()
        .before_sleep_async(|_, _| tokio::time::sleep(Duration::from_secs(5)));
    let outcome = slow.execute_async(|| ready(Err::<(), _>(down()))).await;
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

#[tokio::test]
async fn what_makes_a_future_for_a_call_may_break() {
    let policy = Policy::builder()
        .strategy(fixed(1))
        .max_attempts(2)
        .clock(VirtualClock::new())
        .build()
        .unwrap();
    fn broken() -> std::future::Ready<()> {
        panic!("no future")
    }
    let context = policy.context().abort_on(broken);
    assert_eq!(context.execute(|| Err::<(), _>(down())).attempts, 2);
    let context = policy.context().before_sleep_async(|_, _| broken());
    let outcome = context
        .execute_async(|| async { Err::<(), _>(down()) })
        .await;
    assert_eq!(outcome.attempts, 2);
}

#[test]
fn an_answer_to_abort_if_that_is_good_for_one_time_is_not_lost() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(10))
        .deadline(15)
        .clock(clock.clone())
        .build()
        .unwrap();
    let once = std::sync::atomic::AtomicBool::new(false);
    let outcome = policy
        .context()
        .before_sleep(|_, _| {
            clock.advance(Duration::from_secs(20));
            once.store(true, Relaxed);
        })
        .abort_if(|| once.swap(false, Relaxed))
        .execute(|| Err::<(), _>(down()));
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(outcome.attempts, 1);
}

#[test]
fn time_that_hooks_take_is_part_of_what_a_stop_reports() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(10))
        .clock(clock.clone())
        .build()
        .unwrap();
    let three = Duration::from_secs(3);
    let slow = || {
        clock.advance(three);
        true
    };
    let outcome = policy.context().abort_if(slow).execute(|| Io::Ok(()));
    assert_eq!((outcome.attempts, outcome.elapsed), (0, three));
    let deferring = policy.context().sleep_handler(|_, _| {
        clock.advance(three);
        redress::SleepDecision::Defer
    });
    let outcome = deferring.execute(|| Err::<(), _>(down()));
    assert_eq!(outcome.elapsed, three);
    assert_eq!(outcome.resume_token().unwrap().elapsed(), three);
}

/// Keeps the names of what it is shown.
#[derive(Clone)]
struct Names {
    interest: Interest,
    shown: Arc<Mutex<Vec<Named>>>,
}

type Named = (EventName, Option<String>);

impl Observer for Names {
    fn interest(&self) -> Interest {
        self.interest
    }
    fn on_event(&self, event: &Event<'_>) {
        let name = event.operation().map(str::to_owned);
        self.shown.lock().unwrap().push((event.name(), name));
    }
}

#[test]
fn a_call_that_has_no_hook_of_its_own_has_its_name_and_is_applied_once() {
    for interest in [Interest::ALL, Interest::FAILURES] {
        let shown = Arc::default();
        let names = Names { interest, shown };
        let policy = Policy::builder()
            .strategy(fixed(0))
            .on_event(names.clone())
            .build()
            .unwrap();
        let mut left = 2;
        let attempt = || {
            left -= 1;
            if left > 0 { Err(down()) } else { Ok(()) }
        };
        policy.context().operation("read").call(attempt).unwrap();
        let end = match interest == Interest::ALL {
            true => EventName::Success,
            false => EventName::Retry,
        };
        let shown = std::mem::take(&mut *names.shown.lock().unwrap());
        assert!(shown.iter().any(|(name, _)| *name == end), "{shown:?}");
        let named = |(_, name): &Named| name.as_deref() == Some("read");
        assert!(shown.iter().all(named), "{shown:?}");
        let outcome = policy
            .context()
            .operation("pay")
            .once()
            .execute(|| Err::<(), _>(down()));
        assert_eq!(outcome.attempts, 1);
        let shown = std::mem::take(&mut *names.shown.lock().unwrap());
        assert_eq!(shown.last().unwrap().1.as_deref(), Some("pay"));
    }
    // Also where nothing sees it, and its policy may retry.
    let policy = Policy::builder().strategy(fixed(0)).build().unwrap();
    let mut attempts = 0;
    let error = policy
        .context()
        .once()
        .call(|| {
            attempts += 1;
            Err::<(), _>(down())
        })
        .unwrap_err();
    assert_eq!(attempts, 1);
    assert_eq!(error.stop_reason(), StopReason::MayHaveBeenApplied);
    // The next call of this thread has none of its state.
    let outcome = policy.execute(|| Err::<(), _>(down()));
    assert!(outcome.attempts > 1);
}

//! Deadlines, timeouts and delays, on virtual time.

use std::future::pending;
use std::io::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use redress::testing::VirtualClock;
use redress::time::Clock;
use redress::{
    BackoffContext, Cause, Classification, ErrorClass, Policy, StopReason, retry, strategies,
};

use super::support::{SECOND, builder, down};

#[tokio::test]
async fn a_hung_attempt_is_cut_off_by_its_timeout() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .attempt_timeout(SECOND)
        .max_attempts(3)
        .build()
        .unwrap();
    let outcome = policy
        .execute_async(|| async {
            clock.advance(SECOND);
            pending::<Result<(), Error>>().await
        })
        .await;
    assert_eq!((outcome.attempts, outcome.cause), (3, Some(Cause::Timeout)));
    assert_eq!(outcome.last_class, Some(ErrorClass::Transient));
    assert_eq!(outcome.elapsed, 5 * SECOND);
}

#[tokio::test]
async fn a_timeout_counts_from_the_start_of_its_attempt() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .attempt_timeout(SECOND)
        .max_attempts(1)
        .build()
        .unwrap();
    let later = clock.clone();
    let operation = || async {
        clock.advance(SECOND * 9 / 10); // busy before its first wait
        pending::<Result<(), Error>>().await
    };
    let call = policy.execute_async(operation);
    let outcome = tokio::join!(call, async move { later.advance(SECOND / 10) }).0;
    assert_eq!(outcome.elapsed, SECOND);
}

#[tokio::test]
async fn a_timeout_is_cut_short_by_the_deadline() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .attempt_timeout(5 * SECOND / 2)
        .deadline(3 * SECOND)
        .build()
        .unwrap();
    let mut attempts = 0;
    let outcome = policy
        .execute_async(|| {
            attempts += 1;
            let (clock, first) = (clock.clone(), attempts == 1);
            async move {
                clock.advance(if first { SECOND } else { 2 * SECOND });
                if first {
                    Err::<(), _>(down())
                } else {
                    pending().await
                }
            }
        })
        .await;
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!((outcome.attempts, outcome.cause), (2, Some(Cause::Timeout)));
    assert!(
        outcome.last_error.is_some(),
        "what the first attempt returned is kept"
    );
}

#[tokio::test]
async fn a_deadline_alone_cuts_a_hung_attempt_off() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(3 * SECOND).build().unwrap();
    let later = clock.clone();
    let call = policy.call_async(pending::<Result<(), Error>>);
    let error = tokio::join!(call, async move { later.advance(3 * SECOND) })
        .0
        .unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::DeadlineExceeded);
    assert!(error.into_source().is_none());
}

#[tokio::test]
async fn waiting_for_a_timeout_does_not_make_virtual_time_pass() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).build().unwrap();
    let slow = || async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        Ok::<_, Error>(())
    };
    let outcome = policy.execute_async(slow).await;
    assert!(outcome.is_ok());
    assert_eq!(outcome.elapsed, Duration::ZERO);
}

#[test]
fn a_sync_attempt_is_not_interrupted_but_none_follows_the_deadline() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(3 * SECOND).build().unwrap();
    let outcome = policy.execute(|| {
        clock.advance(5 * SECOND);
        Err::<(), _>(down())
    });
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(outcome.attempts, 1);
    assert!(clock.sleeps().is_empty());
}

#[test]
fn a_success_after_the_deadline_is_a_success() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(SECOND).build().unwrap();
    let got = policy.call(|| {
        clock.advance(5 * SECOND);
        Ok::<_, Error>(5)
    });
    assert_eq!(got.unwrap(), 5);
}

#[test]
fn a_delay_that_would_reach_the_deadline_is_not_slept() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(2 * SECOND).build().unwrap();
    let outcome = policy.execute(|| Err::<(), _>(down()));
    assert_eq!((outcome.attempts, outcome.elapsed), (2, SECOND));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
}

#[test]
fn a_hint_beyond_the_deadline_ends_the_call_at_once() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .classifier(|_: &Error| Classification::new(ErrorClass::RateLimit).retry_after(90 * SECOND))
        .clock(clock.clone())
        .build()
        .unwrap();
    let outcome = policy.execute(|| Err::<(), _>(down()));
    assert_eq!((outcome.attempts, outcome.elapsed), (1, Duration::ZERO));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
}

#[test]
fn the_default_policy_honours_a_hint() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .classifier(|_: &Error| Classification::new(ErrorClass::RateLimit).retry_after(9 * SECOND))
        .max_attempts(2)
        .clock(clock.clone())
        .build()
        .unwrap();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    let slept = clock.sleeps()[0];
    assert!(
        slept >= 9 * SECOND && slept <= 9 * SECOND + Duration::from_millis(250),
        "{slept:?}"
    );
}

/// A clock that fails the test if a call waits.
struct NoWaiting;

impl Clock for NoWaiting {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) {
        panic!("slept {duration:?}");
    }

    fn sleep_async(&self, duration: Duration) -> Option<redress::time::Wait> {
        panic!("slept {duration:?}");
    }
}

#[test]
fn a_zero_delay_never_touches_a_timer() {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .clock(NoWaiting);
    let policy = policy.max_attempts(3).build().unwrap();
    assert_eq!(policy.execute(|| Err::<(), _>(down())).attempts, 3);
    let call = policy.execute_async(|| async { Err::<(), _>(down()) });
    assert_eq!(async_io::block_on(call).attempts, 3);
}

#[test]
fn an_attempt_that_is_ready_at_once_never_touches_a_timer() {
    let timers = Arc::new(AtomicU32::new(0));
    let started = timers.clone();
    let policy = Policy::builder()
        .attempt_timeout(SECOND)
        .sleeper(move |_| {
            started.fetch_add(1, Relaxed);
            pending()
        })
        .build()
        .unwrap();
    let call = policy.call_async(|| async { Ok::<_, Error>(()) });
    async_io::block_on(call).unwrap();
    assert_eq!(timers.load(Relaxed), 0);
}

#[test]
fn a_delay_that_is_not_a_number_ends_the_call_instead_of_spinning() {
    for delay in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for policy in [Policy::builder(), Policy::builder().no_deadline()] {
            let clock = VirtualClock::new();
            let policy = policy
                .strategy(move |_: &BackoffContext<'_>| delay)
                .unlimited_attempts()
                .clock(clock.clone())
                .build()
                .unwrap();
            let outcome = policy.execute(|| Err::<(), _>(down()));
            assert_eq!(
                outcome.stop_reason,
                Some(StopReason::DeadlineExceeded),
                "{delay}"
            );
            assert_eq!((outcome.attempts, clock.sleeps().len()), (1, 0), "{delay}");
        }
    }
}

#[test]
fn the_longest_durations_do_not_overflow() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(strategies::fixed(Duration::MAX - Duration::from_nanos(1)))
        .deadline(Duration::MAX)
        .attempt_timeout(Duration::MAX - Duration::from_nanos(1))
        .clock(clock)
        .build()
        .unwrap();
    let outcome = policy.execute(|| Err::<(), _>(down()));
    assert!(outcome.attempts >= 1);
    let call = policy.execute_async(|| async {
        tokio::task::yield_now().await;
        Ok::<_, Error>(())
    });
    assert!(async_io::block_on(call).is_ok());
}

static PAUSED: AtomicU32 = AtomicU32::new(0);

#[retry(strategy = fixed(10s), deadline = 25s)]
async fn on_paused_time() -> Result<(), Error> {
    PAUSED.fetch_add(1, Relaxed);
    Err(down())
}

#[tokio::test(start_paused = true)]
async fn deadlines_follow_the_paused_time_of_tokio() {
    let started = tokio::time::Instant::now();
    on_paused_time().await.unwrap_err();
    assert_eq!(PAUSED.load(Relaxed), 3);
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[test]
fn a_hook_that_takes_too_long_is_seen_before_the_next_attempt() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .strategy(strategies::instant())
        .deadline(10 * SECOND);
    let policy = policy.build().unwrap();
    let context = policy
        .context()
        .before_sleep(|_, _| clock.advance(100 * SECOND));
    let outcome = context.execute(|| Err::<(), _>(down()));
    assert_eq!(
        (outcome.attempts, outcome.stop_reason),
        (1, Some(StopReason::DeadlineExceeded))
    );
    let context = policy
        .context()
        .before_sleep(|_, _| clock.advance(100 * SECOND));
    let call = context.execute_async(|| async { Err::<(), _>(down()) });
    assert_eq!(async_io::block_on(call).attempts, 1);
}

#[test]
fn steps_that_are_over_stay_over() {
    let policy = Policy::builder().max_attempts(1).build().unwrap();
    let now = Instant::now();
    let mut steps = policy.start(now);
    assert_eq!(steps.next_attempt(now), redress::Step::Attempt(1));
    let failed = redress::Attempted::Failed(ErrorClass::Transient.into());
    let stopped = redress::Step::Stop(StopReason::MaxAttemptsGlobal);
    assert_eq!(steps.record(failed.clone(), now), stopped);
    assert_eq!(steps.next_attempt(now), stopped);
    assert_eq!(steps.record(failed, now), stopped);
    assert_eq!(steps.attempts(), 1);
}

#[test]
fn a_wait_without_end_reaches_the_deadline_that_was_not_set() {
    let endless = |_: &BackoffContext<'_>| f64::INFINITY;
    let policy = Policy::builder().no_deadline().strategy(endless);
    let policy = policy.build().unwrap();
    let now = Instant::now();
    let mut steps = policy.start(now);
    steps.next_attempt(now);
    let failed = redress::Attempted::Failed(ErrorClass::Transient.into());
    let stopped = redress::Step::Stop(StopReason::DeadlineExceeded);
    assert_eq!(steps.record(failed, now), stopped);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_cut_off_is_gone_before_the_next_is_made() {
    use std::sync::Arc;
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .attempt_timeout(1)
        .max_attempts(3)
        .build()
        .unwrap();
    let held = Arc::new(());
    let mut most = 0;
    let outcome = policy
        .execute_async(|| {
            let hold = Arc::clone(&held);
            most = most.max(Arc::strong_count(&hold) - 1);
            async move {
                let _hold = hold;
                pending::<Result<(), Error>>().await
            }
        })
        .await;
    assert_eq!(outcome.attempts, 3);
    assert_eq!(most, 1);
}

/// Fails at once, then hangs.
async fn once_then_never(calls: &mut u32) -> Result<(), Error> {
    *calls += 1;
    if *calls == 1 {
        return Err(down());
    }
    pending().await
}

#[retry(strategy = fixed(1), attempt_timeout = 1s, max_attempts = 2)]
async fn cut_off_after_a_pause(calls: &mut u32) -> Result<(), Error> {
    once_then_never(calls).await
}

#[retry(strategy = instant(), attempt_timeout = 1s, max_attempts = 2)]
async fn cut_off_without_a_pause(calls: &mut u32) -> Result<(), Error> {
    once_then_never(calls).await
}

#[retry(strategy = fixed(1), abort_if = || stop.load(Relaxed))]
async fn aborted_in_a_pause(stop: &AtomicBool, calls: &mut u32) -> Result<(), Error> {
    once_then_never(calls).await
}

#[tokio::test(start_paused = true)]
async fn what_a_function_returned_last_is_kept_when_its_call_is_interrupted() {
    let kind = |returned: Result<(), Error>| returned.unwrap_err().kind();
    let (mut after, mut without, mut aborted) = (0, 0, 0);
    assert_eq!(kind(cut_off_after_a_pause(&mut after).await), down().kind());
    assert_eq!(
        kind(cut_off_without_a_pause(&mut without).await),
        down().kind()
    );
    let stop = AtomicBool::new(false);
    let (returned, ()) = tokio::join!(aborted_in_a_pause(&stop, &mut aborted), async {
        tokio::time::sleep(SECOND / 2).await;
        stop.store(true, Relaxed);
    });
    assert_eq!(kind(returned), down().kind());
    assert_eq!((after, without, aborted), (2, 2, 1));
}

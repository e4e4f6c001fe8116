//! Faults of other libraries, each ruled out by a test. Some of these tests are elsewhere:
//! overflowing powers and jitter above the maximum in `strategies`, panicking hooks in `hooks`,
//! hung attempts and invalid delays in `time`, `&mut self`, generics and owned arguments in the
//! acceptance programs and in the tests of the macros.

use std::io::Error;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redress::strategies::{fixed, instant, retry_after_or};
use redress::testing::VirtualClock;
use redress::{CircuitBreaker, Classification, ErrorClass, Event, Policy, StopReason, retry};

use super::support::{SECOND, builder, down};

#[test]
fn python_redress_sleeps_after_the_last_attempt() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_attempts(3).build().unwrap();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    assert_eq!(clock.sleeps(), [SECOND; 2]);
}

#[test]
fn python_redress_runs_the_operation_again_when_a_hook_fails() {
    let policy = Policy::builder()
        .strategy(instant())
        .on_event(|_: &Event<'_>| panic!("broken"))
        .build()
        .unwrap();
    let mut ran = 0;
    let got = policy.call(|| {
        ran += 1;
        Ok::<_, Error>(ran)
    });
    assert_eq!((got.unwrap(), ran), (1, 1));
}

#[test]
fn python_redress_is_off_by_one_in_its_caps() {
    for cap in 1..=5 {
        let classified = |class: ErrorClass| {
            Policy::builder()
                .classifier(move |_: &Error| class)
                .strategy(instant())
        };
        let transient = classified(ErrorClass::Transient).unlimited_attempts();
        let by_class = transient
            .max_class_attempts(ErrorClass::Transient, cap)
            .build()
            .unwrap();
        let unknown = classified(ErrorClass::Unknown).unlimited_attempts();
        let by_unknown = unknown.max_unknown_attempts(cap).build().unwrap();
        let in_all = classified(ErrorClass::Transient)
            .max_attempts(cap)
            .build()
            .unwrap();
        for (policy, reason) in [
            (by_class, StopReason::MaxAttemptsPerClass),
            (by_unknown, StopReason::MaxUnknownAttempts),
            (in_all, StopReason::MaxAttemptsGlobal),
        ] {
            let mut ran = 0;
            let outcome = policy.execute(|| {
                ran += 1;
                Err::<(), _>(down())
            });
            assert_eq!((outcome.attempts, ran), (cap, cap), "{reason}");
            assert_eq!(outcome.stop_reason, Some(reason));
        }
    }
}

#[test]
fn tokio_retry2_ignores_its_retry_after() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .classifier(|_: &Error| Classification::new(ErrorClass::RateLimit).retry_after(7 * SECOND))
        .strategy(retry_after_or(fixed(SECOND)).jitter(0))
        .max_attempts(2)
        .clock(clock.clone())
        .build()
        .unwrap();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    assert_eq!(clock.sleeps(), [7 * SECOND]);
}

static RAN: AtomicU32 = AtomicU32::new(0);

#[retry(strategy = instant(), max_attempts = 3)]
fn leaves_by_question_mark() -> Result<(), Error> {
    RAN.fetch_add(1, Relaxed);
    Err(down())?;
    Ok(())
}

#[test]
fn retrying_does_not_retry_an_error_that_leaves_by_question_mark() {
    leaves_by_question_mark().unwrap_err();
    assert_eq!(RAN.load(Relaxed), 3);
}

#[retry(strategy = instant())]
async fn borrows(list: &mut Vec<u32>) -> Result<usize, Error> {
    tokio::task::yield_now().await;
    list.push(1);
    if list.len() < 3 {
        Err(down())
    } else {
        Ok(list.len())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closure_driven_macros_make_futures_that_are_not_send() {
    let task = tokio::spawn(async {
        let mut list = Vec::new();
        borrows(&mut list).await
    });
    assert_eq!(task.await.unwrap().unwrap(), 3);
}

#[test]
fn others_lose_the_error_or_the_value() {
    #[derive(Debug, PartialEq)]
    struct Mine(u32);
    let policy = Policy::builder()
        .classifier(|_: &Mine| ErrorClass::Transient)
        .result_classifier(|value: &Mine| (value.0 > 5).then_some(ErrorClass::ServerError))
        .strategy(instant())
        .max_attempts(3)
        .build()
        .unwrap();
    let mut n = 0;
    let error = policy.call(|| {
        n += 1;
        Err::<Mine, _>(Mine(n))
    });
    assert_eq!(error.unwrap_err().into_source(), Some(Mine(3)));
    let value = policy.call(|| Ok::<_, Mine>(Mine(9)));
    assert_eq!(value.unwrap(), Mine(9));
}

static INNER: AtomicU32 = AtomicU32::new(0);
static OUTER: AtomicU32 = AtomicU32::new(0);

#[retry(abort_if = || true)]
fn shutting_down() -> Result<(), Error> {
    INNER.fetch_add(1, Relaxed);
    Ok(())
}

#[retry(strategy = instant())]
fn around_a_shutdown() -> Result<(), Error> {
    OUTER.fetch_add(1, Relaxed);
    shutting_down()
}

#[test]
fn nested_retries_do_not_retry_a_shutdown() {
    around_a_shutdown().unwrap_err();
    assert_eq!((INNER.load(Relaxed), OUTER.load(Relaxed)), (0, 1));
}

#[test]
fn nested_policies_wait_as_long_as_the_inner_breaker_says() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .clock(clock.clone())
        .build()
        .unwrap();
    breaker.force_open();
    let inner = Policy::builder()
        .circuit_breaker(breaker)
        .clock(clock.clone())
        .build()
        .unwrap();
    let outer = Policy::builder()
        .max_attempts(2)
        .clock(clock.clone())
        .build()
        .unwrap();
    let error = outer
        .call(|| inner.call(|| Ok::<_, Error>(())))
        .unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::Transient));
    let slept = clock.sleeps()[0];
    assert!(slept >= 30 * SECOND && slept < 31 * SECOND, "{slept:?}");
}

#[retry(max_attempts = std::env::args().skip(usize::MAX).count() as u32)]
fn badly_set() -> Result<(), Error> {
    Ok(())
}

#[test]
fn settings_that_only_the_program_knows_are_refused_at_every_call() {
    for _ in 0..2 {
        let panic = std::panic::catch_unwind(badly_set).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("max_attempts: must be at least 1"),
            "{message}"
        );
    }
}

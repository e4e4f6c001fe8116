//! Waiting until something is ready, in virtual time.

use std::cell::{Cell, RefCell};
use std::io::{Error, ErrorKind};
use std::time::Duration;

use redress::call::Readiness;
use redress::observe::CallResult;
use redress::testing::{RecordingObserver, VirtualClock, seed_jitter};
use redress::time::Clock;
use redress::{
    Attempted, Budget, CircuitBreaker, CircuitState, ErrorClass, EventName, Policy, Step,
    StopReason, strategies,
};

use super::support::{Log, SECOND, down};

/// A job that takes so long, and a client that looks at it: each look takes 20 ms.
struct Jobs {
    clock: VirtualClock,
    takes: Duration,
    start: std::time::Instant,
    looks: Cell<u32>,
}

impl Jobs {
    fn new(takes: Duration) -> Self {
        let clock = VirtualClock::new();
        let start = clock.now();
        Self {
            clock,
            takes,
            start,
            looks: Cell::new(0),
        }
    }

    fn elapsed(&self) -> Duration {
        self.clock.now() - self.start
    }

    fn look(&self) -> Result<bool, Error> {
        self.looks.set(self.looks.get() + 1);
        let done = self.elapsed() >= self.takes;
        self.clock.advance(Duration::from_millis(20));
        Ok(done)
    }
}

#[tokio::test]
async fn a_job_of_any_length_is_seen_in_time_by_few_looks() {
    for seconds in [1, 60, 3600] {
        let (mut late, mut most, mut worst) = (0.0, 0, 0.0_f64);
        for seed in 0..200 {
            seed_jitter(seed);
            let jobs = Jobs::new(seconds * SECOND);
            let builder = Policy::builder().deadline(7200).clock(jobs.clock.clone());
            let policy = builder.build().unwrap();
            let waited = if seed % 2 == 0 {
                policy.until(|| jobs.look(), |done| *done)
            } else {
                policy
                    .until_async(|| std::future::ready(jobs.look()), |done| *done)
                    .await
            };
            assert!(waited.unwrap());
            let share = jobs.elapsed().as_secs_f64() / f64::from(seconds);
            late += share / 200.0;
            worst = worst.max(share);
            most = most.max(jobs.looks.get());
        }
        println!(
            "job of {seconds} s: seen after {late:.3} times its time, {worst:.3} at worst, {most} looks at most"
        );
        assert!(late <= 1.2 && worst <= 1.45, "{seconds} s: {late}, {worst}");
        assert!(most <= 40, "{seconds} s: {most}");
    }
}

#[test]
fn not_ready_counts_against_no_cap_and_costs_no_budget() {
    let jobs = Jobs::new(3600 * SECOND);
    let budget = Budget::rolling(1, 86_400);
    let policy = Policy::builder()
        .deadline(7200)
        .max_attempts(1)
        .budget(budget.clone())
        .clock(jobs.clock.clone())
        .build()
        .unwrap();
    assert!(policy.until(|| jobs.look(), |done| *done).unwrap());
    assert!(jobs.looks.get() > 20);
    assert_eq!(budget.remaining(), 1);
}

#[test]
fn errors_between_are_retried_as_ever_and_an_answer_forgets_them() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(strategies::fixed(1))
        .max_attempts(3)
        .clock(clock.clone())
        .build()
        .unwrap();
    // Twice two failures in a row, then three.
    let run = |script: &str| {
        let mut script = script.chars();
        policy.until(
            || match script.next() {
                Some('x') => Err(down()),
                Some('.') => Ok(false),
                _ => Ok(true),
            },
            |ready| *ready,
        )
    };
    assert!(run("xx.xx.").unwrap());
    let error = run(".xx.xxx").unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(error.error().attempts(), 3);
    assert_eq!(error.last_value(), None);
    let lost = error.into_error().into_source().unwrap();
    assert_eq!(lost.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_deadline_ends_it_with_the_last_value_after_a_look_just_before() {
    for seed in 0..50 {
        seed_jitter(seed);
        let clock = VirtualClock::new();
        let start = clock.now();
        let policy = Policy::builder()
            .deadline(100)
            .clock(clock.clone())
            .build()
            .unwrap();
        let at = RefCell::new(Vec::new());
        let look = || {
            at.borrow_mut().push(clock.now() - start);
            std::future::ready(Ok::<_, Error>(at.borrow().len()))
        };
        let error = policy.until_async(look, |_| false).await.unwrap_err();
        assert_eq!(error.stop_reason(), StopReason::NotReady);
        assert_eq!(error.to_string(), "not ready by the deadline: NOT_READY");
        let last = *at.borrow().last().unwrap();
        assert!(last >= 98 * SECOND && last < 100 * SECOND, "{last:?}");
        assert_eq!(error.into_last_value(), Some(at.borrow().len()));
    }
}

#[test]
fn its_end_is_shown_once_with_why_it_stopped() {
    let seen = RecordingObserver::new();
    let policy = Policy::builder()
        .on_event(seen.clone())
        .clock(VirtualClock::new())
        .build()
        .unwrap();
    policy.until(|| Ok::<_, Error>(1), |_| false).unwrap_err();
    policy.until(|| Ok::<_, Error>(1), |_| true).unwrap();
    let ends: Vec<_> = seen.calls().iter().map(|end| end.result).collect();
    assert_eq!(ends, [CallResult::NotReady, CallResult::Success]);
}

#[test]
fn a_hint_is_obeyed_exactly_or_ends_it() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .deadline(100)
        .clock(clock.clone())
        .build()
        .unwrap();
    let waited = policy.until(|| Ok::<_, Error>(7), |_| Readiness::not_for(20));
    assert_eq!(waited.unwrap_err().stop_reason(), StopReason::NotReady);
    let sleeps = clock.sleeps();
    assert_eq!(sleeps.len(), 4);
    let exact = |sleep: &Duration| *sleep >= 20 * SECOND && *sleep <= 20 * SECOND + SECOND / 4;
    assert!(sleeps.iter().all(exact), "{sleeps:?}");
}

#[test]
fn a_rate_limit_between_is_obeyed_too() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .classifier(|_: &Error| {
            redress::Classification::new(ErrorClass::RateLimit).retry_after(9 * SECOND)
        })
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut answers = [Ok(false), Err(down()), Ok(true)].into_iter();
    assert!(
        policy
            .until(|| answers.next().unwrap(), |ready| *ready)
            .unwrap()
    );
    assert!(clock.sleeps()[1] >= 9 * SECOND);
}

#[test]
fn each_answer_is_a_success_for_the_breaker() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    clock.advance(30 * SECOND);
    let policy = Policy::builder()
        .circuit_breaker(breaker.clone())
        .clock(clock)
        .build()
        .unwrap();
    let mut states = Vec::new();
    let waited = policy.until(
        || {
            states.push(breaker.state());
            Ok::<_, Error>(states.len())
        },
        |looks| *looks == 3,
    );
    assert_eq!(waited.unwrap(), 3);
    // The first answer closes it; the probe is not kept for the whole wait.
    assert_eq!(
        states,
        [
            CircuitState::HalfOpen,
            CircuitState::Closed,
            CircuitState::Closed
        ]
    );
}

#[test]
fn a_value_that_is_a_failure_is_one_and_events_tell_them_apart() {
    let (clock, log) = (VirtualClock::new(), Log::default());
    let events = log.clone();
    let policy = Policy::builder()
        .result_classifier(|value: &u32| (*value == 500).then_some(ErrorClass::ServerError))
        .on_event(move |event: &redress::Event<'_>| {
            if event.name() == EventName::NotYet {
                assert!(event.sleep() >= SECOND / 10 && event.class().is_none());
            }
            events.write(format!("{} {}", event.attempt(), event.name()));
        })
        .clock(clock)
        .build()
        .unwrap();
    let mut answers = [100, 500, 500, 100, 200].into_iter();
    let waited = policy.until(
        || Ok::<_, Error>(answers.next().unwrap()),
        |value| *value == 200,
    );
    assert_eq!(waited.unwrap(), 200);
    assert_eq!(
        log.take(),
        ["1 not_yet", "1 retry", "2 retry", "3 not_yet", "1 success"]
    );
}

#[test]
fn an_abort_ends_it_between_two_looks() {
    let policy = Policy::builder()
        .clock(VirtualClock::new())
        .build()
        .unwrap();
    let looks = std::sync::atomic::AtomicU32::new(0);
    let count = || looks.load(std::sync::atomic::Ordering::SeqCst);
    let context = policy.context().abort_if(|| count() == 2);
    let waited = context.until(
        || Ok::<_, Error>(looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
        |_| false,
    );
    let error = waited.unwrap_err();
    assert_eq!(
        (error.stop_reason(), error.last_value()),
        (StopReason::Aborted, Some(&1))
    );
}

#[tokio::test]
async fn a_look_that_hangs_is_cut_off() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .attempt_timeout(1)
        .max_attempts(2)
        .strategy(strategies::fixed(1))
        .clock(clock.clone())
        .build()
        .unwrap();
    let hang = || async {
        clock.sleep_async(60 * SECOND).unwrap().await;
        Ok::<_, Error>(())
    };
    let error = policy.until_async(hang, |()| true).await.unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(error.error().cause(), Some(redress::Cause::Timeout));
}

#[test]
fn limits_that_are_no_time() {
    let deadline = |policy: Policy| policy.snapshot().deadline;
    assert_eq!(deadline(Policy::polling(0.5)), Some(SECOND / 2));
    assert_eq!(deadline(Policy::polling(-1)), Some(Duration::ZERO));
    assert_eq!(deadline(Policy::polling(f64::INFINITY)), None);
    let mut looks = 0;
    let waited = Policy::polling(-1).until(
        || {
            looks += 1;
            Ok::<_, Error>(looks)
        },
        |_| false,
    );
    assert_eq!(waited.unwrap_err().stop_reason(), StopReason::NotReady);
    assert_eq!(looks, 1);
}

#[tokio::test]
async fn the_future_is_send() {
    let waited = tokio::spawn(async {
        Policy::polling(1)
            .until_async(|| async { Ok::<_, Error>(3) }, |n| *n == 3)
            .await
    });
    assert_eq!(waited.await.unwrap().unwrap(), 3);
}

#[test]
fn a_scheduler_polls_by_steps() {
    let (policy, now) = (
        Policy::builder()
            .deadline(60)
            .max_attempts(2)
            .build()
            .unwrap(),
        std::time::Instant::now(),
    );
    let mut steps = policy.start(now);
    let mut elapsed = Duration::ZERO;
    for look in 0.. {
        assert_eq!(steps.next_attempt(now + elapsed), Step::Attempt(1));
        match steps.record(Attempted::NotReady(None), now + elapsed) {
            Step::RetryAfter(delay) => elapsed += delay,
            step => {
                assert_eq!(step, Step::Stop(StopReason::NotReady));
                assert!(look > 10 && elapsed > 59 * SECOND, "{look} {elapsed:?}");
                break;
            }
        }
    }
    let mut steps = policy.start(now);
    steps.next_attempt(now);
    let asked = Attempted::NotReady(Some(9 * SECOND));
    assert!(matches!(steps.record(asked, now), Step::RetryAfter(delay) if delay >= 9 * SECOND));
    assert_eq!(steps.resume_token(), None);
    steps.next_attempt(now);
    assert_eq!(steps.record(Attempted::Succeeded, now), Step::Done);
}

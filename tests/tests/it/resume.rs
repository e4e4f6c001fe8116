//! Operations that a sleep handler defers, and the calls that resume them.

use std::io::Error;
use std::time::{Duration, Instant};

use redress::call::ResumeToken;
use redress::testing::VirtualClock;
use redress::{
    Attempted, Budget, CircuitBreaker, CircuitState, ErrorClass, EventName, Policy, SleepDecision,
    Step, StopReason,
};

use super::support::{Log, SECOND, Transient, builder, down};

fn fail() -> Result<(), Error> {
    Err(down())
}

fn deferred(policy: &Policy<Transient>) -> ResumeToken {
    let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = deferring.execute(fail);
    assert_eq!(outcome.stop_reason, Some(StopReason::Scheduled));
    outcome.resume_token().unwrap()
}

#[test]
fn only_a_deferred_call_has_a_token() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_attempts(2).build().unwrap();
    assert_eq!(policy.execute(|| Ok::<_, Error>(())).resume_token(), None);
    assert_eq!(policy.execute(fail).resume_token(), None);
    let aborting = policy.context().sleep_handler(|_, _| SleepDecision::Abort);
    assert_eq!(aborting.execute(fail).resume_token(), None);
    let token = deferred(&policy);
    assert_eq!((token.attempts(), token.delay()), (1, SECOND));
    assert_eq!(token.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn every_form_of_call_goes_on() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_attempts(3).build().unwrap();
    let token = deferred(&policy);
    let resume = || policy.context().resume(token.clone());
    let error = resume().call(fail).unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (3, StopReason::MaxAttemptsGlobal)
    );
    assert_eq!(resume().execute(fail).attempts, 3);
    let error = resume().call_async(|| async { fail() }).await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    let outcome = resume().execute_async(|| async { fail() }).await;
    assert_eq!(outcome.attempts, 3);
    let outcome = resume().execute(|| Ok::<_, Error>(5));
    assert_eq!((outcome.is_ok(), outcome.attempts), (true, 2));
}

#[test]
fn a_resumed_future_is_send() {
    fn assert_send(_: impl Send) {}
    let policy = builder(&VirtualClock::new()).build().unwrap();
    let token = deferred(&policy);
    assert_send(
        policy
            .context()
            .resume(token)
            .call_async(|| async { fail() }),
    );
}

#[test]
fn the_deadline_counts_the_delay_as_slept() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(10 * SECOND).build().unwrap();
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = context.execute(|| {
        clock.advance(3 * SECOND);
        fail()
    });
    let token = outcome.resume_token().unwrap();
    clock.advance(3600 * SECOND); // the queue was slow, which does not count for the operation
    let outcome = policy.context().resume(token).execute(|| {
        clock.advance(4 * SECOND);
        fail()
    });
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!((outcome.attempts, outcome.elapsed), (3, 13 * SECOND));
}

#[test]
fn a_call_resumed_at_its_deadline_makes_no_attempt() {
    let clock = VirtualClock::new();
    let token = deferred(&builder(&clock).build().unwrap());
    let strict = builder(&clock).deadline(SECOND).build().unwrap();
    let outcome = strict
        .context()
        .resume(token)
        .execute(|| -> Result<(), Error> { unreachable!("its time is over") });
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!((outcome.attempts, outcome.elapsed), (1, SECOND));
    assert_eq!(outcome.last_class, Some(ErrorClass::Transient));
}

#[test]
fn the_resuming_policy_decides_with_its_own_caps() {
    let clock = VirtualClock::new();
    let token = deferred(&builder(&clock).max_attempts(9).build().unwrap());
    let strict = builder(&clock).max_class_attempts(ErrorClass::Transient, 2);
    let outcome = strict
        .build()
        .unwrap()
        .context()
        .resume(token)
        .execute(fail);
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsPerClass));
    assert_eq!(outcome.attempts, 2);
}

#[tokio::test]
async fn an_attempt_timeout_counts_from_the_resumed_attempt() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND / 2).max_attempts(2);
    let policy = policy.no_deadline().build().unwrap();
    for elapsed in [0, 5_000_000_000, u128::from(u64::MAX) * 2] {
        let token = deferred(&policy).to_string();
        let token = token.replace("elapsed=0", &format!("elapsed={elapsed}"));
        let resumed = policy.context().resume(token.parse().unwrap());
        let outcome = resumed
            .execute_async(|| {
                let mut polls = 0;
                std::future::poll_fn(move |cx| {
                    polls += 1;
                    cx.waker().wake_by_ref();
                    match polls {
                        1 => std::task::Poll::Pending,
                        _ => std::task::Poll::Ready(Ok::<_, Error>(())),
                    }
                })
            })
            .await;
        assert!(outcome.is_ok(), "{elapsed}: {outcome:?}");
    }
}

#[test]
fn a_resumed_call_can_be_aborted_before_its_attempt() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).build().unwrap();
    let resumed = policy.context().abort_if(|| true).resume(deferred(&policy));
    let outcome = resumed.execute(|| -> Result<(), Error> { unreachable!("aborted") });
    assert_eq!(outcome.stop_reason, Some(StopReason::Aborted));
    assert_eq!(outcome.attempts, 1);
}

#[test]
fn a_resumed_call_asks_the_breaker_again() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(2)
        .build()
        .unwrap();
    let policy = builder(&clock)
        .max_attempts(9)
        .circuit_breaker(breaker.clone());
    let policy = policy.build().unwrap();
    let token = deferred(&policy);
    assert_eq!(breaker.state(), CircuitState::Closed);
    deferred(&policy); // a deferred operation counts as its last failure
    assert_eq!(breaker.state(), CircuitState::Open);
    let resumed = policy.context().resume(token.clone());
    let outcome = resumed.execute(|| -> Result<(), Error> { unreachable!("refused") });
    assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
    assert!(outcome.retry_after.is_some());
    breaker.reset();
    let outcome = policy
        .context()
        .resume(token)
        .execute(|| Ok::<_, Error>(()));
    assert_eq!((outcome.is_ok(), outcome.attempts), (true, 2));
}

#[test]
fn a_deferred_retry_is_paid_for_once() {
    let clock = VirtualClock::new();
    let budget = Budget::rolling(3, 60);
    let policy = builder(&clock)
        .max_attempts(2)
        .budget(budget.clone())
        .build()
        .unwrap();
    let token = deferred(&policy);
    assert_eq!(budget.remaining(), 2);
    assert_eq!(policy.context().resume(token).execute(fail).attempts, 2);
    assert_eq!(budget.remaining(), 2);

    let now = Instant::now();
    let mut steps = policy.start(now);
    steps.next_attempt(now);
    steps.record(Attempted::Failed(ErrorClass::Transient.into()), now);
    let token = steps.resume_token().unwrap();
    drop(steps);
    assert_eq!(budget.remaining(), 1);
    let mut resumed = policy.resume(&token, now);
    assert_eq!(resumed.next_attempt(now), Step::Attempt(2));
    assert_eq!(budget.remaining(), 1);
}

#[test]
fn steps_have_a_token_while_they_wait() {
    let policy = builder(&VirtualClock::new())
        .max_attempts(3)
        .build()
        .unwrap();
    let now = Instant::now();
    let failed = || Attempted::Failed(ErrorClass::Transient.into());
    let mut steps = policy.start(now);
    assert_eq!(steps.resume_token(), None);
    steps.next_attempt(now);
    assert_eq!(steps.resume_token(), None);
    steps.record(failed(), now + SECOND);
    let token = steps.resume_token().unwrap();
    assert_eq!((token.attempts(), token.elapsed()), (1, SECOND));
    steps.next_attempt(now + 2 * SECOND);
    assert_eq!(steps.resume_token(), None);

    let later = now + 60 * SECOND;
    let mut resumed = policy.resume(&token, later);
    assert_eq!(resumed.resume_token(), None);
    assert_eq!(resumed.next_attempt(later), Step::Attempt(2));
    resumed.record(failed(), later);
    assert_eq!(resumed.next_attempt(later), Step::Attempt(3));
    let stopped = Step::Stop(StopReason::MaxAttemptsGlobal);
    assert_eq!(resumed.record(failed(), later), stopped);
    assert_eq!(resumed.resume_token(), None);
}

#[test]
fn observers_of_a_resumed_call_see_the_operation() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_attempts(2).build().unwrap();
    let token = deferred(&policy);
    let log = Log::default();
    let context = policy.context().on_event(|event: &redress::Event<'_>| {
        log.write(format!(
            "{} {} {:?}",
            event.name(),
            event.attempt(),
            event.elapsed()
        ));
    });
    context.capture_timeline().resume(token).execute(fail);
    let name = EventName::MaxAttemptsExceeded;
    assert_eq!(log.take(), [format!("{name} 2 1s")]);
}

#[test]
fn steps_that_were_not_asked_for_count_and_make_good_tokens() {
    let policy = Policy::builder()
        .strategy(redress::strategies::fixed(1))
        .max_attempts(3)
        .build()
        .unwrap();
    let now = Instant::now();
    let mut steps = policy.start(now);
    let failed = || Attempted::Failed(ErrorClass::Transient.into());
    for _ in 0..2 {
        steps.record(failed(), now);
        let token = steps.resume_token().unwrap().to_string();
        assert!(token.parse::<ResumeToken>().is_ok(), "{token}");
    }
    let stop = Step::Stop(StopReason::MaxAttemptsGlobal);
    assert_eq!(steps.record(failed(), now), stop);
}

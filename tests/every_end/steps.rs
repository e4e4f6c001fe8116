//! Calls by steps: a scheduler runs their attempts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice::from_ref;
use std::time::{Duration, Instant};

use redress::call::Steps;
use redress::observe::CallResult;
use redress::strategies::fixed;
use redress::{Attempted, Classification, ErrorClass, Step};

use super::ways::{Builder, TestPolicy, builder};
use super::{Ended, Late, Watch};

fn policy(watch: &impl Watch, build: fn(Builder) -> Builder) -> TestPolicy {
    build(builder(watch).strategy(fixed(1))).build().unwrap()
}

/// Runs the attempts of a call until it is over; the last of `answers` is that of any further attempt.
fn run(steps: &mut Steps, answers: &[Attempted]) -> Step {
    let mut now = Instant::now();
    let mut answers = answers.iter().cycle();
    loop {
        let step = match steps.next_attempt(now) {
            Step::Attempt(_) => steps.record(answers.next().unwrap().clone(), now),
            step => step,
        };
        match step {
            Step::RetryAfter(delay) => now += delay,
            step => return step,
        }
    }
}

fn failed(class: ErrorClass) -> Attempted {
    Attempted::Failed(class.into())
}

/// How a call ends, after how many attempts, what they answer, and the policy.
type Way<'a> = (CallResult, u32, &'a [Attempted], fn(Builder) -> Builder);

pub(super) fn every_end_of_steps(watch: &impl Watch) {
    let down = failed(ErrorClass::Transient);
    let abort = Attempted::Failed(Classification::abort());
    let forbidden = Classification::new(ErrorClass::Transient).no_retry();
    let ways: &[Way<'_>] = &[
        (CallResult::Success, 1, &[Attempted::Succeeded], |b| b),
        (
            CallResult::SuccessAfterRetry,
            2,
            &[down.clone(), Attempted::Succeeded],
            |b| b,
        ),
        (CallResult::Aborted, 1, &[abort], |b| b),
        (
            CallResult::RetryForbidden,
            1,
            &[Attempted::Failed(forbidden)],
            |b| b,
        ),
        (
            CallResult::PermanentFail,
            1,
            &[failed(ErrorClass::Permanent)],
            |b| b,
        ),
        (CallResult::MaxAttemptsExceeded, 3, from_ref(&down), |b| b),
        (
            CallResult::MayHaveBeenApplied,
            1,
            from_ref(&down),
            Builder::once,
        ),
        (CallResult::DeadlineExceeded, 1, from_ref(&down), |b| {
            b.deadline(0.5)
        }),
    ];
    for (result, attempts, answers, build) in ways {
        let policy = policy(watch, *build);
        run(&mut policy.start(Instant::now()), answers);
        watch.assert_ended(&Ended {
            way: &format!("{result} by steps"),
            results: &[*result],
            attempts: Some(*attempts),
            late: match result {
                CallResult::Success => Late::Nothing,
                _ => Late::Everything,
            },
        });
    }
    cut_short(watch, &down);
    late(watch, &down);
}

/// Dropped before its first attempt, in it, in its pause, while the thread panics, and handed over.
fn cut_short(watch: &impl Watch, down: &Attempted) {
    let policy = policy(watch, |b| b);
    let now = Instant::now();
    let assert = |way: &str, result, attempts, late| {
        watch.assert_ended(&Ended {
            way,
            results: &[result],
            attempts: Some(attempts),
            late,
        });
    };
    drop(policy.start(now));
    assert("not begun", CallResult::Cancelled, 0, Late::Nothing);

    let mut steps = policy.start(now);
    steps.next_attempt(now);
    drop(steps);
    assert("in its attempt", CallResult::Cancelled, 1, Late::Nothing);

    let mut steps = policy.start(now);
    steps.next_attempt(now);
    steps.record(down.clone(), now);
    // A clone is no call of its own to those who watch.
    drop(steps.clone());
    drop(steps);
    assert("in its pause", CallResult::Cancelled, 1, Late::Everything);

    let panics = || {
        let mut steps = policy.start(now);
        steps.next_attempt(now);
        panic!("as asked");
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert("panics", CallResult::Panicked, 1, Late::Nothing);

    let mut steps = policy.start(now);
    steps.next_attempt(now);
    steps.record(down.clone(), now);
    let token = steps.resume_token().unwrap();
    drop(steps);
    assert("handed over", CallResult::Scheduled, 1, Late::Everything);

    run(&mut policy.resume(&token, now), &[Attempted::Succeeded]);
    let resumed = CallResult::SuccessAfterRetry;
    assert("resumed by steps", resumed, 1, Late::Either);
}

/// The scheduler comes back after the deadline.
fn late(watch: &impl Watch, down: &Attempted) {
    let policy = policy(watch, |b| b.deadline(10));
    let now = Instant::now();
    let mut steps = policy.start(now);
    steps.next_attempt(now);
    steps.record(down.clone(), now);
    let late = now + Duration::from_secs(11);
    steps.next_attempt(late);
    // Once it is over, nothing more is shown.
    steps.next_attempt(late);
    drop(steps);
    watch.assert_ended(&Ended {
        way: "a scheduler that is late",
        results: &[CallResult::DeadlineExceeded],
        attempts: Some(1),
        late: Late::Everything,
    });
}

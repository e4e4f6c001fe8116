use std::io::Error;
use std::time::Duration;

use redress::contrib::lines::Line;
use redress::contrib::tracing_0_1::{default_level, events};
use redress::testing::VirtualClock;
use redress::{
    AbortRetry, Budget, Classification, ErrorClass, EventName, Observer, Policy, strategies,
};
use tracing::Level;

use super::recorder::{Recorder, Traced, paths};
use crate::support::{builder, down};

/// Fails so many times, then succeeds.
fn fails(mut times: u32) -> impl FnMut() -> Result<(), Error> {
    move || match times.checked_sub(1) {
        None => Ok(()),
        Some(left) => {
            times = left;
            Err(down())
        }
    }
}

fn with(observer: impl Observer + 'static) -> redress::PolicyBuilder<crate::support::Transient> {
    builder(&VirtualClock::new())
        .operation("load_order")
        .max_attempts(3)
        .on_event(observer)
}

fn levels(all: &[Traced]) -> Vec<(&str, Level)> {
    all.iter()
        .map(|event| (event.path.as_str(), event.level.unwrap()))
        .collect()
}

#[test]
fn a_success_at_the_first_attempt_writes_nothing_unless_asked_for() {
    let policy = with(events()).build().unwrap();
    let ((), all) = Recorder::watch(|| policy.call(fails(0)).unwrap());
    assert!(all.is_empty(), "{all:?}");

    let policy = with(events().successes()).build().unwrap();
    let ((), all) = Recorder::watch(|| policy.call(fails(0)).unwrap());
    assert_eq!(levels(&all), [("success", Level::TRACE)]);
}

#[test]
fn retries_and_what_they_save_are_worth_a_note_and_giving_up_is_a_warning() {
    let policy = with(events()).build().unwrap();
    let (_, all) = Recorder::watch(|| {
        policy.call(fails(1)).unwrap();
        policy.call(fails(9)).unwrap_err();
    });
    let expected = [
        ("retry", Level::INFO),
        ("success", Level::INFO),
        ("retry", Level::INFO),
        ("retry", Level::INFO),
        ("max_attempts_exceeded", Level::WARN),
    ];
    assert_eq!(levels(&all), expected);
    assert!(all.iter().all(|event| event.target == "redress"));
}

#[test]
fn no_line_is_an_error_by_default() {
    let levels = |line: &Line<'_>| {
        assert_ne!(default_level(line), Some(Level::ERROR), "{}", line.name());
        default_level(line)
    };
    let seen = Recorder::watch(|| {
        let budget = Budget::rolling(1, 60);
        let policy = with(events().levels(levels).successes())
            .budget(budget)
            .build()
            .unwrap();
        policy.call(fails(0)).unwrap();
        policy.call(fails(9)).unwrap_err();
        let policy = with(events().levels(levels)).build().unwrap();
        policy
            .context()
            .abort_if(|| true)
            .call(fails(9))
            .unwrap_err();
        let policy = with(events().levels(levels)).deadline(0.5);
        policy.build().unwrap().call(fails(9)).unwrap_err();
        let policy = Policy::builder().on_event(events().levels(levels));
        let policy = policy
            .classifier(|_: &Error| ErrorClass::Permanent)
            .build()
            .unwrap();
        policy.call(fails(9)).unwrap_err();
    });
    let names = paths(&seen.1);
    for name in [
        "budget_exhausted",
        "aborted",
        "deadline_exceeded",
        "permanent_fail",
        "success",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}

#[test]
fn an_event_has_what_there_is_and_nothing_that_is_empty() {
    let busy = |_: &Error| {
        Classification::new(ErrorClass::RateLimit)
            .retry_after(Duration::from_secs(3))
            .detail("http_status", "429")
            .detail("code", "throttled")
    };
    let policy = Policy::builder()
        .operation("load_order")
        .classifier(busy)
        .strategy(strategies::retry_after_or(strategies::fixed(1)))
        .clock(VirtualClock::new())
        .max_attempts(2)
        .on_event(events())
        .build()
        .unwrap();
    let (_, all) = Recorder::watch(|| policy.call(fails(9)).unwrap_err());
    let [retry, stop] = &all[..] else {
        panic!("{all:?}")
    };
    let names: Vec<_> = retry.fields.keys().copied().collect();
    let expected = [
        "error.type",
        "redress.attempt",
        "redress.cause",
        "redress.delay",
        "redress.details",
        "redress.elapsed",
        "redress.error_type",
        "redress.operation",
        "redress.retry_after",
    ];
    assert_eq!(names, expected);
    assert_eq!(retry.field("redress.operation"), "load_order");
    assert_eq!(retry.field("redress.attempt"), "1");
    assert_eq!(retry.field("error.type"), "RATE_LIMIT");
    assert_eq!(retry.field("redress.cause"), "error");
    assert_eq!(retry.field("redress.error_type"), "std::io::error::Error");
    assert_eq!(retry.field("redress.retry_after"), "3.0");
    assert_eq!(
        retry.field("redress.details"),
        "http_status=429 code=throttled"
    );
    assert!(retry.field("redress.delay").parse::<f64>().unwrap() >= 3.0);
    assert_eq!(stop.field("redress.stop_reason"), "MAX_ATTEMPTS_GLOBAL");
    assert_eq!(stop.field("redress.attempt"), "2");
    assert_eq!(stop.field("redress.delay"), "");
}

#[test]
fn levels_are_the_users_and_none_is_silence() {
    let observer = events().levels(|line| match line {
        Line::Event(event) if event.name() == EventName::Retry => None,
        Line::Event(event) if event.stop_reason().is_some() => Some(Level::ERROR),
        _ => default_level(line),
    });
    let policy = with(observer).build().unwrap();
    let (_, all) = Recorder::watch(|| policy.call(fails(9)).unwrap_err());
    assert_eq!(levels(&all), [("max_attempts_exceeded", Level::ERROR)]);
}

#[test]
fn an_abort_is_no_warning() {
    let policy = Policy::builder().on_event(events()).build().unwrap();
    let (_, all) = Recorder::watch(|| policy.call(|| Err::<(), _>(AbortRetry)).unwrap_err());
    assert_eq!(levels(&all), [("aborted", Level::INFO)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_in_its_pause_says_so() {
    let policy = with(events()).build().unwrap();
    let (_, all) = Recorder::watch(|| {
        let mut call = Box::pin(policy.call_async(async || Err::<(), _>(down())));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(Future::poll(call.as_mut(), &mut context).is_pending());
    });
    assert_eq!(
        levels(&all),
        [("retry", Level::INFO), ("cancelled", Level::DEBUG)]
    );
    assert_eq!(all[1].field("redress.attempt"), "1");
}

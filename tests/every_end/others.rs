//! Calls in calls, resumed ones, functions, and one without a thread.

use std::sync::{Mutex, mpsc};
use std::thread;

use redress::observe::CallResult;
use redress::strategies::{fixed, instant};
use redress::{SleepDecision, retry};

use super::ways::{Failure, builder, in_real_time, pending_twice, poll};
use super::{Ended, Late, Watch};

pub(super) fn a_call_in_a_call(watch: &impl Watch) {
    let policy = builder(watch).strategy(fixed(1)).build().unwrap();
    let nested = |answer: Result<(), Failure>| {
        let inner = || policy.call(|| answer).map_err(|_| Failure::NotFound);
        policy.call(inner)
    };
    nested(Ok(())).unwrap();
    watch.assert_ended(&Ended {
        way: "a success in a success",
        results: &[CallResult::Success, CallResult::Success],
        attempts: Some(2),
        late: Late::Nothing,
    });
    nested(Err(Failure::Down)).unwrap_err();
    watch.assert_ended(&Ended {
        way: "a stop in a stop",
        results: &[CallResult::MaxAttemptsExceeded, CallResult::PermanentFail],
        attempts: Some(4),
        late: Late::Everything,
    });
}

pub(super) fn a_call_that_is_resumed(watch: &impl Watch) {
    let policy = builder(watch).strategy(fixed(1)).build().unwrap();
    for (answer, result, late) in [
        // It has not failed in this call.
        (Ok(()), CallResult::SuccessAfterRetry, Late::Either),
        (
            Err(Failure::NotFound),
            CallResult::PermanentFail,
            Late::Everything,
        ),
    ] {
        let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
        let outcome = deferring.execute(|| Err::<(), _>(Failure::Down));
        watch.assert_ended(&Ended {
            way: "deferred",
            results: &[CallResult::Scheduled],
            attempts: Some(1),
            late: Late::Everything,
        });
        let token = outcome.resume_token().unwrap().clone();
        let _ = policy.context().resume(token).execute(|| answer);
        watch.assert_ended(&Ended {
            way: "resumed",
            results: &[result],
            attempts: Some(1),
            late,
        });
    }
}

#[retry(strategy = instant(), max_attempts = 2, on_event = watch.observer())]
fn function<W: Watch>(watch: &W) -> Result<(), std::io::Error> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

#[retry(strategy = fixed(1s), max_attempts = 2, on_event = watch.observer())]
async fn async_function<W: Watch>(watch: &W) -> Result<(), std::io::Error> {
    pending_twice(()).await;
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

pub(super) fn functions<W: Watch>(watch: &W) {
    function(watch).unwrap_err();
    watch.assert_ended(&Ended {
        way: "a function",
        results: &[CallResult::MaxAttemptsExceeded],
        attempts: Some(2),
        late: Late::Everything,
    });
    for times in 1..3 {
        assert!(!poll(async_function(watch), times));
        watch.assert_ended(&Ended {
            way: "an async function that is dropped",
            results: &[CallResult::Cancelled],
            attempts: Some(1),
            late: Late::Either,
        });
    }
}

pub(super) fn a_wait_for_what_is_never_ready(watch: &impl Watch) {
    let policy = builder(watch).deadline(5).build().unwrap();
    let waited = policy.until(|| Ok::<_, Failure>(1), |ready| *ready > 1);
    waited.unwrap_err();
    watch.assert_ended(&Ended {
        way: "never ready",
        results: &[CallResult::NotReady],
        attempts: None,
        late: Late::Everything,
    });
}

pub(super) fn a_session_that_is_lost_too_often(watch: &impl Watch) {
    let policy = builder(watch).strategy(fixed(1)).restarts(2, 60);
    let policy = policy.build().unwrap();
    let session = policy.session(|session| async move {
        session.progress();
        Ok::<_, Failure>(())
    });
    assert!(poll(session, 100));
    watch.assert_ended(&Ended {
        way: "a session that is lost too often",
        results: &[CallResult::RestartsExceeded],
        attempts: None,
        late: Late::Everything,
    });
    for times in 1..3 {
        let session = policy.session(|session| async move {
            session.progress();
            pending_twice(Ok::<_, Failure>(())).await
        });
        assert!(!poll(session, times));
        watch.assert_ended(&Ended {
            way: "a session that is dropped",
            results: &[CallResult::Cancelled],
            attempts: Some(1),
            late: Late::Either,
        });
    }
}

pub(super) fn no_thread(watch: &impl Watch) {
    let builder = in_real_time(watch)
        .max_detached_threads(1)
        .attempt_timeout(0.01)
        .strategy(instant());
    let policy = builder.build().unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let _ = policy.call_detached(move || {
        let _ = held.lock().map(|held| held.recv());
        Ok::<_, Failure>(())
    });
    // The abandoned attempt holds what watches its call until it returns.
    drop(hold);
    while !watch.is_closed() {
        thread::yield_now();
    }
    watch.assert_ended(&Ended {
        way: "without a thread",
        results: &[CallResult::NoThread],
        attempts: Some(1),
        late: Late::Everything,
    });
}

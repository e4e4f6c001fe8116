//! Sessions, in virtual time.

mod around;
mod feed;
mod leaks;
mod outages;

use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use redress::call::Session;
use redress::observe::{AttemptEnd, AttemptStart, CallResult};
use redress::testing::{RecordingObserver, VirtualClock};
use redress::time::Clock;
use redress::{
    Budget, Cause, CircuitBreaker, CircuitState, ErrorClass, Event, Observer, Policy,
    PolicyBuilder, StopReason, strategies,
};

use super::support::{Log, SECOND, down};

/// Lets virtual time pass.
pub(crate) async fn pass(clock: &VirtualClock, seconds: f64) {
    clock
        .sleep_async(Duration::from_secs_f64(seconds))
        .unwrap()
        .await;
}

fn sessions(clock: &VirtualClock) -> PolicyBuilder {
    Policy::sessions()
        .strategy(strategies::fixed(SECOND))
        .clock(clock.clone())
}

/// What one session does: it lasts for so many seconds, makes progress in the middle or does not,
/// and ends.
type Script = (f64, bool, Result<(), ErrorKind>);

/// Runs sessions by a script, whose last entry ends the call. Returns how that ended, and when the
/// connects were.
async fn run(
    policy: &Policy,
    clock: &VirtualClock,
    script: &[Script],
) -> (redress::Error<Error>, Vec<f64>) {
    let (start, mut connects, mut script) = (clock.now(), Vec::new(), script.iter());
    let stopped = policy
        .session(|session| {
            connects.push(clock.now().duration_since(start).as_secs_f64());
            let next = script.next().copied();
            async move {
                let (lasts, progress, end) =
                    next.unwrap_or((0.0, false, Err(ErrorKind::PermissionDenied)));
                pass(clock, lasts / 2.0).await;
                if progress {
                    session.progress();
                }
                pass(clock, lasts / 2.0).await;
                end.map_err(Error::from)
            }
        })
        .await;
    (stopped, connects)
}

const LOST: Result<(), ErrorKind> = Err(ErrorKind::ConnectionReset);

#[tokio::test]
async fn health_forgets_counts_and_backoff_and_nothing_else_does() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock)
        .strategy(strategies::exponential(1, 1000))
        .max_attempts(4)
        .build()
        .unwrap();
    let script = [
        (0.0, false, LOST),
        (0.0, false, LOST),
        // Healthy by progress, though short.
        (1.0, true, LOST),
        (9.0, false, LOST),
        // Healthy by time, though silent.
        (10.0, false, LOST),
        (0.0, false, LOST),
        (0.0, false, LOST),
        (0.0, false, LOST),
    ];
    let (stopped, connects) = run(&policy, &clock, &script).await;
    assert_eq!(connects, [0.0, 1.0, 3.0, 5.0, 16.0, 27.0, 29.0, 33.0]);
    assert_eq!(stopped.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(
        (stopped.attempts(), stopped.class()),
        (4, Some(ErrorClass::Transient))
    );
    assert_eq!(
        stopped.into_source().unwrap().kind(),
        ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn a_clean_end_before_health_is_a_failure_and_after_it_the_next_connect() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock).max_attempts(2).build().unwrap();
    let script = [
        (3.0, true, Ok(())),
        (0.5, true, Ok(())),
        (20.0, false, Ok(())),
        (0.0, false, Ok(())),
        (0.0, false, Ok(())),
    ];
    let (stopped, connects) = run(&policy, &clock, &script).await;
    // At once; no sooner than a second after the last connect; at once; after a pause.
    assert_eq!(connects, [0.0, 3.0, 4.0, 24.0, 25.0]);
    assert_eq!(stopped.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(stopped.cause(), Some(Cause::Ended));
    assert_eq!(stopped.class(), Some(ErrorClass::Transient));
    assert!(stopped.source_ref().is_none());
}

#[tokio::test]
async fn classes_decide_as_ever_and_a_hint_is_obeyed() {
    let clock = VirtualClock::new();
    let policy = Policy::sessions()
        .clock(clock.clone())
        .classifier(|error: &Error| match error.kind() {
            ErrorKind::ResourceBusy => redress::Classification::new(ErrorClass::RateLimit)
                .retry_after(Duration::from_secs(30)),
            _ => redress::Classification::new(ErrorClass::Auth),
        })
        .build()
        .unwrap();
    let (start, mut at) = (clock.now(), Vec::new());
    let stopped = policy
        .session(|_| {
            at.push(clock.now().duration_since(start));
            let busy = at.len() == 1;
            async move {
                Err::<(), _>(Error::from(if busy {
                    ErrorKind::ResourceBusy
                } else {
                    ErrorKind::PermissionDenied
                }))
            }
        })
        .await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert!(at[1] >= 30 * SECOND && at[1] <= 31 * SECOND, "{at:?}");
}

#[tokio::test]
async fn restarts_are_bounded_also_where_each_session_is_healthy() {
    let clock = VirtualClock::new();
    for end in [Ok(()), LOST] {
        let policy = sessions(&clock).restarts(3, 60).build().unwrap();
        let script = [(5.0, true, end); 9];
        let (stopped, connects) = run(&policy, &clock, &script).await;
        assert_eq!(stopped.stop_reason(), StopReason::RestartsExceeded);
        assert_eq!(connects.len(), 4, "{end:?}");
        // The limit is one of the rate.
        let script = [(30.0, true, end); 9];
        let (stopped, connects) = run(&policy, &clock, &script).await;
        assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
        assert_eq!(connects.len(), 10, "{end:?}");
    }
}

#[tokio::test]
async fn the_deadline_bounds_the_time_without_health() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock).deadline(30).build().unwrap();
    let script = [
        (1000.0, false, LOST),
        (20.0, true, LOST),
        (7.0, false, LOST),
        (7.0, false, LOST),
        (7.0, false, LOST),
        (7.0, false, LOST),
    ];
    let (stopped, connects) = run(&policy, &clock, &script).await;
    assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
    // 8 s each from the end of the healthy session at 1021 s; the last is cut off at 30 s.
    assert_eq!(connects, [0.0, 1001.0, 1022.0, 1030.0, 1038.0, 1046.0]);
}

#[tokio::test]
async fn an_attempt_timeout_is_the_time_to_become_healthy() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock)
        .attempt_timeout(5)
        .max_attempts(2)
        .build()
        .unwrap();
    let script = [(6.0, true, LOST), (100.0, false, LOST)];
    let (stopped, connects) = run(&policy, &clock, &script).await;
    assert_eq!(
        (stopped.stop_reason(), stopped.cause()),
        (StopReason::MaxAttemptsGlobal, Some(Cause::Timeout))
    );
    assert_eq!(connects, [0.0, 7.0]);
}

#[tokio::test]
async fn a_stall_is_cut_off_and_silent_work_is_not() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock)
        .stall_timeout(5)
        .max_attempts(1)
        .build()
        .unwrap();
    let start = clock.now();
    let stopped = policy
        .session(|session| {
            let clock = &clock;
            async move {
                for _ in 0..3 {
                    // It comes before it is missed.
                    session.expect(pass(clock, 4.0)).await;
                    // Long and silent.
                    pass(clock, 1000.0).await;
                    session.progress();
                }
                session.expect(pass(clock, 100.0)).await;
                Ok::<_, Error>(())
            }
        })
        .await;
    assert_eq!(stopped.cause(), Some(Cause::Stalled));
    assert_eq!(stopped.class(), Some(ErrorClass::Transient));
    assert_eq!(
        clock.now().duration_since(start),
        Duration::from_secs(3 * 1004 + 5)
    );
}

/// A task of the session waits, and wakes nothing but itself.
#[tokio::test(start_paused = true)]
async fn a_stall_of_a_spawned_task_is_noticed_and_its_progress_is_not_a_stall() {
    let policy = Policy::sessions()
        .stall_timeout(5)
        .max_attempts(1)
        .build()
        .unwrap();
    let start = tokio::time::Instant::now();
    let stopped = policy
        .session(|session| async move {
            let reader = tokio::spawn(async move {
                // Silent, then busy for longer than the timeout, then stalled.
                tokio::time::sleep(100 * SECOND).await;
                for _ in 0..5 {
                    session.expect(tokio::time::sleep(4 * SECOND)).await;
                    session.progress();
                }
                session.expect(std::future::pending::<()>()).await;
            });
            reader.await.map_err(Error::other)
        })
        .await;
    assert_eq!(stopped.cause(), Some(Cause::Stalled));
    let took = start.elapsed();
    assert!(took >= 125 * SECOND && took <= 131 * SECOND, "{took:?}");
}

#[tokio::test]
async fn progress_of_another_task_counts_and_that_of_an_old_session_does_not() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock)
        .attempt_timeout(5)
        .max_attempts(3)
        .build()
        .unwrap();
    let (mut old, mut connects): (Option<Session>, u32) = (None, 0);
    let stopped = policy
        .session(|session| {
            connects += 1;
            assert_eq!(session.connect(), connects);
            // Not from within the future of the session.
            match &old {
                None => session.progress(),
                Some(old) => old.progress(),
            }
            old.get_or_insert(session);
            let clock = &clock;
            async move {
                pass(clock, 100.0).await;
                Err::<(), _>(down())
            }
        })
        .await;
    assert_eq!(
        (stopped.stop_reason(), connects),
        (StopReason::MaxAttemptsGlobal, 3)
    );
    // The first lasted, the others were cut off.
    assert_eq!(stopped.cause(), Some(Cause::Timeout));
}

#[tokio::test]
async fn abort_on_ends_it_anywhere() {
    for within in [true, false] {
        let clock = VirtualClock::new();
        let log = Log::default();
        let policy = sessions(&clock)
            .on_event(Watcher(log.clone()))
            .build()
            .unwrap();
        let (stop, waits) = tokio::sync::oneshot::channel();
        let (stop, waits) = (
            std::sync::Mutex::new(Some(stop)),
            std::sync::Mutex::new(Some(waits)),
        );
        let context = policy.context().abort_on(|| {
            let stopped = waits.lock().unwrap().take().unwrap();
            async move { stopped.await.unwrap_or(()) }
        });
        let stopped = context
            .session(|_| {
                let stop = stop.lock().unwrap().take().unwrap();
                async move {
                    stop.send(()).unwrap();
                    if within {
                        std::future::pending::<()>().await;
                    }
                    Err::<(), _>(down())
                }
            })
            .await;
        assert_eq!(
            (stopped.stop_reason(), stopped.class()),
            (StopReason::Aborted, None)
        );
        let end = if within {
            "end 1 cancelled"
        } else {
            "end 1 failed"
        };
        assert_eq!(log.take(), ["start 1", end, "aborted"]);
    }
}

/// Writes what it sees.
struct Watcher(Log);

impl Observer for Watcher {
    fn on_event(&self, event: &Event<'_>) {
        self.0.write(event.name().to_string());
    }
    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.0.write(format!("start {}", attempt.attempt()));
    }
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let status = format!("{:?}", attempt.status()).to_lowercase();
        self.0.write(format!("end {} {status}", attempt.attempt()));
    }
}

#[tokio::test]
async fn every_attempt_that_is_shown_to_start_is_shown_to_end() {
    let clock = VirtualClock::new();
    let log = Log::default();
    let policy = sessions(&clock)
        .on_event(Watcher(log.clone()))
        .build()
        .unwrap();
    let script = [(0.0, false, LOST), (20.0, false, Ok(())), (1.0, true, LOST)];
    let (stopped, _) = run(&policy, &clock, &script).await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert_eq!(
        log.take(),
        [
            "start 1",
            "end 1 failed",
            "retry",
            "start 2",
            "healthy",
            "end 2 succeeded",
            "session_ended",
            "start 1",
            "healthy",
            "end 1 failed",
            "retry",
            "start 2",
            "end 2 failed",
            "permanent_fail"
        ]
    );
}

#[tokio::test]
async fn its_end_is_shown_once_with_why_it_stopped() {
    let (clock, seen) = (VirtualClock::new(), RecordingObserver::new());
    let policy = sessions(&clock)
        .restarts(3, 60)
        .on_event(seen.clone())
        .build()
        .unwrap();
    let (stopped, _) = run(&policy, &clock, &[(5.0, true, LOST); 9]).await;
    assert_eq!(stopped.stop_reason(), StopReason::RestartsExceeded);
    let ends: Vec<_> = seen.calls().iter().map(|end| end.result).collect();
    assert_eq!(ends, [CallResult::RestartsExceeded]);
}

#[tokio::test]
async fn a_breaker_sees_connects() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(3)
        .recovery_timeout(10)
        .clock(clock.clone())
        .build()
        .unwrap();
    let policy = sessions(&clock)
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    // Healthy sessions that are lost are no failures.
    let script = [(1.0, true, LOST); 9];
    let (stopped, _) = run(&policy, &clock, &script).await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert_eq!(breaker.state(), CircuitState::Closed);
    // Failed connects are.
    let script = [(1.0, false, LOST); 9];
    let (stopped, connects) = run(&policy, &clock, &script).await;
    assert_eq!(
        (stopped.stop_reason(), connects.len()),
        (StopReason::CircuitOpen, 3)
    );
    // A probe closes it when it is healthy, not when it ends.
    clock.advance(10 * SECOND);
    let closed = AtomicBool::new(false);
    let stopped = policy
        .session(|session| {
            let (clock, breaker, closed) = (&clock, &breaker, &closed);
            async move {
                assert_eq!(breaker.state(), CircuitState::HalfOpen);
                session.progress();
                pass(clock, 1.0).await;
                closed.store(breaker.state() == CircuitState::Closed, SeqCst);
                Err::<(), _>(Error::from(ErrorKind::PermissionDenied))
            }
        })
        .await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert!(closed.load(SeqCst));
}

#[tokio::test]
async fn a_budget_pays_for_connects_and_a_session_in_progress_holds_nothing_of_it() {
    let clock = VirtualClock::new();
    let budget = Budget::in_flight_share(1.0).min_in_flight(2);
    let policy = sessions(&clock).budget(budget.clone()).build().unwrap();
    let (connects, left) = (AtomicU32::new(0), AtomicU32::new(0));
    let stopped = policy
        .session(|session| {
            let (clock, budget, connects, left) = (&clock, &budget, &connects, &left);
            async move {
                if connects.fetch_add(1, SeqCst) == 0 {
                    return Err(down());
                }
                assert_eq!(budget.remaining(), 1);
                session.progress();
                pass(clock, 1.0).await;
                left.store(budget.remaining(), SeqCst);
                Err(Error::from(ErrorKind::PermissionDenied))
            }
        })
        .await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert_eq!((left.load(SeqCst), budget.remaining()), (2, 2));

    let budget = Budget::rolling(2, 3600);
    let policy = sessions(&clock).budget(budget.clone()).build().unwrap();
    let (stopped, connects) = run(&policy, &clock, &[(0.0, false, LOST); 9]).await;
    assert_eq!(
        (stopped.stop_reason(), connects.len()),
        (StopReason::BudgetExhausted, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_send_and_runs_by_the_clock_of_tokio() {
    let policy = Policy::sessions().max_attempts(3).build().unwrap();
    let start = tokio::time::Instant::now();
    let ended = tokio::spawn(async move {
        policy
            .session(|session| async move {
                session
                    .expect(tokio::time::sleep(Duration::from_secs(9)))
                    .await;
                Err::<(), _>(down())
            })
            .await
    });
    assert_eq!(
        ended.await.unwrap().stop_reason(),
        StopReason::MaxAttemptsGlobal
    );
    let took = start.elapsed();
    assert!(took > 27 * SECOND && took < 30 * SECOND, "{took:?}");
}

#[test]
fn its_settings_are_checked() {
    let wrong = Policy::sessions()
        .healthy_after(0)
        .stall_timeout(f64::NAN)
        .restarts(1_000_000, -1);
    let error = wrong.build().unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(
        settings,
        [
            "healthy_after",
            "stall_timeout",
            "restart_window",
            "max_restarts"
        ]
    );
    assert!(Policy::sessions().build().is_ok());
}

#[tokio::test]
async fn a_policy_that_was_not_made_for_sessions_runs_them_too() {
    let clock = VirtualClock::new();
    let (start, policy) = (
        clock.now(),
        Policy::builder().clock(clock.clone()).build().unwrap(),
    );
    let (stopped, connects) = run(&policy, &clock, &[(0.0, false, LOST); 9]).await;
    assert_eq!(
        (stopped.stop_reason(), connects.len()),
        (StopReason::MaxAttemptsGlobal, 6)
    );
    assert!(clock.now() < start + 60 * SECOND);
}

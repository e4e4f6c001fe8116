//! Sync attempts that are cut off, and the threads on which they remain.

mod threads;

use std::io::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use redress::observe::AttemptStatus;
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{
    Budget, Cause, CircuitBreaker, CircuitState, ErrorClass, Policy, SleepDecision, StopReason,
};

use super::support::{Log, SECOND, builder, down};

/// A gate that blocks each thread that passes, until it is opened or dropped.
#[derive(Clone)]
struct Gate(Arc<Mutex<Receiver<()>>>);

impl Gate {
    fn closed() -> (Sender<()>, Self) {
        let (open, gate) = channel();
        (open, Self(Arc::new(Mutex::new(gate))))
    }

    fn pass(&self) {
        let _opened = self.0.lock().unwrap().recv();
    }
}

/// A value that reports its drop.
#[derive(Debug)]
struct Value(Sender<()>);

impl Drop for Value {
    fn drop(&mut self) {
        let _receiver_is_gone = self.0.send(());
    }
}

#[test]
fn hung_attempts_are_cut_off_by_their_timeout() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(3);
    let policy = policy.build().unwrap();
    let (_open, gate) = Gate::closed();
    let passes = clock.clone();
    let outcome = policy.execute_detached(move || {
        passes.advance(SECOND);
        gate.pass();
        Ok::<_, Error>(())
    });
    assert_eq!((outcome.attempts, outcome.cause), (3, Some(Cause::Timeout)));
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(outcome.last_class, Some(ErrorClass::Transient));
    assert_eq!(outcome.elapsed, 5 * SECOND);
    assert!(outcome.last_result.is_none());
    let error = outcome.into_result().unwrap_err();
    assert!(error.source_ref().is_none());
}

#[test]
fn what_an_attempt_returned_is_kept_when_a_later_one_is_cut_off() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(2);
    let policy = policy.build().unwrap();
    let (_open, gate) = Gate::closed();
    let (passes, tries) = (clock.clone(), AtomicU32::new(0));
    let outcome = policy.execute_detached(move || {
        if tries.fetch_add(1, Relaxed) > 0 {
            passes.advance(SECOND);
            gate.pass();
        }
        Err::<(), _>(down())
    });
    assert_eq!((outcome.attempts, outcome.cause), (2, Some(Cause::Timeout)));
    assert_eq!(outcome.last_error.unwrap().kind(), down().kind());
}

#[test]
fn an_attempt_within_its_time_succeeds_and_runs_on_another_thread() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).build().unwrap();
    let passes = clock.clone();
    let got = policy.call_detached(move || {
        passes.advance(SECOND / 2);
        Ok::<_, Error>(thread::current().id())
    });
    assert_ne!(got.unwrap(), thread::current().id());
}

#[test]
fn without_any_limit_it_only_runs_elsewhere() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .no_deadline()
        .max_attempts(3)
        .build()
        .unwrap();
    let tries = AtomicU32::new(0);
    let outcome = policy.execute_detached(move || match tries.fetch_add(1, Relaxed) {
        2 => Ok("third"),
        _ => Err(down()),
    });
    assert_eq!((outcome.attempts, outcome.last_result), (3, Some("third")));
    assert_eq!(clock.sleeps(), [SECOND; 2]);
}

#[test]
fn the_deadline_cuts_off_too() {
    let clock = VirtualClock::new();
    for timeout in [None, Some(5 * SECOND / 2)] {
        let mut policy = builder(&clock).deadline(3 * SECOND);
        if let Some(timeout) = timeout {
            policy = policy.attempt_timeout(timeout);
        }
        let policy = policy.build().unwrap();
        let (_open, gate) = Gate::closed();
        let passes = clock.clone();
        let attempts = AtomicU32::new(0);
        let outcome = policy.execute_detached(move || {
            if attempts.fetch_add(1, Relaxed) == 0 {
                passes.advance(SECOND);
                return Err(down());
            }
            // A second has passed in the delay.
            passes.advance(SECOND);
            gate.pass();
            Ok(())
        });
        assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
        assert_eq!((outcome.attempts, outcome.elapsed), (2, 3 * SECOND));
    }
}

#[test]
fn the_machines_clock_cuts_off_as_well() {
    let policy = Policy::builder().attempt_timeout(0.001).max_attempts(1);
    let policy = policy.build().unwrap();
    let (_open, gate) = Gate::closed();
    let outcome = policy.execute_detached(move || {
        gate.pass();
        Ok::<_, Error>(())
    });
    assert_eq!(outcome.cause, Some(Cause::Timeout));
    assert!(outcome.elapsed >= Duration::from_millis(1));
}

#[test]
fn a_clock_without_timeouts_goes_by_the_machines() {
    struct Own;
    impl Clock for Own {
        fn now(&self) -> Instant {
            Instant::now()
        }
        fn sleep_async(&self, _: Duration) -> Option<Wait> {
            unreachable!("nothing is async here")
        }
    }
    let policy = Policy::builder()
        .attempt_timeout(0.001)
        .max_attempts(1)
        .clock(Own);
    let policy = policy.build().unwrap();
    let (_open, gate) = Gate::closed();
    let outcome = policy.execute_detached(move || {
        gate.pass();
        Ok::<_, Error>(())
    });
    assert_eq!(outcome.cause, Some(Cause::Timeout));
}

#[test]
fn a_panic_is_the_callers_and_nothing_is_lost() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    let budget = Budget::rolling(2, 60).clock(clock.clone());
    let policy = builder(&clock)
        .circuit_breaker(breaker.clone())
        .budget(budget.clone())
        .max_detached_threads(1)
        .max_attempts(1)
        .build()
        .unwrap();
    policy.call_detached(|| Err::<(), _>(down())).unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(SECOND);
    let ends = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let seen = Arc::clone(&ends);
        let context = policy.context().on_event(OnEnd(seen));
        let call = || context.call_detached(|| -> Result<(), Error> { panic!("a bug") });
        let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a bug"));
    }
    assert_eq!(*ends.lock().unwrap(), [AttemptStatus::Cancelled; 3]);
    assert_eq!(budget.remaining(), 2);
    // The probe's permit has been released as well.
    policy.call_detached(|| Ok::<_, Error>(())).unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

struct OnEnd(Arc<Mutex<Vec<AttemptStatus>>>);

impl redress::Observer for OnEnd {
    fn on_event(&self, _: &redress::Event<'_>) {}
    fn on_attempt_end(&self, end: &redress::observe::AttemptEnd<'_>) {
        self.0.lock().unwrap().push(end.status());
    }
}

#[test]
fn a_late_panic_stays_where_it_is() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(1);
    let policy = policy.max_detached_threads(1).build().unwrap();
    let (open, gate) = Gate::closed();
    let passes = clock.clone();
    let outcome = policy.execute_detached(move || -> Result<(), Error> {
        passes.advance(SECOND);
        gate.pass();
        panic!("too late")
    });
    assert_eq!(outcome.cause, Some(Cause::Timeout));
    open.send(()).unwrap();
    while policy.call_detached(|| Ok::<_, Error>(())).is_err() {
        thread::yield_now();
    }
}

#[test]
fn the_breaker_hears_of_a_hung_attempt_and_the_budget_pays_for_its_retry() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .build()
        .unwrap();
    let budget = Budget::rolling(5, 60);
    let policy = builder(&clock)
        .circuit_breaker(breaker.clone())
        .budget(budget.clone())
        .attempt_timeout(SECOND)
        .max_attempts(2)
        .build()
        .unwrap();
    let (_open, gate) = Gate::closed();
    let passes = clock.clone();
    policy
        .call_detached(move || {
            passes.advance(SECOND);
            gate.pass();
            Ok::<_, Error>(())
        })
        .unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(budget.remaining(), 4);
    let refused = policy.call_detached(|| Ok::<_, Error>(())).unwrap_err();
    assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
}

#[test]
fn what_was_refused_by_the_breaker_gives_its_thread_back() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::new();
    let policy = builder(&clock)
        .circuit_breaker(breaker.clone())
        .max_detached_threads(1);
    let policy = policy.build().unwrap();
    for _ in 0..3 {
        breaker.force_open();
        let refused = policy.call_detached(|| Ok::<_, Error>(())).unwrap_err();
        assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
        breaker.reset();
        policy.call_detached(|| Ok::<_, Error>(())).unwrap();
    }
}

#[test]
fn a_deferred_operation_goes_on_detached() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_attempts(3).build().unwrap();
    let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = deferring.execute_detached(|| Err::<(), _>(down()));
    assert_eq!(outcome.stop_reason, Some(StopReason::Scheduled));
    let token = outcome.resume_token().unwrap();
    let resumed = policy.context().resume(token.clone());
    assert_eq!(
        resumed.execute_detached(|| Err::<(), _>(down())).attempts,
        3
    );
    let resumed = policy.context().resume(token);
    assert_eq!(resumed.call_detached(|| Ok::<_, Error>(5)).unwrap(), 5);
}

#[test]
fn a_policy_without_threads_is_refused() {
    let error = Policy::builder()
        .max_detached_threads(0)
        .build()
        .unwrap_err();
    assert_eq!(error.problems()[0].setting(), "max_detached_threads");
}

#[test]
fn whatever_happens_every_thread_can_be_had_again() {
    const THREADS: u32 = 3;
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(2);
    let policy = policy
        .strategy(redress::testing::instant_retries())
        .no_deadline();
    let policy = policy.max_detached_threads(THREADS).build().unwrap();
    let (open, gate) = Gate::closed();
    let (running, all_over) = channel::<()>();
    let callers: Vec<_> = (0..8_u32)
        .map(|caller| {
            let (policy, gate, clock) = (policy.clone(), gate.clone(), clock.clone());
            let running = running.clone();
            thread::spawn(move || {
                for call in 0..100 {
                    let (gate, clock, running) = (gate.clone(), clock.clone(), running.clone());
                    let what = (caller + call) % 8;
                    let operation = move || {
                        let _until_dropped = &running;
                        match what {
                            0..=3 => Ok(()),
                            4 | 5 => Err(down()),
                            6 => panic!("a bug"),
                            _ => {
                                clock.advance(SECOND);
                                gate.pass();
                                Ok(())
                            }
                        }
                    };
                    let call = || policy.execute_detached(operation);
                    let _panicked = catch_unwind(AssertUnwindSafe(call));
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    drop(open);
    drop(running);
    all_over.recv().unwrap_err(); // late attempts as well, so the clock stands still from here on
    // All at once: if one thread were missing, no attempt could pass the barrier.
    let together = Arc::new(Barrier::new(THREADS as usize));
    let callers: Vec<_> = (0..THREADS)
        .map(|_| {
            let (policy, together) = (policy.clone(), Arc::clone(&together));
            thread::spawn(move || {
                let meet = move || {
                    together.wait();
                    Ok::<_, Error>(())
                };
                let meet = Arc::new(meet);
                loop {
                    let meet = Arc::clone(&meet);
                    match policy.call_detached(move || meet()) {
                        Err(refused) if refused.stop_reason() == StopReason::NoThread => {
                            thread::yield_now();
                        }
                        ended => break ended,
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap().unwrap();
    }
}

//! The limit of threads: which calls get one, and which wait.

use super::*;

#[test]
fn a_late_value_is_dropped_and_its_thread_is_free_again() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(1);
    let policy = policy.max_detached_threads(1).build().unwrap();
    let (open, gate) = Gate::closed();
    let (sender, dropped) = channel();
    let passes = clock.clone();
    let outcome = policy.execute_detached(move || {
        passes.advance(SECOND);
        gate.pass();
        Ok::<_, Error>(Value(sender.clone()))
    });
    assert_eq!(outcome.cause, Some(Cause::Timeout));
    let refused = policy.call_detached(|| Ok::<_, Error>(())).unwrap_err();
    assert_eq!(
        (refused.stop_reason(), refused.attempts()),
        (StopReason::NoThread, 0)
    );
    assert!(dropped.try_recv().is_err(), "it still runs");
    open.send(()).unwrap();
    dropped.recv().unwrap();
    // The thread counts as free once the value has been dropped.
    while policy.execute_detached(|| Ok::<_, Error>(())).stop_reason == Some(StopReason::NoThread) {
        thread::yield_now();
    }
}

#[test]
fn a_call_is_refused_when_abandoned_attempts_have_all_threads() {
    let clock = VirtualClock::new();
    let log = Log::default();
    let seen = log.clone();
    let policy = builder(&clock)
        .attempt_timeout(SECOND)
        .max_attempts(9)
        .max_detached_threads(2)
        .on_event(move |event: &redress::Event<'_>| seen.write(event.name().as_str()))
        .build()
        .unwrap();
    let (open, gate) = Gate::closed();
    let (passes, ran) = (clock.clone(), Arc::new(AtomicU32::new(0)));
    let runs = Arc::clone(&ran);
    let outcome = policy.execute_detached(move || {
        runs.fetch_add(1, Relaxed);
        passes.advance(SECOND);
        gate.pass();
        Ok::<_, Error>(())
    });
    assert_eq!(outcome.stop_reason, Some(StopReason::NoThread));
    assert_eq!((outcome.attempts, ran.load(Relaxed)), (2, 2));
    assert_eq!(outcome.cause, Some(Cause::Timeout));
    assert_eq!(log.take(), ["retry", "retry", "no_thread"]);

    let refused = policy
        .clone()
        .call_detached(|| Ok::<_, Error>(()))
        .unwrap_err();
    assert_eq!(
        (refused.stop_reason(), refused.attempts()),
        (StopReason::NoThread, 0)
    );
    let said = refused.to_string();
    assert!(
        said.contains("NO_THREAD") && said.contains("max_detached_threads"),
        "{said}"
    );
    assert_eq!(policy.call(|| Ok::<_, Error>(5)).unwrap(), 5);
    let other = builder(&clock).build().unwrap();
    assert_eq!(other.call_detached(|| Ok::<_, Error>(5)).unwrap(), 5);
    drop(open);
    while policy.call_detached(|| Ok::<_, Error>(())).is_err() {
        thread::yield_now();
    }
}

#[test]
fn callers_at_the_same_time_leave_no_more_threads_behind_than_allowed() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).attempt_timeout(SECOND).max_attempts(1);
    let policy = policy
        .max_detached_threads(2)
        .no_deadline()
        .build()
        .unwrap();
    let (_open, gate) = Gate::closed();
    let (sender, started) = channel();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (policy, gate, sender) = (policy.clone(), gate.clone(), sender.clone());
            thread::spawn(move || {
                policy.execute_detached(move || {
                    sender.send(()).unwrap();
                    gate.pass();
                    Ok::<_, Error>(())
                })
            })
        })
        .collect();
    drop(sender);
    for _ in 0..2 {
        started.recv().unwrap();
    }
    clock.advance(SECOND);
    let stops = callers.into_iter().map(|caller| caller.join().unwrap());
    let stops: Vec<_> = stops.map(|outcome| outcome.stop_reason.unwrap()).collect();
    let count = |reason| stops.iter().filter(|stop| **stop == reason).count();
    assert_eq!(count(StopReason::MaxAttemptsGlobal), 2, "{stops:?}");
    assert_eq!(count(StopReason::NoThread), 6, "{stops:?}");
    assert!(started.try_recv().is_err(), "no other attempt has started");
}

#[test]
fn an_attempt_waits_for_a_thread_that_is_only_busy() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).max_detached_threads(1).build().unwrap();
    let (open, gate) = Gate::closed();
    let (sender, started) = channel();
    let first = thread::spawn({
        let policy = policy.clone();
        move || {
            policy.call_detached(move || {
                sender.send(()).unwrap();
                gate.pass();
                Ok::<_, Error>(1)
            })
        }
    });
    started.recv().unwrap();
    let (sender, asks) = channel();
    let second = thread::spawn(move || {
        let context = policy.context().abort_if(move || {
            let _first_time = sender.send(());
            false
        });
        context.call_detached(|| Ok::<_, Error>(2))
    });
    asks.recv().unwrap();
    open.send(()).unwrap();
    assert_eq!(first.join().unwrap().unwrap(), 1);
    assert_eq!(second.join().unwrap().unwrap(), 2);
}

#[test]
fn waiting_for_a_thread_ends_at_the_deadline() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).deadline(5 * SECOND).max_detached_threads(1);
    let policy = policy.build().unwrap();
    let begun = {
        let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
        let outcome = deferring.execute(|| Err::<(), _>(down()));
        outcome.resume_token().unwrap()
    };
    let (open, gate) = Gate::closed();
    let (sender, started) = channel();
    let first = thread::spawn({
        let policy = policy.clone();
        move || {
            policy.call_detached(move || {
                sender.send(()).unwrap();
                gate.pass();
                Ok::<_, Error>(())
            })
        }
    });
    started.recv().unwrap();
    let (sender, asks) = channel();
    let second = thread::spawn(move || {
        let context = policy.context().abort_if(move || {
            let _first_time = sender.send(());
            false
        });
        // The deadline of this call is 1 s before that of the first.
        context
            .resume(begun)
            .execute_detached(|| Ok::<_, Error>(()))
    });
    asks.recv().unwrap();
    clock.advance(4 * SECOND);
    let outcome = second.join().unwrap();
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!((outcome.attempts, outcome.elapsed), (1, 5 * SECOND));
    open.send(()).unwrap();
    first.join().unwrap().unwrap();
}

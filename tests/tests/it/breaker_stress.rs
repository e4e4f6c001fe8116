//! Circuit breakers under real threads: invariants that hold for any schedule.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use redress::testing::VirtualClock;
use redress::time::Clock;
use redress::{CircuitBreaker, CircuitState, ErrorClass, Policy, StopReason};

const THREADS: usize = 4;

/// Runs the same function on all threads at the same time.
fn together(run: impl Fn(usize) + Sync) {
    let start = Barrier::new(THREADS);
    let (run, start) = (&run, &start);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                start.wait();
                run(thread);
            });
        }
    });
}

fn fail(breaker: &CircuitBreaker) {
    if let Ok(permit) = breaker.try_acquire() {
        permit.failure(ErrorClass::Transient);
    }
}

#[test]
fn a_half_open_breaker_never_admits_more_probes_than_it_has() {
    for probes in [1, 3] {
        let clock = VirtualClock::new();
        let breaker = CircuitBreaker::builder()
            .failure_threshold(1)
            .half_open_probes(probes)
            .clock(clock.clone())
            .build()
            .unwrap();
        fail(&breaker);
        clock.advance(Duration::from_secs(30));
        let (holders, admitted) = (AtomicU32::new(0), AtomicU32::new(0));
        together(|_| {
            for _ in 0..2000 {
                if let Ok(permit) = breaker.try_acquire() {
                    assert!(holders.fetch_add(1, SeqCst) < probes);
                    admitted.fetch_add(1, SeqCst);
                    thread::yield_now();
                    holders.fetch_sub(1, SeqCst);
                    drop(permit);
                }
            }
        });
        assert!(admitted.into_inner() > 0);
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        // Every slot has been released.
        let all: Vec<_> = (0..probes)
            .map(|_| breaker.try_acquire().unwrap())
            .collect();
        assert!(breaker.try_acquire().is_err());
        drop(all);
    }
}

#[test]
fn every_failure_is_counted_once() {
    let per_thread = 500;
    let all = u32::try_from(THREADS * per_thread).unwrap();
    let build = |threshold| {
        CircuitBreaker::builder()
            .failure_threshold(threshold)
            .clock(VirtualClock::new())
            .build()
            .unwrap()
    };
    let (at, above) = (build(all), build(all + 1));
    together(|_| {
        for _ in 0..per_thread {
            fail(&at);
            fail(&above);
        }
    });
    assert_eq!(at.state(), CircuitState::Open);
    assert_eq!(above.state(), CircuitState::Closed);
    assert_eq!(above.snapshot().failures, u64::from(all));
}

#[test]
fn every_success_is_counted_once() {
    for clock in [None, Some(VirtualClock::new())] {
        let mut builder = CircuitBreaker::builder()
            .failure_rate(1.0, u32::MAX)
            .window(Duration::from_secs(3600));
        if let Some(clock) = clock {
            builder = builder.clock(clock);
        }
        let breaker = builder.build().unwrap();
        together(|_| {
            for n in 0..20_000 {
                let permit = breaker.try_acquire().unwrap();
                if n % 100 == 0 {
                    permit.failure(ErrorClass::Transient);
                } else {
                    permit.success();
                }
            }
        });
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.failures, 200 * THREADS as u64);
        assert_eq!(snapshot.successes, Some(19_800 * THREADS as u64));
    }
}

#[test]
fn one_call_opens_and_one_call_closes_each_time() {
    let (opened, half_open, closed) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(3)
        .clock(clock.clone())
        .build()
        .unwrap();
    let policy = Policy::builder()
        .classifier(|_: &()| ErrorClass::Transient)
        .max_attempts(1)
        .circuit_breaker(breaker.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    let context = policy.context().on_event(|event: &redress::Event<'_>| {
        let counter = match event.name().as_str() {
            "circuit_opened" => &opened,
            "circuit_half_open" => &half_open,
            "circuit_closed" => &closed,
            _ => return,
        };
        counter.fetch_add(1, SeqCst);
    });
    for round in 1..=50 {
        together(|_| {
            for _ in 0..10 {
                let _ = context.call(|| Err::<(), _>(()));
            }
        });
        assert_eq!(breaker.state(), CircuitState::Open);
        assert_eq!(opened.load(SeqCst), round);
        clock.advance(Duration::from_secs(30));
        together(|_| {
            for _ in 0..10 {
                let _ = context.call(|| Ok::<_, ()>(()));
            }
        });
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(half_open.load(SeqCst), round);
        assert_eq!(closed.load(SeqCst), round);
    }
}

#[test]
fn results_of_calls_from_before_an_outage_decide_nothing_after_it() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_rate(0.5, 1)
        .clock(clock.clone())
        .build()
        .unwrap();
    for round in 0..50 {
        let before: Vec<_> = (0..THREADS * 4)
            .map(|_| Mutex::new(Some(breaker.try_acquire().unwrap())))
            .collect();
        fail(&breaker);
        clock.advance(Duration::from_secs(30));
        let probe = breaker.try_acquire().unwrap();
        together(|thread| {
            for late in before.iter().skip(thread).step_by(THREADS) {
                let late = late.lock().unwrap().take().unwrap();
                match (thread + round) % 2 {
                    0 => late.success(),
                    _ => late.failure(ErrorClass::Transient),
                }
            }
        });
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        probe.success();
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.state, CircuitState::Closed);
        assert_eq!((snapshot.successes, snapshot.failures), (Some(0), 0));
    }
}

#[test]
fn no_thread_is_stuck_while_an_operator_flips_every_switch() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(2)
        .failure_rate(0.5, 4)
        .consecutive_failures(3)
        .ramp(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    let done = AtomicBool::new(false);
    together(|thread| {
        if thread == 0 {
            for n in 0..500 {
                match n % 5 {
                    0 => breaker.force_open(),
                    1 => breaker.reset(),
                    2 => breaker.force_closed(),
                    3 => breaker.metrics_only(),
                    _ => clock.advance(Duration::from_secs(31)),
                }
                let snapshot = breaker.snapshot();
                assert!(snapshot.probes <= 1);
            }
            done.store(true, SeqCst);
        }
        let mut n = thread;
        while !done.load(SeqCst) {
            n += 1;
            match (breaker.try_acquire(), n % 3) {
                (Ok(permit), 0) => permit.success(),
                (Ok(permit), 1) => permit.failure(ErrorClass::ServerError),
                (Ok(permit), _) => drop(permit),
                (Err(rejected), _) => assert!(rejected.retry_after() <= Duration::from_secs(120)),
            }
        }
    });
    breaker.reset();
    let policy = Policy::builder().circuit_breaker(breaker).build().unwrap();
    let outcome = policy.execute(|| Ok::<_, std::io::Error>(()));
    assert_ne!(outcome.stop_reason, Some(StopReason::CircuitOpen));
}

type Meanwhile = Box<dyn FnOnce() + Send>;

/// A clock that delays a caller after it has read the time, and runs a function meanwhile, once.
#[derive(Clone)]
struct HeldUp {
    clock: VirtualClock,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
}

impl Clock for HeldUp {
    fn now(&self) -> Instant {
        let now = self.clock.now();
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        now
    }
}

#[test]
fn a_refusal_never_lasts_longer_than_the_breaker_is_open() {
    let held_up = HeldUp {
        clock: VirtualClock::new(),
        meanwhile: Arc::default(),
    };
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(30)
        .clock(held_up.clone())
        .build()
        .unwrap();
    fail(&breaker);
    // While the caller is delayed, an hour passes and the breaker opens again.
    let (clock, same) = (held_up.clock.clone(), breaker.clone());
    *held_up.meanwhile.lock().unwrap() = Some(Box::new(move || {
        clock.advance(Duration::from_secs(3600));
        fail(&same);
        assert_eq!(same.state(), CircuitState::Open);
    }));
    let rejected = breaker.try_acquire().expect_err("it is open");
    assert!(held_up.meanwhile.lock().unwrap().is_none());
    assert!(
        rejected.retry_after() <= Duration::from_secs(30),
        "{:?}",
        rejected.retry_after()
    );
}

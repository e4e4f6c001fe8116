//! Every interleaving of a few threads, up to three preemptions.
//!
//! `RUSTFLAGS="--cfg redress_loom" cargo test -p redress --lib loom --release`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::setup::BreakerSetup;
use super::{BreakerSettings, Change, CircuitState, Permit, SharedBreaker};
use crate::ErrorClass::Transient;
use crate::clock::Time;
use crate::testing::VirtualClock;

fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

struct Setup {
    breaker: Arc<SharedBreaker>,
    clock: VirtualClock,
}

fn setup(change: impl FnOnce(&mut BreakerSettings)) -> Setup {
    let clock = VirtualClock::new();
    let mut settings = BreakerSettings {
        failure_threshold: Some(1),
        ..BreakerSettings::default()
    };
    change(&mut settings);
    Setup {
        breaker: Arc::new(SharedBreaker::new(
            &std::sync::Arc::new(BreakerSetup::new(settings, None, None)),
            Time::Custom(std::sync::Arc::new(clock.clone())),
        )),
        clock,
    }
}

impl Setup {
    fn acquire(&self) -> Permit<'_> {
        self.breaker.try_acquire().unwrap()
    }

    /// Opens it and lets the recovery timeout pass.
    fn recover(&self) {
        assert!(self.acquire().fail(Transient, false).is_some());
        self.clock.advance(Duration::from_secs(30));
    }

    fn spawn<T: 'static>(
        &self,
        run: impl FnOnce(&SharedBreaker) -> T + 'static,
    ) -> thread::JoinHandle<T> {
        let breaker = Arc::clone(&self.breaker);
        thread::spawn(move || run(&breaker))
    }
}

/// Holds a permit for a moment, and checks that no more than `most` hold one.
fn probe(breaker: &SharedBreaker, holders: &AtomicUsize, most: usize) -> bool {
    match breaker.try_acquire() {
        Ok(permit) => {
            // Not loom's: it watches, and must not order anything.
            assert!(holders.fetch_add(1, Ordering::SeqCst) < most);
            thread::yield_now();
            holders.fetch_sub(1, Ordering::SeqCst);
            drop(permit);
            true
        }
        Err(_) => false,
    }
}

#[test]
fn loom_a_half_open_breaker_never_admits_more_probes_than_it_has() {
    for most in [1, 2] {
        model(move || {
            let setup = setup(|settings| settings.half_open_probes = u32::try_from(most).unwrap());
            setup.recover();
            let holders = std::sync::Arc::new(AtomicUsize::new(0));
            let others = [0; 2].map(|_| {
                let holders = std::sync::Arc::clone(&holders);
                setup.spawn(move |breaker| probe(breaker, &holders, most))
            });
            let mut probes = usize::from(probe(&setup.breaker, &holders, most));
            for other in others {
                probes += usize::from(other.join().unwrap());
            }
            assert!(probes >= 1, "somebody goes");
            assert_eq!(setup.breaker.state(), CircuitState::HalfOpen);
            // Every slot has come back.
            let all: Vec<_> = (0..most).map(|_| setup.acquire()).collect();
            assert!(setup.breaker.try_acquire().is_err());
            drop(all);
        });
    }
}

#[test]
fn loom_failures_are_counted_exactly_and_one_call_opens() {
    model(|| {
        let setup = setup(|settings| settings.failure_threshold = Some(3));
        let fail = |breaker: &SharedBreaker| {
            let permit = breaker.try_acquire();
            permit.ok().and_then(|permit| permit.fail(Transient, false))
        };
        let others = [0; 2].map(|_| setup.spawn(fail));
        let mut changes = vec![fail(&setup.breaker)];
        changes.extend(others.map(|other| other.join().unwrap()));
        let opened = changes.iter().flatten().count();
        assert_eq!(opened, 1, "{changes:?}");
        assert_eq!(setup.breaker.state(), CircuitState::Open);
    });
}

#[test]
fn loom_whoever_finds_it_open_knows_for_how_long() {
    model(|| {
        let setup = setup(|_| ());
        let failing = setup.spawn(|breaker| {
            breaker
                .try_acquire()
                .map(|permit| permit.fail(Transient, false))
                .is_ok()
        });
        if let Err(rejected) = setup.breaker.try_acquire() {
            assert_eq!(rejected.retry_after(), Duration::from_secs(30));
        }
        assert!(failing.join().unwrap());
    });
}

#[test]
fn loom_a_late_success_closes_nothing() {
    model(|| {
        let setup = setup(|settings| settings.consecutive_failures = Some(1));
        let before = setup.breaker.admit().unwrap();
        setup.recover();
        let late = setup.spawn(move |breaker| breaker.succeed(before, false));
        let probe = setup.acquire();
        assert_ne!(setup.breaker.state(), CircuitState::Closed);
        assert_eq!(late.join().unwrap(), None);
        assert_eq!(setup.breaker.state(), CircuitState::HalfOpen);
        assert_eq!(probe.succeed(false), Some(Change::Closed));
    });
}

#[test]
fn loom_a_late_failure_opens_nothing() {
    model(|| {
        let setup = setup(|_| ());
        let before = setup.breaker.admit().unwrap();
        setup.recover();
        let late = setup.spawn(move |breaker| breaker.fail(before, Transient, false));
        assert_eq!(setup.acquire().succeed(false), Some(Change::Closed));
        assert_eq!(late.join().unwrap(), None);
        assert_eq!(setup.breaker.state(), CircuitState::Closed);
    });
}

#[test]
fn loom_a_failure_that_the_outage_overtakes_is_not_taken_for_a_probes() {
    model(|| {
        let setup = setup(|_| ());
        let slow = setup.breaker.admit().unwrap();
        let fast = setup.breaker.admit().unwrap();
        let slow = setup.spawn(move |breaker| breaker.fail(slow, Transient, false));
        let opened = setup.breaker.fail(fast, Transient, false);
        setup.clock.advance(Duration::from_secs(30));
        let probe = setup.acquire();
        let opened = [opened, slow.join().unwrap()];
        assert_eq!(opened.iter().flatten().count(), 1, "{opened:?}");
        assert_eq!(setup.breaker.state(), CircuitState::HalfOpen);
        assert_eq!(probe.succeed(false), Some(Change::Closed));
    });
}

#[test]
fn loom_probes_that_disagree_change_the_state_once() {
    model(|| {
        let setup = setup(|settings| settings.half_open_probes = 2);
        setup.recover();
        let (good, bad) = (
            setup.breaker.admit().unwrap(),
            setup.breaker.admit().unwrap(),
        );
        let other = setup.spawn(move |breaker| breaker.fail(bad, Transient, false));
        let closed = setup.breaker.succeed(good, false);
        let opened = other.join().unwrap();
        let expected = match (closed, opened) {
            (Some(Change::Closed), None) => CircuitState::Closed,
            (None, Some(Change::Opened(Transient))) => CircuitState::Open,
            other => panic!("{other:?}"),
        };
        assert_eq!(setup.breaker.state(), expected);
    });
}

#[test]
fn loom_a_probe_that_lost_its_slot_decides_nothing() {
    model(|| {
        let setup = setup(|_| ());
        setup.recover();
        let hung = setup.breaker.admit().unwrap();
        setup.clock.advance(Duration::from_secs(120));
        let late = setup.spawn(move |breaker| breaker.succeed(hung, false));
        let next = setup.breaker.admit();
        match (late.join().unwrap(), next) {
            // It came back before anybody asked.
            (Some(Change::Closed), Ok(_)) => {
                assert_eq!(setup.breaker.state(), CircuitState::Closed);
            }
            (None, Ok(next)) => {
                assert_eq!(setup.breaker.state(), CircuitState::HalfOpen);
                assert_eq!(setup.breaker.succeed(next, false), Some(Change::Closed));
            }
            other => panic!("{other:?}"),
        }
    });
}

fn rated(settings: &mut BreakerSettings) {
    settings.failure_threshold = None;
    settings.failure_rate = Some((0.5, 2));
}

#[test]
fn loom_no_success_is_lost() {
    model(|| {
        let setup = setup(rated);
        let succeed = |breaker: &SharedBreaker| {
            let permit = breaker.try_acquire();
            permit.ok().and_then(|permit| permit.succeed(false))
        };
        let others = [0; 2].map(|_| setup.spawn(succeed));
        succeed(&setup.breaker);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(setup.breaker.snapshot().successes, Some(3));
    });
}

#[test]
fn loom_a_late_success_counts_for_no_later_state() {
    model(|| {
        let setup = setup(rated);
        let before = setup.breaker.admit().unwrap();
        let late = setup.spawn(move |breaker| breaker.succeed(before, false));
        setup.breaker.reset();
        late.join().unwrap();
        assert_eq!(setup.breaker.snapshot().successes, Some(0));
    });
}

#[test]
fn loom_a_success_ends_a_row_of_failures() {
    model(|| {
        let setup = setup(|settings| {
            settings.failure_threshold = None;
            settings.consecutive_failures = Some(2);
        });
        setup.acquire().fail(Transient, false);
        let other = setup.spawn(|breaker| {
            breaker
                .try_acquire()
                .map(|permit| permit.succeed(false))
                .is_ok()
        });
        let opened = setup.acquire().fail(Transient, false).is_some();
        assert_eq!(setup.breaker.state() == CircuitState::Open, opened);
        let admitted = other.join().unwrap();
        assert!(opened || admitted);
        if !opened {
            // The success came before the failure.
            assert_eq!(setup.breaker.snapshot().failures, 1);
        }
    });
}

#[test]
fn loom_slow_calls_are_counted_exactly_and_one_call_opens() {
    model(|| {
        let setup = setup(|settings| {
            settings.failure_threshold = None;
            settings.failure_rate = Some((1.0, 3));
            settings.slow_call = Some((Duration::from_secs(1), 1.0));
        });
        let slow = |breaker: &SharedBreaker| {
            let permit = breaker.try_acquire();
            permit.ok().and_then(|permit| permit.succeed(true))
        };
        let others = [0; 2].map(|_| setup.spawn(slow));
        let mut changes = vec![slow(&setup.breaker)];
        changes.extend(others.map(|other| other.join().unwrap()));
        let opened = changes.iter().flatten().count();
        assert_eq!(opened, 1, "{changes:?}");
        assert_eq!(setup.breaker.state(), CircuitState::Open);
    });
}

#[test]
fn loom_a_cancelled_slow_probe_opens_it_and_leaves_no_slot() {
    model(|| {
        let setup = setup(|settings| settings.slow_call = Some((Duration::from_secs(1), 1.0)));
        setup.recover();
        let probe = setup.breaker.admit().unwrap();
        let other = setup.spawn(|breaker| breaker.try_acquire().map(Permit::success).is_ok());
        let change = setup.breaker.permit(probe).slow();
        assert_eq!(change, Some(Change::Opened(Transient)));
        assert!(!other.join().unwrap());
        setup.clock.advance(Duration::from_secs(30));
        assert_eq!(setup.acquire().succeed(false), Some(Change::Closed));
    });
}

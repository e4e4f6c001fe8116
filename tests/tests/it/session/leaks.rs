//! A session, or a call that polls, which is dropped at any await, or in which any of the user's
//! functions panics, leaves nothing behind: no probe, no retry in flight, no attempt without an end.

use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redress::observe::{AttemptEnd, AttemptStart};
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{
    BackoffContext, Budget, CircuitBreaker, ErrorClass, Event, Observer, Policy, StopReason,
};

/// A future that is pending once.
struct Once(bool);

impl Future for Once {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Counts the calls of the user's functions, and panics in one of them.
#[derive(Clone, Default)]
struct Fuse {
    calls: Arc<AtomicU32>,
    at: Option<u32>,
    starts: Arc<AtomicU32>,
    ends: Arc<AtomicU32>,
}

impl Fuse {
    fn tick(&self) {
        let call = self.calls.fetch_add(1, SeqCst);
        assert!(self.at != Some(call), "fuse");
    }
}

impl Observer for Fuse {
    fn on_event(&self, _: &Event<'_>) {
        self.tick();
    }
    fn on_attempt_start(&self, _: &AttemptStart<'_>) {
        self.starts.fetch_add(1, SeqCst);
        self.tick();
    }
    fn on_attempt_end(&self, _: &AttemptEnd<'_>) {
        self.ends.fetch_add(1, SeqCst);
        self.tick();
    }
}

struct FusedClock(Fuse, VirtualClock);

impl Clock for FusedClock {
    fn now(&self) -> Instant {
        self.0.tick();
        self.1.now()
    }
    fn sleep_async(&self, _: Duration) -> Option<Wait> {
        self.0.tick();
        Some(Box::pin(Once(false)))
    }
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.0.tick();
        self.1.timeout_async(duration)
    }
}

type Classify = Box<dyn Fn(&Error) -> ErrorClass + Send + Sync>;

struct World {
    fuse: Fuse,
    breaker: CircuitBreaker,
    budget: Budget,
    policy: Policy<Classify>,
}

const SPARE: u32 = 3;

impl World {
    /// A breaker that is due for a probe, a budget of retries in flight, a fuse in each function.
    fn new(at: Option<u32>) -> Self {
        let clock = VirtualClock::new();
        let breaker = CircuitBreaker::builder()
            .failure_threshold(2)
            .clock(clock.clone())
            .build()
            .unwrap();
        for _ in 0..2 {
            breaker
                .try_acquire()
                .unwrap()
                .failure(ErrorClass::Transient);
        }
        clock.advance(Duration::from_secs(30));
        let budget = Budget::in_flight_share(1.0).min_in_flight(SPARE);
        let fuse = Fuse {
            at,
            ..Fuse::default()
        };
        let (classify, strategy) = (fuse.clone(), fuse.clone());
        let classifier: Classify = Box::new(move |error: &Error| {
            classify.tick();
            match error.kind() {
                ErrorKind::PermissionDenied => ErrorClass::Permission,
                // For the breaker of no consequence.
                _ => ErrorClass::RateLimit,
            }
        });
        let policy = Policy::sessions()
            .classifier(classifier)
            .strategy(move |_: &BackoffContext<'_>| {
                strategy.tick();
                1
            })
            .stall_timeout(5)
            .on_event(fuse.clone())
            .circuit_breaker(breaker.clone())
            .budget(budget.clone())
            .clock(FusedClock(fuse.clone(), clock))
            .build()
            .unwrap();
        Self {
            fuse,
            breaker,
            budget,
            policy,
        }
    }

    /// A failed connect, a healthy session that ends, one that is lost, and the end.
    async fn session(&self) -> StopReason {
        let (fuse, connects) = (&self.fuse, AtomicU32::new(0));
        let context = self.policy.context().abort_on(|| {
            fuse.tick();
            std::future::pending()
        });
        let stopped = context
            .session(|session| {
                fuse.tick();
                let connect = connects.fetch_add(1, SeqCst);
                async move {
                    session.expect(Once(false)).await;
                    fuse.tick();
                    if connect == 0 {
                        return Err(ErrorKind::ConnectionRefused.into());
                    }
                    session.progress();
                    Once(false).await;
                    fuse.tick();
                    match connect {
                        1 => Ok(()),
                        2 => Err(ErrorKind::ConnectionReset.into()),
                        _ => Err(Error::from(ErrorKind::PermissionDenied)),
                    }
                }
            })
            .await;
        stopped.stop_reason()
    }

    /// An answer that something is not ready, an error, another such answer, and one that is.
    async fn until(&self) -> StopReason {
        let (fuse, looks) = (&self.fuse, AtomicU32::new(0));
        let waited = self
            .policy
            .until_async(
                || {
                    fuse.tick();
                    let look = looks.fetch_add(1, SeqCst);
                    async move {
                        Once(false).await;
                        fuse.tick();
                        if look == 1 {
                            return Err(Error::from(ErrorKind::ConnectionReset));
                        }
                        Ok(look)
                    }
                },
                |look| {
                    fuse.tick();
                    *look == 3
                },
            )
            .await;
        assert_eq!(waited.map_err(|error| error.stop_reason()), Ok(3));
        StopReason::NonRetryableClass
    }

    fn check(&self, what: &str) {
        let (starts, ends) = (self.fuse.starts.load(SeqCst), self.fuse.ends.load(SeqCst));
        assert_eq!(starts, ends, "{what}");
        assert_eq!(self.budget.remaining(), SPARE, "{what}");
        // The only probe, unless the breaker is closed.
        assert!(self.breaker.try_acquire().is_ok(), "{what}");
    }
}

type Start = for<'w> fn(&'w World) -> Pin<Box<dyn Future<Output = StopReason> + 'w>>;

const CALLS: [(&str, Start); 2] = [
    ("session", |world| Box::pin(world.session())),
    ("until", |world| Box::pin(world.until())),
];

/// Polls a call so often, at most. Returns `true` if it ended before.
fn ends_within(call: &mut Pin<Box<dyn Future<Output = StopReason> + '_>>, polls: usize) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let mut call = pin!(call);
    (0..polls).any(|_| match call.as_mut().poll(&mut cx) {
        Poll::Ready(reason) => {
            assert_eq!(reason, StopReason::NonRetryableClass);
            true
        }
        Poll::Pending => false,
    })
}

#[test]
fn a_drop_at_any_await_leaves_nothing_behind() {
    for (name, start) in CALLS {
        let mut awaits = 0;
        loop {
            let world = World::new(None);
            let ended = ends_within(&mut start(&world), awaits);
            world.check(&format!("{name}, dropped after {awaits} polls"));
            if ended {
                break;
            }
            awaits += 1;
        }
        // Two awaits in each of four sessions, one in each of four looks, and the pauses.
        let expected = if name == "session" { 11 } else { 8 };
        assert_eq!(awaits, expected, "{name}");
    }
}

#[test]
fn a_panic_in_any_function_of_the_users_leaves_nothing_behind() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut found = Vec::new();
    for (name, start) in CALLS {
        let mut places = 0;
        loop {
            let world = World::new(Some(places));
            let ended = catch_unwind(AssertUnwindSafe(|| ends_within(&mut start(&world), 100)));
            let reached = world.fuse.calls.load(SeqCst) > places;
            let checked = catch_unwind(AssertUnwindSafe(|| {
                world.check(&format!("{name}, panic in call {places}"));
            }));
            if checked.is_err() || ended.is_ok_and(|ended| !ended) {
                found.push(format!("{name}, panic in call {places}"));
            }
            if !reached {
                break;
            }
            places += 1;
        }
        if places < 30 {
            found.push(format!("{name}: only {places} places"));
        }
    }
    std::panic::set_hook(hook);
    assert!(found.is_empty(), "{found:#?}");
}

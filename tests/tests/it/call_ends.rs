//! Every way in which a call can end, and what watchers are shown of it: one start, one end, attempts in
//! pairs, and nothing left.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use redress::observe::{
    AttemptEnd, AttemptStart, CallEnd, CallObserver, CallResult, CallStart, Interest,
};
use redress::strategies::{fixed, instant};
use redress::testing::VirtualClock;
use redress::{
    Budget, CircuitBreaker, Classification, ErrorClass, Event, Observer, Policy, PolicyBuilder,
    SleepDecision, StopReason, retry,
};

/// Counts what it is shown. A gauge is what was started and not ended.
#[derive(Default)]
struct Watch {
    calls: AtomicU32,
    calls_open: AtomicU32,
    attempts: AtomicU32,
    attempts_open: AtomicU32,
    watchers: AtomicU32,
    in_scope: AtomicU32,
    events_after_the_end: AtomicU32,
    ends: Mutex<Vec<(CallResult, Option<StopReason>, u32)>>,
}

/// Watches all that is shown, by itself and by a state of each call.
#[derive(Clone, Default)]
struct Watcher {
    watch: Arc<Watch>,
    interest: Interest,
}

struct OneCall {
    watch: Arc<Watch>,
    ended: AtomicBool,
}

impl Observer for Watcher {
    fn on_call_start(&self, _call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        self.watch.calls.fetch_add(1, Ordering::SeqCst);
        self.watch.calls_open.fetch_add(1, Ordering::SeqCst);
        self.watch.watchers.fetch_add(1, Ordering::SeqCst);
        Some(Arc::new(OneCall {
            watch: Arc::clone(&self.watch),
            ended: AtomicBool::new(false),
        }))
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.watch.calls_open.fetch_sub(1, Ordering::SeqCst);
        let end = (call.result(), call.stop_reason(), call.attempts());
        self.watch.ends.lock().unwrap().push(end);
    }

    fn on_attempt_start(&self, _attempt: &AttemptStart<'_>) {
        self.watch.attempts.fetch_add(1, Ordering::SeqCst);
        self.watch.attempts_open.fetch_add(1, Ordering::SeqCst);
    }

    fn on_attempt_end(&self, _attempt: &AttemptEnd<'_>) {
        self.watch.attempts_open.fetch_sub(1, Ordering::SeqCst);
    }

    fn interest(&self) -> Interest {
        self.interest
    }
}

impl CallObserver for OneCall {
    fn on_event(&self, _event: &Event<'_>) {
        let late = u32::from(self.ended.load(Ordering::SeqCst));
        self.watch
            .events_after_the_end
            .fetch_add(late, Ordering::SeqCst);
    }

    fn on_call_end(&self, _call: &CallEnd<'_>) {
        assert!(!self.ended.swap(true, Ordering::SeqCst), "ended twice");
    }

    fn scope(&self, _attempt: u32, run: &mut dyn FnMut()) {
        struct Left<'a>(&'a AtomicU32);
        impl Drop for Left<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.watch.in_scope.fetch_add(1, Ordering::SeqCst);
        let _left = Left(&self.watch.in_scope);
        run();
    }
}

impl Drop for OneCall {
    fn drop(&mut self) {
        self.watch.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Watcher {
    /// Asserts that all is closed, and returns how the calls ended.
    fn closed(&self, way: &str) -> Vec<(CallResult, Option<StopReason>, u32)> {
        let get = |count: &AtomicU32| count.load(Ordering::SeqCst);
        let watch = &*self.watch;
        let ends = std::mem::take(&mut *watch.ends.lock().unwrap());
        assert_eq!(get(&watch.calls_open), 0, "{way}: a call is open");
        assert_eq!(get(&watch.attempts_open), 0, "{way}: an attempt is open");
        assert_eq!(get(&watch.watchers), 0, "{way}: a watcher is left");
        assert_eq!(get(&watch.in_scope), 0, "{way}: a scope is open");
        assert_eq!(get(&watch.events_after_the_end), 0, "{way}");
        assert_eq!(
            watch.calls.swap(0, Ordering::SeqCst) as usize,
            ends.len(),
            "{way}"
        );
        ends
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Failure {
    Down,
    NotFound,
    Unknown,
    Abort,
    Forbidden,
}

fn classify(failure: &Failure) -> Classification {
    match failure {
        Failure::Down => ErrorClass::Transient.into(),
        Failure::NotFound => ErrorClass::Permanent.into(),
        Failure::Unknown => ErrorClass::Unknown.into(),
        Failure::Abort => Classification::abort(),
        Failure::Forbidden => Classification::new(ErrorClass::ServerError).no_retry(),
    }
}

type Classify = fn(&Failure) -> Classification;
type Builder = PolicyBuilder<Classify>;
type TestPolicy = Policy<Classify>;

fn builder(watcher: &Watcher) -> Builder {
    let builder = Policy::builder().classifier(classify as Classify);
    let builder = builder.max_attempts(3);
    builder.clock(VirtualClock::new()).on_event(watcher.clone())
}

/// What the context of a call does.
#[derive(Clone, Copy, PartialEq)]
enum Hook {
    Nothing,
    Defers,
    Aborts,
}

/// One way to end: how, the policy, what the operation returns from which attempt on, and the hook.
struct Way {
    result: CallResult,
    build: Box<dyn Fn(Builder) -> Builder>,
    failure: Failure,
    fails: u32,
    hook: Hook,
}

fn way(result: CallResult, failure: Failure, build: impl Fn(Builder) -> Builder + 'static) -> Way {
    Way {
        result,
        build: Box::new(build),
        failure,
        fails: u32::MAX,
        hook: Hook::Nothing,
    }
}

fn ways() -> Vec<Way> {
    use CallResult as R;
    use Failure::{Abort, Down, Forbidden, NotFound, Unknown};
    let open = || {
        let breaker = CircuitBreaker::new();
        breaker.force_open();
        breaker
    };
    let by_attempt = || {
        let breaker = CircuitBreaker::builder().failure_threshold(1);
        breaker.observe_attempts().build().unwrap()
    };
    vec![
        Way {
            fails: 0,
            ..way(R::Success, Down, |b| b)
        },
        Way {
            fails: 2,
            ..way(R::SuccessAfterRetry, Down, |b| b)
        },
        way(R::Aborted, Abort, |b| b),
        Way {
            hook: Hook::Aborts,
            ..way(R::Aborted, Down, |b| b)
        },
        way(R::RetryForbidden, Forbidden, |b| b),
        way(R::MaxAttemptsExceeded, Down, |b| b),
        way(R::MaxAttemptsExceeded, Down, |b| {
            b.max_class_attempts(ErrorClass::Transient, 2)
        }),
        way(R::PermanentFail, NotFound, |b| b),
        way(R::MayHaveBeenApplied, Down, PolicyBuilder::once),
        way(R::MaxUnknownAttemptsExceeded, Unknown, |b| b),
        way(R::DeadlineExceeded, Down, |b| b.deadline(0.5)),
        way(R::NoStrategyConfigured, Down, |b| {
            b.class_strategy(ErrorClass::RateLimit, instant())
        }),
        way(R::BudgetExhausted, Down, |b| {
            b.budget(Budget::rolling(1, 60))
        }),
        Way {
            hook: Hook::Defers,
            ..way(R::Scheduled, Down, |b| b)
        },
        way(R::CircuitRejected, Down, move |b| b.circuit_breaker(open())),
        way(R::CircuitRejected, Down, move |b| {
            b.circuit_breaker(by_attempt())
        }),
    ]
}

/// An operation that fails as the way says, and a future of it that is pending twice.
fn operation(way: &Way) -> impl Fn() -> Result<(), Failure> + Send + Sync + 'static {
    let (failure, fails, runs) = (way.failure, way.fails, AtomicU32::new(0));
    move || {
        if runs.fetch_add(1, Ordering::SeqCst) < fails {
            Err(failure)
        } else {
            Ok(())
        }
    }
}

async fn pending_twice<T>(returned: T) -> T {
    for _ in 0..2 {
        let mut woken = false;
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut woken, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
    returned
}

impl Way {
    /// The strategy is `fixed(1)` unless the way is to have none.
    fn policy(&self, watcher: &Watcher) -> TestPolicy {
        let builder = (self.build)(builder(watcher));
        let with_strategy = self.result != CallResult::NoStrategyConfigured;
        let builder = if with_strategy {
            builder.strategy(fixed(1))
        } else {
            builder
        };
        builder.build().unwrap()
    }

    fn context<'p>(
        &self,
        policy: &'p TestPolicy,
    ) -> redress::CallContext<'p, Classify, redress::classify::AnyValue> {
        let hook = self.hook;
        policy.context().sleep_handler(move |_, _| match hook {
            Hook::Nothing => SleepDecision::Sleep,
            Hook::Defers => SleepDecision::Defer,
            Hook::Aborts => SleepDecision::Abort,
        })
    }

    fn assert_one_end(&self, watcher: &Watcher, face: &str) {
        let way = format!("{} by {face}", self.result);
        let ends = watcher.closed(&way);
        let late = watcher.interest == Interest::FAILURES && self.result == CallResult::Success;
        let results: Vec<_> = ends.iter().map(|(result, ..)| *result).collect();
        assert_eq!(
            results,
            if late { vec![] } else { vec![self.result] },
            "{way}"
        );
        for (result, reason, _) in ends {
            assert_eq!(reason.is_none(), result.is_success(), "{way}");
        }
    }
}

/// Polls a future to its end, or at most so many times. Returns `true` if it has ended.
fn poll<F: Future>(future: F, times: usize) -> bool {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).any(|_| future.as_mut().poll(&mut cx).is_ready())
}

fn watchers() -> [Watcher; 3] {
    [
        Interest::ALL,
        Interest::ALL.without_times(),
        Interest::FAILURES,
    ]
    .map(|interest| Watcher {
        interest,
        ..Watcher::default()
    })
}

#[test]
fn every_way_to_end_is_shown_once_by_every_face() {
    let mut seen = BTreeSet::new();
    for way in ways() {
        seen.insert(way.result.as_str());
        for watcher in watchers() {
            if way.hook == Hook::Nothing {
                let _ = way.policy(&watcher).call(operation(&way));
                way.assert_one_end(&watcher, "call");
                let _ = way.policy(&watcher).execute(operation(&way));
                way.assert_one_end(&watcher, "execute");
                let policy = way.policy(&watcher);
                let run = operation(&way);
                assert!(poll(policy.call_async(|| pending_twice(run())), 100));
                way.assert_one_end(&watcher, "call_async");
            }
            let policy = way.policy(&watcher);
            let _ = way.context(&policy).call(operation(&way));
            way.assert_one_end(&watcher, "a context");
            let policy = way.policy(&watcher);
            let run = operation(&way);
            assert!(poll(
                way.context(&policy).execute_async(|| pending_twice(run())),
                100
            ));
            way.assert_one_end(&watcher, "an async context");
            let policy = way.policy(&watcher);
            let _ = way.context(&policy).call_detached(operation(&way));
            way.assert_one_end(&watcher, "call_detached");
        }
    }
    // What is left ends a call from outside, and has tests of its own; a policy has a thread.
    let all: BTreeSet<_> = CallResult::ALL
        .iter()
        .map(|result| result.as_str())
        .collect();
    let others: Vec<_> = all.difference(&seen).copied().collect();
    assert_eq!(others, ["cancelled", "no_thread", "panicked"]);
}

#[test]
fn a_future_that_is_dropped_at_any_await_ends_as_cancelled() {
    for way in ways() {
        for watcher in watchers() {
            for times in 0.. {
                let policy = way.policy(&watcher);
                let run = operation(&way);
                let context = way.context(&policy);
                let ended = poll(context.call_async(|| pending_twice(run())), times);
                let shown = watcher.closed(&format!("{} after {times} polls", way.result));
                let results: Vec<_> = shown.iter().map(|(result, ..)| *result).collect();
                if ended {
                    break;
                }
                match (times, watcher.interest.successes()) {
                    // It has not started.
                    (0, _) => assert_eq!(results, []),
                    (_, true) => assert_eq!(results, [CallResult::Cancelled]),
                    // Nothing is shown before it has failed.
                    (_, false) => assert!(results.is_empty() || results == [CallResult::Cancelled]),
                }
            }
        }
    }
}

/// Panics when it is asked for the n-th time.
struct PanicsAt {
    left: AtomicU32,
    inner: VirtualClock,
}

impl PanicsAt {
    fn count(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            panic!("the clock, as asked");
        }
    }
}

impl redress::time::Clock for PanicsAt {
    fn now(&self) -> std::time::Instant {
        self.count();
        self.inner.now()
    }
    fn sleep(&self, duration: Duration) {
        self.count();
        self.inner.sleep(duration);
    }
    fn sleep_async(&self, duration: Duration) -> Option<redress::time::Wait> {
        self.count();
        self.inner.sleep_async(duration)
    }
    fn timeout_async(&self, duration: Duration) -> Option<redress::time::Wait> {
        self.count();
        self.inner.timeout_async(duration)
    }
}

fn panics(run: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

#[test]
fn a_panic_of_any_part_that_is_the_users_ends_the_call_as_panicked() {
    let build = |watcher: &Watcher| {
        let builder = builder(watcher).attempt_timeout(5).strategy(fixed(1));
        builder
            .circuit_breaker(CircuitBreaker::new())
            .budget(Budget::rolling(9, 60))
    };
    let failing = || -> Result<(), Failure> { Err(Failure::Down) };
    for watcher in watchers() {
        let check = |panicked: bool, what: &str| {
            assert!(panicked, "{what} does not panic");
            let ends = watcher.closed(what);
            let results: Vec<_> = ends.iter().map(|(result, ..)| *result).collect();
            let shown = results == [CallResult::Panicked];
            // Nothing was shown to one that sees failures only, if nothing had failed.
            let unseen = results.is_empty() && !watcher.interest.successes();
            assert!(shown || unseen, "{what}: {results:?}");
        };
        let policy = build(&watcher).build().unwrap();
        let panicking = || -> Result<(), Failure> { panic!("the operation, as asked") };
        check(panics(|| drop(policy.call(panicking))), "operation");
        let made = || -> std::future::Ready<Result<(), Failure>> { panic!("as asked") };
        check(
            panics(|| {
                poll(policy.call_async(made), 9);
            }),
            "making the future",
        );
        let polled = || async {
            pending_twice(()).await;
            panicking()
        };
        check(
            panics(|| {
                poll(policy.call_async(polled), 9);
            }),
            "polling the future",
        );
        let second = AtomicU32::new(0);
        let later = || {
            if second.fetch_add(1, Ordering::SeqCst) > 0 {
                panic!("as asked")
            }
            failing()
        };
        check(panics(|| drop(policy.call(&later))), "a later attempt");
        check(
            panics(|| drop(policy.call_detached(move || panicking()))),
            "a detached attempt",
        );

        let policy = build(&watcher).strategy(|_: &redress::BackoffContext<'_>| -> Duration {
            panic!("the strategy, as asked")
        });
        let policy = policy.build().unwrap();
        check(panics(|| drop(policy.call(failing))), "strategy");
        check(
            panics(|| {
                poll(policy.call_async(|| async { failing() }), 9);
            }),
            "async strategy",
        );

        let policy = build(&watcher).classifier(|_: &Failure| -> ErrorClass { panic!("as asked") });
        let policy = policy.build().unwrap();
        check(panics(|| drop(policy.call(failing))), "classifier");
        check(
            panics(|| {
                poll(policy.call_async(|| async { failing() }), 9);
            }),
            "async classifier",
        );

        for asked in 0.. {
            let clock = || PanicsAt {
                left: AtomicU32::new(asked),
                inner: VirtualClock::new(),
            };
            let policy = build(&watcher).clock(clock()).build().unwrap();
            let sync = panics(|| drop(policy.call(failing)));
            if sync && asked > 0 {
                check(true, &format!("clock asked {asked} times"));
            }
            watcher.watch.ends.lock().unwrap().clear();
            watcher.watch.calls.store(0, Ordering::SeqCst);
            let policy = build(&watcher).clock(clock()).build().unwrap();
            let pending = || async {
                pending_twice(()).await;
                failing()
            };
            let in_async = panics(|| {
                poll(policy.call_async(pending), 99);
            });
            if in_async && asked > 0 {
                check(true, &format!("clock asked {asked} times, async"));
            }
            watcher.watch.ends.lock().unwrap().clear();
            watcher.watch.calls.store(0, Ordering::SeqCst);
            if !sync && !in_async {
                assert!(asked > 4, "the clock is asked");
                break;
            }
        }
    }
}

#[test]
fn calls_in_calls_and_resumed_calls_have_their_own_ends() {
    let watcher = Watcher::default();
    let policy = builder(&watcher).strategy(fixed(1)).build().unwrap();
    policy
        .call(|| {
            policy
                .call(|| Ok::<_, Failure>(()))
                .map_err(|_| Failure::Down)
        })
        .unwrap();
    assert_eq!(watcher.closed("nested").len(), 2);

    let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = deferring.execute(|| Err::<(), _>(Failure::Down));
    let token = outcome.resume_token().unwrap().clone();
    let ends = watcher.closed("deferred");
    assert_eq!(
        ends,
        [(CallResult::Scheduled, Some(StopReason::Scheduled), 1)]
    );
    let _ = policy
        .context()
        .resume(token)
        .execute(|| Ok::<_, Failure>(()));
    assert_eq!(
        watcher.closed("resumed"),
        [(CallResult::SuccessAfterRetry, None, 2)]
    );
}

#[test]
fn a_call_without_a_thread_ends_once() {
    let watcher = Watcher::default();
    let builder = Policy::builder()
        .classifier(classify as Classify)
        .max_detached_threads(1)
        .attempt_timeout(0.01)
        .strategy(instant());
    let policy = builder.on_event(watcher.clone()).build().unwrap();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let _ = policy.call_detached(move || {
        let _ = held.lock().map(|held| held.recv());
        Ok::<_, Failure>(())
    });
    // The abandoned attempt holds what watches its call until it returns.
    drop(hold);
    while watcher.watch.watchers.load(Ordering::SeqCst) > 0 {
        std::thread::yield_now();
    }
    let ends = watcher.closed("abandoned");
    assert_eq!(ends[0].0, CallResult::NoThread, "{ends:?}");
}

#[retry(strategy = instant(), max_attempts = 2, on_event = watcher.clone())]
fn function(watcher: &Watcher) -> Result<(), std::io::Error> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

#[retry(strategy = fixed(1s), max_attempts = 2, on_event = watcher.clone())]
async fn async_function(watcher: &Watcher) -> Result<(), std::io::Error> {
    pending_twice(()).await;
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

#[test]
fn functions_show_their_calls_as_policies_do() {
    let watcher = Watcher::default();
    function(&watcher).unwrap_err();
    let ends = watcher.closed("function");
    let reason = Some(StopReason::MaxAttemptsGlobal);
    assert_eq!(ends, [(CallResult::MaxAttemptsExceeded, reason, 2)]);
    for times in 1..3 {
        assert!(!poll(async_function(&watcher), times));
        assert_eq!(watcher.closed("dropped")[0].0, CallResult::Cancelled);
    }
}

#[test]
fn a_success_at_once_is_not_shown_to_a_watcher_of_failures() {
    let [_, _, watcher] = watchers();
    let policy = builder(&watcher).strategy(fixed(1)).build().unwrap();
    policy.call(|| Ok::<_, Failure>(())).unwrap();
    assert_eq!(watcher.closed("success"), []);
    let _ = policy.call(|| Err::<(), _>(Failure::NotFound));
    let reason = Some(StopReason::NonRetryableClass);
    assert_eq!(
        watcher.closed("failure"),
        [(CallResult::PermanentFail, reason, 1)]
    );
}

#[test]
fn a_broken_watcher_changes_nothing() {
    struct Broken;
    struct BrokenCall;
    impl Observer for Broken {
        fn on_call_start(&self, _: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
            Some(Arc::new(BrokenCall))
        }
        fn on_call_end(&self, _: &CallEnd<'_>) {
            panic!("as asked")
        }
    }
    impl CallObserver for BrokenCall {
        fn on_event(&self, _: &Event<'_>) {
            panic!("as asked")
        }
        fn scope(&self, attempt: u32, run: &mut dyn FnMut()) {
            match attempt {
                1 => {}
                2 => panic!("as asked"),
                _ => {
                    run();
                    run();
                }
            }
        }
    }
    let watcher = Watcher::default();
    let builder = builder(&watcher).strategy(fixed(1)).max_attempts(4);
    let policy = builder.on_event(Broken).build().unwrap();
    let runs = AtomicU32::new(0);
    let run = || {
        if runs.fetch_add(1, Ordering::SeqCst) < 3 {
            Err(Failure::Down)
        } else {
            Ok(7)
        }
    };
    assert_eq!(policy.call(run).unwrap(), 7);
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    assert_eq!(
        watcher.closed("broken"),
        [(CallResult::SuccessAfterRetry, None, 4)]
    );
}

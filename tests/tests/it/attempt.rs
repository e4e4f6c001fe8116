//! What an attempt knows: in operations of policies, in functions and blocks that bind it.

use std::cell::RefCell;
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redress::call::ResumeToken;
use redress::strategies::{fixed, instant};
use redress::testing::VirtualClock;
use redress::{Attempt, ErrorClass, Policy, SleepDecision, retry, retry_block};

fn down() -> Error {
    ErrorKind::ConnectionRefused.into()
}

fn current() -> Attempt {
    Attempt::current().expect("in an attempt")
}

fn policy() -> Policy {
    let builder = Policy::builder().strategy(instant()).max_attempts(3);
    builder.tell_attempts().build().unwrap()
}

/// Number, retries, whether it is the last, limit and class before.
type Seen = (u32, u32, bool, Option<u32>, Option<ErrorClass>);

fn seen(attempt: &Attempt) -> Seen {
    (
        attempt.number(),
        attempt.retries(),
        attempt.is_last(),
        attempt.max(),
        attempt.previous_class(),
    )
}

const THREE: [Seen; 3] = [
    (1, 0, false, Some(3), None),
    (2, 1, false, Some(3), Some(ErrorClass::Transient)),
    (3, 2, true, Some(3), Some(ErrorClass::Transient)),
];

/// Records what each attempt sees, and its key.
#[derive(Default, Clone)]
struct Log(Arc<Mutex<Vec<(Seen, String)>>>);

impl Log {
    fn add(&self, attempt: &Attempt) {
        let entry = (seen(attempt), attempt.idempotency_key().to_string());
        self.0.lock().unwrap().push(entry);
    }

    /// Asserts that all attempts were seen, with one key. Returns the key.
    fn assert(&self, expected: &[Seen]) -> String {
        let entries = std::mem::take(&mut *self.0.lock().unwrap());
        let found: Vec<_> = entries.iter().map(|(seen, _)| *seen).collect();
        assert_eq!(found, expected);
        let key = entries[0].1.clone();
        assert!(
            entries.iter().all(|(_, other)| *other == key),
            "{entries:?}"
        );
        key
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().expect("a runtime").block_on(future)
}

#[test]
fn an_operation_of_a_policy_finds_its_attempt() {
    let log = Log::default();
    let failing = || {
        log.add(&current());
        Err::<(), _>(down())
    };
    let policy = policy();
    policy.call(failing).unwrap_err();
    let first = log.assert(&THREE);
    let _ = policy.execute(failing);
    let second = log.assert(&THREE);
    let _ = policy.context().operation("own").call(failing);
    let third = log.assert(&THREE);
    assert!(
        first != second && second != third,
        "each operation has its key"
    );
    assert!(Attempt::current().is_none());
}

#[test]
fn an_async_operation_finds_its_attempt_at_every_poll() {
    let log = Log::default();
    let failing = || async {
        log.add(&current());
        let before = current().idempotency_key();
        tokio::task::yield_now().await;
        let after = current();
        assert_eq!(after.idempotency_key(), before);
        tokio::task::yield_now().await;
        Err::<(), _>(down())
    };
    let policy = policy();
    block_on(policy.call_async(failing)).unwrap_err();
    log.assert(&THREE);
    block_on(policy.execute_async(failing));
    log.assert(&THREE);
}

#[test]
fn a_key_that_is_first_asked_for_late_is_kept_from_then_on() {
    let keys = RefCell::new(Vec::new());
    let policy = policy();
    let _ = block_on(policy.call_async(|| async {
        if current().number() > 0 && current().retries() == 1 {
            tokio::task::yield_now().await;
        }
        if current().retries() > 0 {
            keys.borrow_mut().push(current().idempotency_key());
        }
        Err::<(), _>(down())
    }));
    let keys = keys.into_inner();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn two_futures_in_one_task_have_their_own_attempts() {
    let policy = policy();
    let operation = |name: &'static str| {
        let policy = policy.clone();
        async move {
            let keys = Arc::new(Mutex::new(Vec::new()));
            let seen = Arc::clone(&keys);
            let _ = policy
                .call_async(move || {
                    let seen = Arc::clone(&seen);
                    async move {
                        for _ in 0..3 {
                            seen.lock().unwrap().push(current().idempotency_key());
                            tokio::task::yield_now().await;
                        }
                        Err::<(), _>(Error::other(name))
                    }
                })
                .await;
            let keys = std::mem::take(&mut *keys.lock().unwrap());
            assert!(keys.iter().all(|key| *key == keys[0]));
            keys[0]
        }
    };
    let (one, other) = block_on(async { tokio::join!(operation("a"), operation("b")) });
    assert_ne!(one, other);
}

#[test]
fn a_detached_operation_finds_its_attempt_on_its_thread() {
    let log = Log::default();
    let failing = log.clone();
    let here = std::thread::current().id();
    let untold = Policy::builder().strategy(instant()).max_attempts(3);
    let untold = untold.build().unwrap();
    untold
        .call_detached(move || {
            assert_ne!(std::thread::current().id(), here);
            failing.add(&current());
            Err::<(), _>(down())
        })
        .unwrap_err();
    log.assert(&THREE);
}

#[test]
fn a_call_inside_a_call_has_its_own_attempts() {
    let policy = policy();
    let outer = policy.call(|| {
        let key = current().idempotency_key();
        let inner = policy.call(|| {
            assert_ne!(current().idempotency_key(), key);
            if current().number() < 2 {
                Err(down())
            } else {
                Ok(current().number())
            }
        });
        assert_eq!(inner.unwrap(), 2);
        assert_eq!(current().idempotency_key(), key);
        if current().number() < 3 {
            Err(down())
        } else {
            Ok(current().number())
        }
    });
    assert_eq!(outer.unwrap(), 3);
}

#[test]
fn the_time_that_is_left_goes_by_the_clock_of_the_policy() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(2))
        .deadline(10)
        .max_attempts(3)
        .tell_attempts()
        .clock(clock.clone());
    let policy = policy.build().unwrap();
    let mut left = Vec::new();
    let _ = policy.call(|| {
        left.push(current().remaining());
        clock.advance(Duration::from_secs(1));
        left.push(current().remaining());
        Err::<(), _>(down())
    });
    let seconds = [10, 9, 7, 6, 4, 3].map(|s| Some(Duration::from_secs(s)));
    assert_eq!(left, seconds);
    let unlimited = Policy::builder().no_deadline().unlimited_attempts();
    let unlimited = unlimited.tell_attempts().build().unwrap();
    let known = unlimited.call(|| Ok::<_, Error>((current().remaining(), current().max())));
    assert_eq!(known.unwrap(), (None, None));
}

#[test]
fn the_key_travels_in_the_token_and_comes_back_from_its_text() {
    let log = Log::default();
    let failing = || {
        log.add(&current());
        Err::<(), _>(down())
    };
    let policy = policy();
    let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let token = deferring.execute(failing).resume_token().unwrap().clone();
    let first = log.assert(&THREE[..1]);
    assert_eq!(
        token.idempotency_key().map(|k| k.to_string()),
        Some(first.clone())
    );
    let read: ResumeToken = token.to_string().parse().unwrap();
    assert_eq!(read, token);
    let _ = policy.context().resume(read).execute(failing);
    assert_eq!(log.assert(&THREE[1..]), first);
    let silent = Policy::builder().strategy(instant()).build().unwrap();
    let deferring = silent.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = deferring.execute(|| Err::<(), _>(down()));
    let unasked = outcome.resume_token().unwrap().clone();
    assert_eq!(unasked.idempotency_key(), None);
    assert!(!unasked.to_string().contains("key"), "{unasked}");
    let wrong = token.to_string().replace("key=", "key=x");
    let error = wrong.parse::<ResumeToken>().unwrap_err().to_string();
    assert!(
        error.contains("key") && error.contains("not a UUID"),
        "{error}"
    );
}

#[retry(strategy = instant(), max_attempts = 3, attempt = at)]
fn bound(log: &Log) -> Result<(), Error> {
    assert_eq!(seen(at), seen(&current()));
    assert_eq!(at.idempotency_key(), current().idempotency_key());
    log.add(at);
    if at.number() == 9 {
        return Ok(());
    }
    Err(down())?;
    Ok(())
}

#[retry(strategy = instant(), max_attempts = 3, attempt = at)]
async fn bound_async(log: &Log) -> Result<(), Error> {
    tokio::task::yield_now().await;
    assert_eq!(at.idempotency_key(), current().idempotency_key());
    log.add(at);
    Err(down())
}

#[retry(strategy = instant(), max_attempts = 3, attempt_timeout = 5s, attempt = at)]
async fn bound_and_limited(log: &Log) -> Result<(), Error> {
    tokio::task::yield_now().await;
    log.add(&current());
    assert!(at.remaining().is_some());
    Err(down())
}

#[retry(strategy = instant(), max_attempts = 3, span)]
fn spanned(log: &Log) -> Result<(), Error> {
    log.add(&current());
    Err(down())
}

#[retry(strategy = instant(), max_attempts = 3, span, attempt = at)]
async fn spanned_async(log: &Log) -> Result<(), Error> {
    tokio::task::yield_now().await;
    assert_eq!(at.number(), current().number());
    log.add(&current());
    Err(down())
}

#[retry(attempt = at)]
#[expect(clippy::manual_async_fn, reason = "this shape is what is tested")]
fn opaque(log: &Log) -> impl Future<Output = Result<u32, Error>> {
    let number = at.number();
    log.add(at);
    async move { Ok(number) }
}

#[test]
fn a_function_that_asks_has_its_attempt_in_every_shape() {
    let log = Log::default();
    bound(&log).unwrap_err();
    log.assert(&THREE);
    block_on(bound_async(&log)).unwrap_err();
    log.assert(&THREE);
    block_on(bound_and_limited(&log)).unwrap_err();
    log.assert(&THREE);
    spanned(&log).unwrap_err();
    log.assert(&THREE);
    block_on(spanned_async(&log)).unwrap_err();
    log.assert(&THREE);
    assert_eq!(block_on(opaque(&log)).unwrap(), 1);
}

#[test]
fn a_block_that_asks_has_its_attempt() {
    let log = Log::default();
    let failed = retry_block!(strategy = instant(), max_attempts = 3, attempt = at, || {
        log.add(at);
        Err::<(), Error>(down())
    });
    failed.unwrap_err();
    log.assert(&THREE);
    let failed = retry_block!(<Error> strategy = instant(), max_attempts = 3, attempt = at, async {
        log.add(at);
        Err(down())?;
        Ok(())
    });
    block_on(failed).unwrap_err();
    log.assert(&THREE);
}

#[retry(strategy = instant(), max_attempts = 2)]
fn silent() -> Result<u32, Error> {
    Ok(Attempt::current().map_or(0, |attempt| attempt.number()))
}

#[test]
fn a_policy_that_does_not_tell_leaves_the_attempt_around_it() {
    let silent = Policy::new();
    let none = silent.call(|| Ok::<_, Error>(Attempt::current().is_none()));
    assert!(none.unwrap());
    let number = policy().call(|| silent.call(|| Ok::<_, Error>(current().number())));
    assert_eq!(number.unwrap(), 1);
}

#[test]
fn a_guarded_and_a_watched_policy_tell_as_a_plain_one_does() {
    let log = Log::default();
    let failing = || {
        log.add(&current());
        Err::<(), _>(down())
    };
    let builder = || {
        Policy::builder()
            .strategy(instant())
            .max_attempts(3)
            .tell_attempts()
    };
    let guarded = builder().circuit_breaker(redress::CircuitBreaker::new());
    let watched = builder().on_event(|_: &redress::Event<'_>| {});
    for policy in [guarded.build().unwrap(), watched.build().unwrap()] {
        policy.call(failing).unwrap_err();
        let first = log.assert(&THREE);
        block_on(policy.call_async(|| async { failing() })).unwrap_err();
        assert_ne!(log.assert(&THREE), first);
    }
}

#[test]
fn a_function_that_does_not_ask_leaves_the_attempt_around_it() {
    assert_eq!(silent().unwrap(), 0);
    let number = policy().call(|| {
        let inside = silent()?;
        if inside < 2 { Err(down()) } else { Ok(inside) }
    });
    assert_eq!(number.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_that_binds_its_attempt_may_move_between_threads() {
    let log = Log::default();
    let spawned = log.clone();
    tokio::spawn(async move { bound_async(&spawned).await })
        .await
        .unwrap()
        .unwrap_err();
    log.assert(&THREE);
}

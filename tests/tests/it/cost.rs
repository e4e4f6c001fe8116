//! The countable cost of a call: allocations and bytes.

use std::future::{Future, ready};
use std::hint::black_box;
use std::io::Error;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use redress::{Budget, CircuitBreaker, ErrorClass, Interrupt, Policy, retry, strategies};

use super::support::down;

#[retry]
fn bare() -> Result<u64, Error> {
    Ok(black_box(7))
}

#[retry(strategy = instant())]
fn fails_once(failures: &mut u32) -> Result<u64, Error> {
    once(failures)
}

#[retry(strategy = instant(), deadline = none)]
fn fails_once_without_deadline(failures: &mut u32) -> Result<u64, Error> {
    once(failures)
}

#[retry(strategies(transient = instant()))]
async fn fails_once_async(failures: &mut u32) -> Result<u64, Error> {
    ready(()).await;
    once(failures)
}

fn once(failures: &mut u32) -> Result<u64, Error> {
    if *failures > 0 {
        *failures -= 1;
        return Err(down());
    }
    Ok(black_box(7))
}

fn poll_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future should be ready at once"),
    }
}

/// Runs a call twice and counts the allocations of the second, because a policy that is built once
/// per function is not a cost of a call.
fn allocations(mut call: impl FnMut()) -> u64 {
    call();
    measure(call).count_total
}

#[test]
fn a_success_allocates_nothing() {
    assert_eq!(allocations(|| drop(black_box(bare()))), 0);
    let policy = Policy::new();
    assert_eq!(
        allocations(|| drop(black_box(policy.call(|| Ok::<_, Error>(7))))),
        0
    );
    let call = || policy.call_async(|| ready(Ok::<_, Error>(7)));
    assert_eq!(allocations(|| drop(black_box(poll_once(call())))), 0);
}

#[test]
fn a_failure_without_delay_allocates_nothing() {
    assert_eq!(allocations(|| drop(black_box(fails_once(&mut 1)))), 0);
    assert_eq!(
        allocations(|| drop(black_box(fails_once_without_deadline(&mut 1)))),
        0
    );
    assert_eq!(
        allocations(|| drop(black_box(poll_once(fails_once_async(&mut 1))))),
        0
    );

    let policy = Policy::builder()
        .strategy(strategies::instant())
        .build()
        .unwrap();
    let call = || {
        let mut failures = 1;
        drop(black_box(policy.call(|| once(&mut failures))));
    };
    assert_eq!(allocations(call), 0);
    let call = || {
        let mut failures = 1;
        drop(black_box(poll_once(
            policy.call_async(|| ready(once(&mut failures))),
        )));
    };
    assert_eq!(allocations(call), 0);
}

#[test]
fn breakers_and_budgets_allocate_nothing_after_construction() {
    let rate = CircuitBreaker::builder()
        .failure_rate(0.9, 20)
        .failure_threshold(3);
    for breaker in [CircuitBreaker::new(), rate.build().unwrap()] {
        let success = || breaker.try_acquire().unwrap().success();
        assert_eq!(allocations(success), 0);
        let failure = || {
            // Beyond the threshold the breaker opens and refuses calls.
            if let Ok(permit) = breaker.try_acquire() {
                permit.failure(ErrorClass::Transient);
            }
        };
        for _ in 0..8 {
            assert_eq!(allocations(failure), 0);
        }
        assert!(breaker.try_acquire().is_err());
    }
    for budget in [
        Budget::rolling(4, 60),
        Budget::success_ratio(0.5).reserve(4),
        Budget::in_flight_share(0.5),
    ] {
        let spend = || {
            let _call = budget.start_call();
            if let Some(mut token) = budget.try_spend(ErrorClass::Transient) {
                token.keep();
            }
            budget.on_success();
        };
        for _ in 0..8 {
            assert_eq!(allocations(spend), 0);
        }
        let policy = Policy::builder()
            .strategy(strategies::adaptive(strategies::instant()))
            .circuit_breaker(CircuitBreaker::new())
            .budget(budget)
            .build()
            .unwrap();
        let call = || {
            let mut failures = 1;
            drop(black_box(policy.call(|| once(&mut failures))));
        };
        assert_eq!(allocations(call), 0);
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(
        allocations(|| drop(black_box(Box::new(black_box(7_u64))))),
        1
    );
}

/// A future of 64 bytes.
struct Inner([u64; 8]);

impl Future for Inner {
    type Output = Result<u64, Error>;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(self.0.iter().sum()))
    }
}

#[retry]
async fn around(inner: fn() -> Inner) -> Result<u64, Error> {
    inner().await
}

#[test]
fn a_future_around_64_bytes_stays_small() {
    let policy = Policy::new();
    let by_policy = policy.call_async(|| Inner([1; 8]));
    assert!(
        size_of_val(&by_policy) <= 144,
        "{}",
        size_of_val(&by_policy)
    );
    // An operation that borrows is one pointer more.
    let ones = [1; 8];
    let borrowing = policy.call_async(|| Inner(ones));
    assert!(
        size_of_val(&borrowing) <= 144,
        "{}",
        size_of_val(&borrowing)
    );
    drop(borrowing);
    let by_attribute = around(|| Inner([1; 8]));
    assert!(
        size_of_val(&by_attribute) <= 144,
        "{}",
        size_of_val(&by_attribute)
    );
    println!("Policy::call_async: {} bytes", size_of_val(&by_policy));
    println!("#[retry]: {} bytes", size_of_val(&by_attribute));
    assert_eq!(poll_once(by_policy).unwrap(), 8);
    assert_eq!(poll_once(by_attribute).unwrap(), 8);
}

const KIB: usize = 1024;

#[retry]
async fn returns_much(success: bool) -> Result<[u8; 4 * KIB], Error> {
    if ready(success).await {
        return Ok([0; 4 * KIB]);
    }
    Err(down())
}

#[retry(attempt_timeout = 1s)]
async fn returns_much_in_time(success: bool) -> Result<[u8; 4 * KIB], Interrupted> {
    if ready(success).await {
        return Ok([0; 4 * KIB]);
    }
    Err(Interrupted)
}

#[derive(Debug)]
struct Interrupted;

impl From<Interrupt> for Interrupted {
    fn from(_: Interrupt) -> Self {
        Self
    }
}

#[test]
fn a_waiting_future_holds_what_an_attempt_returned_once() {
    let (any_time, in_time) = (returns_much(true), returns_much_in_time(true));
    for size in [size_of_val(&any_time), size_of_val(&in_time)] {
        assert!(size < 5 * KIB, "{size}");
    }
    assert!(poll_once(any_time).is_ok() && poll_once(in_time).is_ok());
}

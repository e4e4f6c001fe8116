//! The layer for services of tower.

use std::future::{Ready, poll_fn, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use redress::contrib::tower_service_0_3::RetryLayer;
use redress::deadline::Scope;
use redress::strategies::{fixed, instant};
use redress::{Budget, CircuitBreaker, ErrorClass, Policy, StopReason};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};

fn policy(attempts: u32) -> Policy {
    Policy::builder()
        .strategy(instant())
        .max_attempts(attempts)
        .build()
        .unwrap()
}

fn down() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

fn any_is_transient(_: &tower::BoxError) -> ErrorClass {
    ErrorClass::Transient
}

/// Fails the first calls, panics if it was not ready, and its clones are not.
struct Probe {
    ready: bool,
    calls: Arc<AtomicUsize>,
    polled: Arc<AtomicUsize>,
    fails: usize,
    breaks: usize,
}

impl Probe {
    fn new(fails: usize) -> Self {
        Self {
            ready: false,
            calls: Arc::default(),
            polled: Arc::default(),
            fails,
            breaks: usize::MAX,
        }
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            calls: Arc::clone(&self.calls),
            polled: Arc::clone(&self.polled),
            ..*self
        }
    }
}

impl Service<u32> for Probe {
    type Response = u32;
    type Error = io::Error;
    type Future = Ready<io::Result<u32>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ready = true;
        let polled = self.polled.fetch_add(1, SeqCst) + 1;
        Poll::Ready(if polled >= self.breaks {
            Err(down())
        } else {
            Ok(())
        })
    }

    fn call(&mut self, request: u32) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called before it was ready"
        );
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        ready(if call <= self.fails {
            Err(down())
        } else {
            Ok(request)
        })
    }
}

#[tokio::test]
async fn each_attempt_has_a_service_that_is_ready() {
    let probe = Probe::new(2);
    let mut service = RetryLayer::new(policy(3)).layer(probe.clone());
    for request in [7, 8] {
        assert_eq!(
            service.ready().await.unwrap().call(request).await.unwrap(),
            request
        );
    }
    assert_eq!(
        (probe.calls.load(SeqCst), probe.polled.load(SeqCst)),
        (4, 4)
    );
}

#[tokio::test]
async fn an_error_of_readiness_ends_the_call_as_it_is() {
    let probe = Probe {
        breaks: 2,
        ..Probe::new(9)
    };
    let service = RetryLayer::new(policy(5)).layer(probe.clone());
    let error = service.oneshot(7).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (2, StopReason::RetryForbidden)
    );
    assert_eq!(
        error.into_source().unwrap().kind(),
        io::ErrorKind::ConnectionReset
    );
    assert_eq!(
        (probe.calls.load(SeqCst), probe.polled.load(SeqCst)),
        (1, 2)
    );
    let mut service = RetryLayer::new(policy(5)).layer(probe);
    let error = poll_fn(|cx| service.poll_ready(cx)).await.unwrap_err();
    assert_eq!(error.attempts(), 0);
}

#[tokio::test]
async fn a_buffer_with_one_permit_serves_a_thousand_calls_of_which_half_fail_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let inner = service_fn(move |request: u32| {
        let call = seen.fetch_add(1, SeqCst);
        async move {
            tokio::task::yield_now().await;
            if call.is_multiple_of(3) {
                Err(down())
            } else {
                Ok(request)
            }
        }
    });
    let inner = ServiceBuilder::new()
        .buffer(16)
        .concurrency_limit(1)
        .service(inner);
    let policy = Policy::builder()
        .classifier(any_is_transient)
        .strategy(instant())
        .max_attempts(50)
        .build()
        .unwrap();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .service(inner);
    let mut tasks = tokio::task::JoinSet::new();
    for request in 0..1000 {
        let service = service.clone();
        tasks.spawn(async move { service.oneshot(request).await.unwrap() });
    }
    let mut sum = 0;
    while let Some(answered) = tasks.join_next().await {
        sum += answered.unwrap();
    }
    assert_eq!(sum, (0..1000).sum::<u32>());
    // Two of three calls succeed.
    assert_eq!(calls.load(SeqCst), 1500);
}

#[tokio::test]
async fn a_request_that_is_not_copied_is_sent_once() {
    let probe = Probe::new(1);
    let layer = RetryLayer::new(policy(3)).copy_by(|_: &u32| None, |_| true);
    let error = layer.layer(probe.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::RetryForbidden)
    );
    let layer =
        RetryLayer::new(policy(3)).copy_by(|request: &u32| Some(*request), |request| *request < 9);
    assert_eq!(layer.layer(Probe::new(1)).oneshot(7).await.unwrap(), 7);
    let error = layer.layer(Probe::new(1)).oneshot(9).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::MayHaveBeenApplied)
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_where_it_waits_leaves_nothing_behind() {
    let alive = Arc::new(());
    let (held, calls) = (Arc::clone(&alive), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    // The first call of each fails after a while, the second hangs.
    let inner = service_fn(move |request: u32| {
        let (held, call) = (Arc::clone(&held), counted.fetch_add(1, SeqCst));
        async move {
            let _held = held;
            tokio::time::sleep(Duration::from_millis(10)).await;
            if call.is_multiple_of(2) {
                return Err::<u32, _>(down());
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(request)
        }
    });
    let breaker = CircuitBreaker::new();
    let policy = Policy::builder()
        .strategy(fixed(1))
        .circuit_breaker(breaker);
    let policy = policy.budget(Budget::success_ratio(0.5)).build().unwrap();
    let service = RetryLayer::new(policy.clone()).layer(inner);
    // In the first attempt, in the pause, in the second attempt, and before the first poll.
    for millis in [5, 500, 1500, 0] {
        let call = service.clone().oneshot(7);
        let dropped = tokio::time::timeout(Duration::from_millis(millis), call).await;
        assert!(dropped.is_err());
        // The service holds one, and no future does.
        assert_eq!(Arc::strong_count(&alive), 2);
        calls.store(0, SeqCst);
    }
}

#[tokio::test]
async fn an_operation_that_panics_ends_the_call() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .build()
        .unwrap();
    let policy = Policy::builder()
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    let inner = service_fn(|_: u32| async { panic!("as asked") });
    let service = RetryLayer::new(policy).layer(inner);
    let call = tokio::spawn(async {
        service
            .oneshot(7)
            .await
            .map(|(): ()| ())
            .map_err(|error: redress::Error<io::Error>| error)
    });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(breaker.state(), redress::CircuitState::Closed);
}

#[tokio::test]
async fn a_layer_heeds_the_scope_that_it_is_in() {
    let policy = Policy::builder().strategy(instant()).max_attempts(4);
    let policy = policy
        .inherit_deadline()
        .leave_retries_to_caller()
        .build()
        .unwrap();
    let probe = Probe::new(usize::MAX);
    let service = RetryLayer::new(policy).layer(probe.clone());
    let attempts = async |scope: Scope| {
        scope
            .attach(service.clone().oneshot(7))
            .await
            .unwrap_err()
            .attempts()
    };
    assert_eq!(attempts(Scope::new(Duration::from_secs(60))).await, 4);
    assert_eq!(attempts(Scope::default().attempt(1, Some(3))).await, 1);
    assert_eq!(attempts(Scope::new(Duration::ZERO)).await, 0);
}

#[test]
fn what_a_call_allocates() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut service = RetryLayer::new(policy(3)).layer(Probe::new(0));
    let mut call =
        || runtime.block_on(async { service.ready().await.unwrap().call(7).await.unwrap() });
    call();
    let allocations = allocation_counter::measure(|| {
        call();
    })
    .count_total;
    println!("tower: {allocations} allocations in a call that succeeds at once");
    assert_eq!(allocations, 0);
}

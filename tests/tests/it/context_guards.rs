//! A circuit breaker, a budget and attempt hooks that a context has of its own.

use std::future::ready;
use std::io::Error;
use std::sync::Mutex;

use redress::call::ResumeToken;
use redress::classify::AnyValue;
use redress::observe::AttemptStatus;
use redress::strategies::instant;
use redress::{
    Budget, CallContext, CircuitBreaker, CircuitState, DefaultClassifier, ErrorClass, Outcome,
    Policy, PolicyBuilder, SleepDecision, StopReason,
};

use super::support::{Log, down};

type Context<'a> = CallContext<'a, DefaultClassifier, AnyValue>;

fn builder() -> PolicyBuilder {
    Policy::builder().strategy(instant()).max_attempts(3)
}

fn fail() -> Result<u32, Error> {
    Err(down())
}

fn succeed() -> Result<u32, Error> {
    Ok(7)
}

/// An operation that has failed once elsewhere.
fn deferred() -> ResumeToken {
    let policy = builder().build().unwrap();
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    context.execute(fail).resume_token().unwrap()
}

const WAYS: [&str; 6] = [
    "sync",
    "async",
    "detached",
    "resumed sync",
    "resumed async",
    "resumed detached",
];

/// Calls an operation in one of the [`WAYS`] that a context has.
async fn call(
    way: &str,
    context: Context<'_>,
    operation: fn() -> Result<u32, Error>,
) -> Outcome<u32, Error> {
    let asynchronous = || ready(operation());
    match way {
        "sync" => context.execute(operation),
        "async" => context.execute_async(asynchronous).await,
        "detached" => context.execute_detached(operation),
        "resumed sync" => context.resume(deferred()).execute(operation),
        "resumed async" => {
            let resumed = context.resume(deferred());
            resumed.execute_async(asynchronous).await
        }
        _ => context.resume(deferred()).execute_detached(operation),
    }
}

#[tokio::test]
async fn a_breaker_of_the_contexts_refuses_its_calls_and_no_others() {
    let policy = builder().circuit_breaker(CircuitBreaker::new());
    let policy = policy.build().unwrap();
    let own = CircuitBreaker::new();
    own.force_open();
    for way in WAYS {
        let context = policy.context().circuit_breaker(own.clone());
        let outcome = call(way, context, succeed).await;
        assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen), "{way}");
        assert!(outcome.retry_after.is_some(), "{way}");
        assert!(call(way, policy.context(), succeed).await.is_ok(), "{way}");
    }
}

#[tokio::test]
async fn a_breaker_of_the_contexts_is_told_and_asked_in_place_of_the_policys() {
    let policys = CircuitBreaker::new();
    policys.force_open();
    let policy = builder().circuit_breaker(policys).build().unwrap();
    for way in WAYS {
        let own = CircuitBreaker::builder().failure_threshold(1);
        let own = own.build().unwrap();
        let context = || policy.context().circuit_breaker(own.clone());
        assert!(call(way, context(), succeed).await.is_ok(), "{way}");
        assert_eq!(own.state(), CircuitState::Closed, "{way}");
        let outcome = call(way, context(), fail).await;
        assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
        assert_eq!(own.state(), CircuitState::Open, "{way}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_the_probe_of_the_contexts_breaker_back() {
    let own = CircuitBreaker::builder().failure_threshold(1);
    let own = own.recovery_timeout(0.001).build().unwrap();
    let policy = builder().max_attempts(1).build().unwrap();
    let context = policy.context().circuit_breaker(own.clone());
    context.execute(fail);
    std::thread::sleep(std::time::Duration::from_millis(2));
    let mut probe = Box::pin(context.call_async(std::future::pending::<Result<u32, Error>>));
    assert!(poll_once(probe.as_mut()).is_pending());
    assert_eq!(own.state(), CircuitState::HalfOpen);
    assert!(own.try_acquire().is_err());
    drop(probe);
    assert!(own.try_acquire().is_ok());
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn retries_are_spent_from_the_contexts_budget_in_place_of_the_policys() {
    let policys = Budget::rolling(9, 60);
    let policy = builder().budget(policys.clone()).build().unwrap();
    for way in WAYS {
        let own = Budget::rolling(1, 60);
        let context = || policy.context().budget(own.clone());
        call(way, context(), fail).await;
        assert_eq!(own.remaining(), 0, "{way}");
        let outcome = call(way, context(), fail).await;
        let exhausted = Some(StopReason::BudgetExhausted);
        assert_eq!(outcome.stop_reason, exhausted, "{way}");
    }
    assert_eq!(policys.remaining(), 9);
}

#[tokio::test]
async fn successes_pay_into_the_contexts_budget() {
    let policy = builder().build().unwrap();
    for way in WAYS {
        let own = Budget::success_ratio(1.0).reserve(2);
        own.try_spend(ErrorClass::Transient).unwrap().keep();
        assert_eq!(own.remaining(), 1);
        call(way, policy.context().budget(own.clone()), succeed).await;
        assert_eq!(own.remaining(), 2, "{way}");
    }
}

#[tokio::test]
async fn successes_with_a_budget_of_the_contexts_do_not_pay_into_the_policys() {
    let spent = |ratio| {
        let budget = Budget::success_ratio(ratio).reserve(3);
        for _ in 0..3 {
            budget.try_spend(ErrorClass::Transient).unwrap().keep();
        }
        budget
    };
    let (policys, shared) = (spent(1.0), spent(1.0));
    let policy = builder().budget(policys.clone()).build().unwrap();
    let same = builder().budget(shared.clone()).build().unwrap();
    for (n, way) in (1..).zip(WAYS) {
        let own = spent(1.0);
        call(way, policy.context().budget(own), succeed).await;
        assert_eq!(policys.remaining(), 0, "{way}");
        // And one that is both is paid once.
        if n <= 3 {
            call(way, same.context().budget(shared.clone()), succeed).await;
            assert_eq!(shared.remaining(), n, "{way}");
        }
    }
}

#[tokio::test]
async fn calls_in_flight_count_in_the_contexts_budget() {
    let own = Budget::in_flight_share(1.0).min_in_flight(0);
    let policy = builder().build().unwrap();
    let context = policy.context().budget(own.clone());
    assert_eq!(own.remaining(), 0);
    let mut call = Box::pin(context.call_async(std::future::pending::<Result<u32, Error>>));
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(own.remaining(), 1);
    drop(call);
    assert_eq!(own.remaining(), 0);
}

#[tokio::test]
async fn attempt_hooks_of_the_contexts_come_in_pairs_beside_the_policys() {
    let log = Log::default();
    let seen = log.clone();
    let policy = builder()
        .on_attempt_end(move |attempt| seen.write(format!("policy {}", attempt.attempt())))
        .build()
        .unwrap();
    for way in WAYS {
        let context = policy
            .context()
            .on_attempt_start(|attempt| log.write(format!("start {}", attempt.attempt())))
            .on_attempt_end(|attempt| {
                assert_eq!(attempt.status(), AttemptStatus::Failed);
                log.write(format!("end {}", attempt.attempt()));
            });
        call(way, context, fail).await;
        let first = if way.starts_with("resumed") { 2 } else { 1 };
        let expected: Vec<_> = (first..=3)
            .flat_map(|n| ["start", "policy", "end"].map(|what| format!("{what} {n}")))
            .collect();
        assert_eq!(log.take(), expected, "{way}");
    }
}

#[tokio::test]
async fn an_attempt_that_is_dropped_has_an_end_for_the_contexts_hook() {
    let ends = Mutex::new(Vec::new());
    let policy = builder().build().unwrap();
    let context = policy
        .context()
        .on_attempt_end(|attempt| ends.lock().unwrap().push(attempt.status()));
    let mut call = Box::pin(context.call_async(std::future::pending::<Result<u32, Error>>));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    assert_eq!(*ends.lock().unwrap(), [AttemptStatus::Cancelled]);
}

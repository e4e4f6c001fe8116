//! `Error::into_error` and `Outcome::into_operation_result`: a call that stopped, in the operation's
//! own type of error.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use redress::strategies::{fixed, instant};
use redress::testing::{FakePolicy, VirtualClock};
use redress::{
    Budget, Error, ErrorClass, Execute, Interrupt, Outcome, Policy, PolicyBuilder, SleepDecision,
    StopReason, retry,
};

/// An error with its class.
#[derive(Debug, Clone, PartialEq)]
enum Failure {
    Of(ErrorClass),
    Interrupted(Interrupt),
}

impl From<Interrupt> for Failure {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

type Classes = fn(&Failure) -> ErrorClass;

fn class_of(failure: &Failure) -> ErrorClass {
    match failure {
        Failure::Of(class) => *class,
        Failure::Interrupted(_) => ErrorClass::Unknown,
    }
}

fn builder() -> PolicyBuilder<Classes> {
    Policy::builder()
        .classifier(class_of as Classes)
        .clock(VirtualClock::new())
}

fn fail(class: ErrorClass) -> Result<u32, Failure> {
    Err(Failure::Of(class))
}

/// Stops a call for each reason that leaves an error which an attempt returned.
fn with_an_error() -> [(StopReason, Outcome<u32, Failure>); 9] {
    let by = |builder: PolicyBuilder<Classes>, class| {
        let policy = builder.strategy(fixed(1)).build().unwrap();
        policy.execute(|| fail(class))
    };
    let transient = |builder| by(builder, ErrorClass::Transient);
    let policy = builder().build().unwrap();
    let context = || policy.context();
    let asked = AtomicBool::new(false);
    let aborting = context().abort_if(|| asked.swap(true, Relaxed));
    let deferring = context().sleep_handler(|_, _| SleepDecision::Defer);
    let no_strategy = builder().class_strategy(ErrorClass::RateLimit, instant());
    let no_strategy = no_strategy.build().unwrap();
    let one_class = builder().max_class_attempts(ErrorClass::Transient, 2);
    let endless = builder().unlimited_attempts().deadline(10);
    [
        (
            StopReason::Aborted,
            aborting.execute(|| fail(ErrorClass::Transient)),
        ),
        (StopReason::MaxAttemptsPerClass, transient(one_class)),
        (
            StopReason::NonRetryableClass,
            by(builder(), ErrorClass::Permanent),
        ),
        (
            StopReason::MaxUnknownAttempts,
            by(builder(), ErrorClass::Unknown),
        ),
        (StopReason::DeadlineExceeded, transient(endless)),
        (
            StopReason::NoStrategy,
            no_strategy.execute(|| fail(ErrorClass::Transient)),
        ),
        (StopReason::MaxAttemptsGlobal, transient(builder())),
        (
            StopReason::BudgetExhausted,
            transient(builder().budget(Budget::rolling(0, 60))),
        ),
        (
            StopReason::Scheduled,
            deferring.execute(|| fail(ErrorClass::Transient)),
        ),
    ]
}

#[test]
fn an_error_that_an_attempt_returned_comes_back_as_it_was() {
    for (reason, outcome) in with_an_error() {
        assert_eq!(outcome.stop_reason, Some(reason));
        let returned = outcome.last_error.clone().unwrap();
        assert!(matches!(returned, Failure::Of(_)), "{outcome:?}");
        let error = outcome.clone().into_result().unwrap_err();
        assert_eq!(error.into_error(), returned);
        assert_eq!(outcome.into_operation_result(), Err(returned));
    }
}

#[test]
fn a_call_without_an_error_comes_back_as_its_interrupt() {
    for reason in [
        StopReason::Aborted,
        StopReason::DeadlineExceeded,
        StopReason::MaxAttemptsGlobal,
        StopReason::BudgetExhausted,
        StopReason::CircuitOpen,
        StopReason::NoThread,
    ] {
        let refuse = || {
            let refusing = FakePolicy::rejecting(reason);
            Execute::<Failure>::execute(&refusing, || Ok(7))
        };
        let Failure::Interrupted(interrupt) = refuse().into_result().unwrap_err().into_error()
        else {
            panic!("no attempt returned an error");
        };
        assert_eq!((interrupt.stop_reason(), interrupt.attempts()), (reason, 0));
        let result = refuse().into_operation_result();
        assert_eq!(result, Err(Failure::Interrupted(interrupt)));
    }
}

#[test]
fn an_interrupt_says_when_the_breaker_may_admit_a_call() {
    let refusing = FakePolicy::circuit_open(7);
    let refused = Execute::<Failure>::call(&refusing, || Ok(7)).unwrap_err();
    let wait = refused.retry_after();
    assert!(wait.is_some());
    let Failure::Interrupted(interrupt) = refused.into_error() else {
        panic!("no attempt returned an error");
    };
    assert_eq!(interrupt.retry_after(), wait);
}

#[test]
fn a_value_comes_back_whatever_the_result_classifier_takes_it_for() {
    let policy = builder()
        .result_classifier(|value: &u32| (*value == 0).then_some(ErrorClass::Permanent))
        .build()
        .unwrap();
    for value in [0, 7] {
        let outcome = policy.execute(|| Ok::<_, Failure>(value));
        assert_eq!(outcome.into_operation_result(), Ok(value));
    }
}

#[retry(classifier = class_of, strategy = instant(), max_attempts = 2)]
fn by_attribute(class: ErrorClass) -> Result<u32, Failure> {
    fail(class)
}

#[retry(classifier = class_of, strategy = instant(), max_attempts = 2, attempt_timeout = 0.001)]
async fn hangs_by_attribute() -> Result<u32, Failure> {
    pending().await
}

#[retry(classifier = class_of, abort_if = || true)]
fn aborted_by_attribute() -> Result<u32, Failure> {
    Ok(7)
}

#[tokio::test(start_paused = true)]
async fn a_policy_returns_what_the_attribute_returns() {
    let builder = || {
        Policy::builder()
            .classifier(class_of as Classes)
            .strategy(instant())
            .max_attempts(2)
    };
    let policy = builder().attempt_timeout(0.001).build().unwrap();
    for class in ErrorClass::ALL {
        let by_policy = policy.call(|| fail(class)).map_err(Error::into_error);
        assert_eq!(by_policy, by_attribute(class));
    }
    let hangs = policy.call_async(pending).await.map_err(Error::into_error);
    assert_eq!(hangs, hangs_by_attribute().await);
    let aborting = policy.context().abort_if(|| true);
    let aborted = aborting.call(|| Ok(7)).map_err(Error::into_error);
    assert_eq!(aborted, aborted_by_attribute());
}

/// Where `?` makes something of it that takes errors of any type, as `anyhow::Error` does.
#[test]
fn errors_of_any_type_take_both() {
    type AnyError = Box<dyn std::error::Error + Send + Sync>;

    fn call(policy: &impl Execute<AnyError>) -> Result<u32, AnyError> {
        let called = policy.call(|| Err::<u32, AnyError>("no such user".into()));
        let user = called.map_err(Error::into_error)?;
        Ok(user + 1)
    }
    let policy = Policy::builder()
        .classifier(|error: &AnyError| redress::classify::classify_dyn(&**error))
        .strategy(instant())
        .build()
        .unwrap();
    assert_eq!(call(&policy).unwrap_err().to_string(), "no such user");
    let refused = call(&FakePolicy::circuit_open(7)).unwrap_err();
    let interrupt = refused.downcast::<Interrupt>().unwrap();
    assert!(interrupt.is_circuit_open());
}

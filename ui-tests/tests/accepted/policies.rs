//! One function, one error type, one meaning: with and without `policy = ...`.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use redress::{
    CircuitBreaker, Classify, ErrorClass, Policy, PolicyBuilder, retry, retry_block, strategies,
};

#[derive(Debug, thiserror::Error, Classify)]
enum ApiError {
    #[error("status {0}")]
    #[classify(http_status = 0)]
    Status(u16),
    #[error(transparent)]
    Interrupted(#[from] redress::Interrupt),
}

/// Not even a `std::error::Error`.
#[derive(Debug, Classify)]
#[classify(with = Self::class)]
struct Plain(u16);

impl Plain {
    fn class(&self) -> ErrorClass {
        redress::classify::http_status(self.0)
    }
}

impl From<redress::Interrupt> for Plain {
    fn from(_: redress::Interrupt) -> Self {
        Self(0)
    }
}

fn builder() -> PolicyBuilder {
    Policy::builder()
        .strategy(strategies::instant())
        .max_attempts(4)
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| builder().build().unwrap());

#[retry(strategy = instant(), max_attempts = 4)]
fn without(status: u16, calls: &Cell<u32>) -> Result<(), ApiError> {
    calls.set(calls.get() + 1);
    Err(ApiError::Status(status))
}

struct Client {
    policy: Policy,
    shared: Arc<Policy>,
    strict: Policy<fn(&ApiError) -> ErrorClass>,
}

impl Client {
    #[retry(policy = self.policy)]
    fn by_field(&self, status: u16, calls: &Cell<u32>) -> Result<(), ApiError> {
        calls.set(calls.get() + 1);
        Err(ApiError::Status(status))
    }

    #[retry(policy = self.shared)]
    async fn by_arc(&mut self, status: u16, calls: &mut u32) -> Result<(), ApiError> {
        *calls += 1;
        Err(ApiError::Status(status))
    }

    #[retry(policy = self.strict)]
    fn by_own_classifier(&self, status: u16, calls: &Cell<u32>) -> Result<(), ApiError> {
        calls.set(calls.get() + 1);
        Err(ApiError::Status(status))
    }
}

#[retry(policy = POLICY)]
fn by_static(status: u16, calls: &Cell<u32>) -> Result<(), Plain> {
    calls.set(calls.get() + 1);
    Err(Plain(status))
}

#[retry(policy = POLICY)]
fn anyhow_by_static(calls: &Cell<u32>) -> anyhow::Result<()> {
    calls.set(calls.get() + 1);
    Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
}

fn client() -> Client {
    Client {
        policy: builder().build().unwrap(),
        shared: Arc::new(builder().build().unwrap()),
        strict: builder()
            .classifier((|_| ErrorClass::Permanent) as fn(&ApiError) -> ErrorClass)
            .build()
            .unwrap(),
    }
}

fn counted<E>(call: impl FnOnce(&Cell<u32>) -> Result<(), E>) -> u32 {
    let calls = Cell::new(0);
    assert!(call(&calls).is_err());
    calls.get()
}

#[tokio::test]
async fn a_policy_changes_nothing_of_what_an_error_means() {
    for (status, expected) in [(404, 1), (503, 4), (429, 4), (401, 1)] {
        assert_eq!(counted(|calls| without(status, calls)), expected);
        assert_eq!(counted(|c| client().by_field(status, c)), expected);
        assert_eq!(counted(|calls| by_static(status, calls)), expected);
        let mut calls = 0;
        client().by_arc(status, &mut calls).await.unwrap_err();
        assert_eq!(calls, expected);
        let policy = builder().build().unwrap();
        let calls = Cell::new(0);
        let operation = || {
            calls.set(calls.get() + 1);
            Err::<(), _>(ApiError::Status(status))
        };
        retry_block!(policy = policy, || operation()).unwrap_err();
        assert_eq!(calls.get(), expected);
        calls.set(0);
        let call = retry_block!(<ApiError> policy = policy, async { Ok(operation()?) });
        call.await.unwrap_err();
        assert_eq!(calls.get(), expected);
    }
    assert_eq!(counted(anyhow_by_static), 4);
}

#[test]
fn a_classifier_of_the_policys_own_decides() {
    assert_eq!(counted(|calls| client().by_own_classifier(503, calls)), 1);
}

#[test]
fn a_breaker_of_a_policy_opens_on_errors_that_classify_themselves() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(4)
        .build()
        .unwrap();
    let client = Client {
        policy: builder().circuit_breaker(breaker).build().unwrap(),
        ..client()
    };
    let calls = Cell::new(0);
    for _ in 0..8 {
        client.by_field(503, &calls).unwrap_err();
    }
    let refused = client.by_field(503, &calls).unwrap_err();
    let ApiError::Interrupted(interrupt) = refused else {
        panic!("{refused}");
    };
    assert!(interrupt.is_circuit_open());
}

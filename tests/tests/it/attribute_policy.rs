//! `policy = ...` in attributes and blocks: a policy that was given no classifier takes errors for what
//! the attribute takes them for without it. A policy with a classifier goes by that.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use redress::classify::{Knows, PermanentError, StrictClassifier, TransientError};
use redress::config::{Format, Policies, PolicyHandle};
use redress::strategies::instant;
use redress::{
    BoxedClassifier, CircuitBreaker, CircuitState, Classification, Classify, DefaultClassifier,
    ErrorClass, Interrupt, Policy, PolicyBuilder, StopReason, retry, retry_block,
};

/// Says itself what it means.
#[derive(Debug, Classify)]
enum ApiError {
    #[classify(http_status = 0)]
    Status(u16),
    #[classify(source)]
    Interrupted(Interrupt),
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused")
    }
}

impl std::error::Error for ApiError {}

impl From<Interrupt> for ApiError {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

/// The same, and no `std::error::Error`.
#[derive(Debug)]
struct Plain(Option<u16>);

impl Classify for Plain {
    fn classify(&self) -> Classification {
        self.0.map_or(ErrorClass::Unknown.into(), |status| {
            redress::classify::http_status(status).into()
        })
    }
}

impl From<Interrupt> for Plain {
    fn from(_: Interrupt) -> Self {
        Self(None)
    }
}

/// Says nothing.
#[derive(Debug)]
struct Mute;

impl From<Interrupt> for Mute {
    fn from(_: Interrupt) -> Self {
        Self
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Holds an error of any type, as `anyhow::Error` does.
#[derive(Debug)]
struct Holding(AnyError);

impl AsRef<dyn std::error::Error + Send + Sync> for Holding {
    fn as_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl From<Interrupt> for Holding {
    fn from(interrupt: Interrupt) -> Self {
        Self(interrupt.into())
    }
}

const MISSING: u16 = 404;
const DOWN: u16 = 503;

fn builder() -> PolicyBuilder {
    Policy::builder().strategy(instant())
}

fn refuse(attempts: &mut u32, status: u16) -> Result<u32, ApiError> {
    *attempts += 1;
    Err(ApiError::Status(status))
}

/// A client with a policy in a field.
struct Client<P> {
    policy: P,
    attempts: u32,
}

impl<P> Client<P> {
    fn new(policy: P) -> Self {
        let attempts = 0;
        Self { policy, attempts }
    }
}

macro_rules! client {
    ($($policy:ty;)*) => {$(
        impl Client<$policy> {
            #[retry(policy = self.policy)]
            fn get(&mut self, status: u16) -> Result<u32, ApiError> {
                refuse(&mut self.attempts, status)
            }

            #[retry(policy = self.policy)]
            async fn get_async(&self, attempts: &mut u32, status: u16) -> Result<u32, ApiError> {
                tokio::task::yield_now().await;
                let refused = refuse(attempts, status)?;
                Ok(refused)
            }
        }
    )*};
}

client! {
    Policy;
    Arc<Policy>;
    &'static Policy;
    PolicyHandle;
    Policy<Knows<ApiError>>;
    Policy<StrictClassifier>;
    Policy<fn(&ApiError) -> ErrorClass>;
}

/// Counts the attempts of a method, sync and async, for a 404 and for a 503.
macro_rules! attempts {
    ($policy:expr) => {{
        let mut counts = [0; 4];
        let mut client = Client::new($policy);
        for (count, status) in counts.iter_mut().zip([MISSING, DOWN]) {
            client.attempts = 0;
            assert!(matches!(client.get(status), Err(ApiError::Status(last)) if last == status));
            *count = client.attempts;
        }
        for (count, status) in counts[2..].iter_mut().zip([MISSING, DOWN]) {
            let result = client.get_async(count, status).await;
            assert!(matches!(result, Err(ApiError::Status(last)) if last == status));
        }
        counts
    }};
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| builder().build().unwrap());

static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let text = "[policies.refused]\nstrategy = 'instant()'\n";
    Policies::from_str(Format::Toml, text).unwrap()
});

#[tokio::test]
async fn an_error_says_itself_what_it_means_whatever_holds_the_policy() {
    let policy = || builder().build().unwrap();
    assert_eq!(attempts!(policy()), [1, 6, 1, 6]);
    assert_eq!(attempts!(Arc::new(policy())), [1, 6, 1, 6]);
    assert_eq!(attempts!(&*POLICY), [1, 6, 1, 6]);
    assert_eq!(attempts!(POLICIES.get("refused").unwrap()), [1, 6, 1, 6]);
}

#[tokio::test]
async fn a_classifier_of_the_policy_decides() {
    let knows = builder().classifier(DefaultClassifier.knows::<ApiError>());
    assert_eq!(attempts!(knows.build().unwrap()), [1, 6, 1, 6]);

    let strict = builder().classifier(StrictClassifier);
    assert_eq!(attempts!(strict.build().unwrap()), [2, 2, 2, 2]);

    let reversed: fn(&ApiError) -> ErrorClass = |error| match error {
        ApiError::Status(MISSING) => ErrorClass::Transient,
        _ => ErrorClass::Permanent,
    };
    let reversed = builder().classifier(reversed).build().unwrap();
    assert_eq!(attempts!(reversed), [6, 1, 6, 1]);
}

#[retry(policy = *POLICY)]
fn by_static(attempts: &mut u32, status: u16) -> Result<u32, ApiError> {
    refuse(attempts, status)
}

#[retry(policy = POLICIES.get("refused"))]
fn by_file(attempts: &mut u32, status: u16) -> Result<u32, ApiError> {
    refuse(attempts, status)
}

#[retry(policy = POLICIES.get("refused"))]
async fn by_file_async(attempts: &mut u32, status: u16) -> Result<u32, ApiError> {
    refuse(attempts, status)
}

#[expect(clippy::manual_async_fn, reason = "the shape is what is tested")]
#[retry(policy = policy)]
fn future<'a>(
    policy: &'a Policy,
    attempts: &'a mut u32,
    status: u16,
) -> impl Future<Output = Result<u32, ApiError>> + 'a {
    let refused = refuse(attempts, status);
    async { refused }
}

#[retry(policy = policy)]
fn of_any_classifier<C: redress::Classifier<ApiError>>(
    policy: &Policy<C>,
    attempts: &mut u32,
    status: u16,
) -> Result<u32, ApiError> {
    refuse(attempts, status)
}

#[tokio::test]
async fn policies_of_statics_and_files_and_arguments_do_the_same() {
    for (status, expected) in [(MISSING, 1), (DOWN, 6)] {
        let mut counts = [0; 7];
        let [a, b, c, d, e, f, g] = &mut counts;
        by_static(a, status).unwrap_err();
        by_file(b, status).unwrap_err();
        by_file_async(c, status).await.unwrap_err();
        future(&POLICY, d, status).await.unwrap_err();
        retry_block!(policy = POLICY, || refuse(e, status)).unwrap_err();
        let block = retry_block!(<ApiError> policy = POLICIES.get("refused"), async {
            let value = refuse(f, status)?;
            Ok(value + 1)
        });
        block.await.unwrap_err();
        let own = builder().classifier(ApiError::classify).build().unwrap();
        of_any_classifier(&own, g, status).unwrap_err();
        assert_eq!(counts, [expected; 7]);
    }
}

/// Where the type of the policy is a parameter, nothing is known of its classifier but that it is one.
#[test]
fn a_generic_function_goes_by_the_classifier_of_the_policy() {
    let mut attempts = 0;
    of_any_classifier(&POLICY, &mut attempts, MISSING).unwrap_err();
    assert_eq!(attempts, 2);
}

#[retry(policy = policy)]
fn plain(policy: &Policy, attempts: &mut u32, status: u16) -> Result<u32, Plain> {
    *attempts += 1;
    Err(Plain(Some(status)))
}

#[retry(policy = policy)]
fn mute(policy: &Policy, attempts: &mut u32) -> Result<u32, Mute> {
    *attempts += 1;
    Err(Mute)
}

#[retry(policy = policy)]
fn boxed(policy: &Policy, attempts: &mut u32, permanent: bool) -> Result<u32, AnyError> {
    *attempts += 1;
    Err(marker(permanent))
}

#[retry(policy = policy)]
fn holding(policy: &Policy, attempts: &mut u32, permanent: bool) -> Result<u32, Holding> {
    *attempts += 1;
    Err(Holding(marker(permanent)))
}

fn marker(permanent: bool) -> AnyError {
    if permanent {
        PermanentError::new("no").into()
    } else {
        TransientError::new("not now").into()
    }
}

#[test]
fn errors_that_the_default_classifier_does_not_take_are_classified_too() {
    let attempts = |call: &dyn Fn(&mut u32)| {
        let mut attempts = 0;
        call(&mut attempts);
        attempts
    };
    let policy = &*POLICY;
    assert_eq!(attempts(&|n| drop(plain(policy, n, MISSING))), 1);
    assert_eq!(attempts(&|n| drop(plain(policy, n, DOWN))), 6);
    assert_eq!(attempts(&|n| drop(mute(policy, n))), 2);
    for (permanent, expected) in [(true, 1), (false, 6)] {
        assert_eq!(attempts(&|n| drop(boxed(policy, n, permanent))), expected);
        assert_eq!(attempts(&|n| drop(holding(policy, n, permanent))), expected);
    }
}

#[test]
fn the_breaker_of_the_policy_sees_what_the_error_means() {
    for (status, state) in [(MISSING, CircuitState::Closed), (DOWN, CircuitState::Open)] {
        let breaker = CircuitBreaker::new();
        let policy = builder().max_attempts(1).circuit_breaker(breaker.clone());
        let mut client = Client::new(policy.build().unwrap());
        for _ in 0..5 {
            client.get(status).unwrap_err();
        }
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn a_call_that_the_breaker_refuses_returns_the_interrupt() {
    let breaker = CircuitBreaker::new();
    let policy = builder().circuit_breaker(breaker.clone()).build().unwrap();
    let mut client = Client::new(policy);
    for _ in 0..5 {
        client.get(DOWN).unwrap_err();
    }
    let Err(ApiError::Interrupted(interrupt)) = client.get(DOWN) else {
        panic!("the breaker is open");
    };
    assert_eq!(interrupt.stop_reason(), StopReason::CircuitOpen);
}

static POLLED: AtomicU32 = AtomicU32::new(0);

/// The result classifier is the policy's, the meaning of an error is the error's.
#[test]
fn a_result_classifier_of_the_policy_stays() {
    let policy = builder()
        .result_classifier(|value: &u32| (*value == 0).then_some(ErrorClass::Transient))
        .build()
        .unwrap();
    let value = retry_block!(<ApiError> policy = policy, || {
        match POLLED.fetch_add(1, Relaxed) {
            0 | 1 => Ok(0),
            2 => Err(ApiError::Status(DOWN)),
            n => Ok(n),
        }
    });
    assert_eq!(value.unwrap(), 3);
    let mut attempts = 0;
    retry_block!(policy = policy, || refuse(&mut attempts, MISSING)).unwrap_err();
    assert_eq!(attempts, 1);
}

/// A classifier of the policy's own says what it takes, so that `?` may leave it to what follows.
#[tokio::test]
async fn a_block_may_leave_its_error_open_beside_a_classifier_of_the_policy() {
    let policy: Policy<BoxedClassifier<ApiError>> = builder()
        .classifier(ApiError::classify)
        .build()
        .unwrap()
        .boxed();
    let (mut sync, mut future) = (0, 0);
    let refused: Result<u32, ApiError> = retry_block!(policy = policy, || {
        let value = refuse(&mut sync, DOWN)?;
        Ok(value + 1)
    });
    refused.unwrap_err();
    let refused: Result<u32, ApiError> = retry_block!(policy = policy, async {
        let value = refuse(&mut future, DOWN)?;
        Ok(value + 1)
    })
    .await;
    refused.unwrap_err();
    assert_eq!((sync, future), (6, 6));
}

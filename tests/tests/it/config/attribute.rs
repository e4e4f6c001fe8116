//! `policy = POLICIES.get("name")` in attributes and blocks.

use std::sync::{Arc, LazyLock};

use redress::config::{Format, UnknownPolicy};
use redress::{
    Classify, ErrorClass, Interrupt, Policies, Policy, PolicyHandle, StopReason, retry,
    retry_block, strategies,
};

static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let text = "[policies.payments]\nstrategy = 'instant()'\nmax_attempts = 3\nmax_unknown_attempts = 'none'\n";
    Policies::from_str(Format::Toml, text).unwrap()
});

#[derive(Debug)]
enum Failed {
    Down,
    Interrupted(Interrupt),
}

impl From<Interrupt> for Failed {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failed {}

#[retry(policy = POLICIES.get("payments"))]
fn charge(attempts: &mut u32) -> Result<u32, Failed> {
    *attempts += 1;
    Err(Failed::Down)
}

#[retry(policy = POLICIES.get("payments"))]
async fn charge_async(attempts: &mut u32) -> Result<u32, Failed> {
    *attempts += 1;
    tokio::task::yield_now().await;
    Err(Failed::Down)
}

#[retry(policy = POLICIES.get("paymets"))]
fn misspelt(attempts: &mut u32) -> Result<u32, Failed> {
    *attempts += 1;
    Ok(1)
}

#[retry(policy = POLICIES.get("paymets"))]
async fn misspelt_async(attempts: &mut u32) -> Result<u32, Failed> {
    *attempts += 1;
    Ok(1)
}

fn assert_unknown(result: Result<u32, Failed>) {
    let Err(Failed::Interrupted(interrupt)) = result else {
        panic!("{result:?}");
    };
    assert_eq!(interrupt.stop_reason(), StopReason::NoPolicy);
    assert_eq!(interrupt.attempts(), 0);
    assert_eq!(interrupt.unknown_policy().unwrap().name(), "paymets");
    assert_eq!(interrupt.classify().class(), ErrorClass::Permanent);
    assert_eq!(
        interrupt.to_string(),
        "stopped before the first attempt: NO_POLICY: there is no policy named \"paymets\", only `payments`"
    );
}

#[test]
fn a_function_names_a_policy_of_a_file() {
    let mut attempts = 0;
    assert!(matches!(charge(&mut attempts), Err(Failed::Down)));
    assert_eq!(attempts, 3);
}

#[tokio::test]
async fn so_does_an_async_one() {
    let mut attempts = 0;
    assert!(matches!(
        charge_async(&mut attempts).await,
        Err(Failed::Down)
    ));
    assert_eq!(attempts, 3);
}

#[tokio::test]
async fn a_name_that_is_not_there_ends_the_call_before_it_starts() {
    let mut attempts = 0;
    assert_unknown(misspelt(&mut attempts));
    assert_unknown(misspelt_async(&mut attempts).await);
    assert_unknown(retry_block!(policy = POLICIES.get("paymets"), || {
        attempts += 1;
        Ok::<u32, Failed>(1)
    }));
    assert_eq!(attempts, 0);
}

/// A client that borrows itself mutably, and holds its policy in different ways.
struct Client<P> {
    policy: P,
    attempts: u32,
}

macro_rules! client {
    ($($type:ty),*) => {$(
        impl Client<$type> {
            #[retry(policy = self.policy)]
            fn lend(&mut self) -> Result<(), Failed> {
                self.attempts += 1;
                Err(Failed::Down)
            }

            #[retry(policy = self.policy)]
            async fn lend_async(&mut self) -> Result<(), Failed> {
                self.attempts += 1;
                Err(Failed::Down)
            }

            #[retry(policy = self.policy)]
            fn borrow(&self, attempts: &mut u32) -> Result<(), Failed> {
                *attempts += 1;
                Err(Failed::Down)
            }
        }
    )*};
}

client!(
    Policy,
    PolicyHandle,
    Result<PolicyHandle, UnknownPolicy>,
    Arc<Policy>,
    Box<PolicyHandle>,
    LazyLock<Policy>,
    &'static Policy
);

macro_rules! attempts_of {
    ($policy:expr) => {{
        let (mut client, mut attempts) = (
            Client {
                policy: $policy,
                attempts: 0,
            },
            0,
        );
        assert!(client.borrow(&mut attempts).is_err());
        assert!(client.lend().is_err());
        assert!(client.lend_async().await.is_err());
        attempts + client.attempts
    }};
}

#[tokio::test]
async fn a_policy_may_be_held_in_any_way() {
    fn policy() -> Policy {
        let builder = Policy::builder().strategy(strategies::instant());
        builder
            .max_attempts(3)
            .unlimited_unknown_attempts()
            .build()
            .unwrap()
    }
    static STATIC: LazyLock<Policy> = LazyLock::new(policy);
    let handle = || POLICIES.get("payments").unwrap();
    assert_eq!(attempts_of!(policy()), 9);
    assert_eq!(attempts_of!(handle()), 9);
    assert_eq!(attempts_of!(POLICIES.get("payments")), 9);
    assert_eq!(attempts_of!(Arc::new(policy())), 9);
    assert_eq!(attempts_of!(Box::new(handle())), 9);
    assert_eq!(attempts_of!(LazyLock::<Policy>::new(policy)), 9);
    assert_eq!(attempts_of!(&*STATIC), 9);
}

#[test]
fn a_handle_has_a_classifier_of_its_own() {
    let payments = POLICIES.get("payments").unwrap();
    let strict = payments
        .clone()
        .classifier(|_: &std::io::Error| ErrorClass::Permanent);
    assert_eq!(payments.execute(super::failing).attempts, 3);
    assert_eq!(strict.execute(super::failing).attempts, 1);
    let polled = payments.result_classifier(|n: &u32| (*n < 5).then_some(ErrorClass::Transient));
    let outcome = polled.execute(|| Ok::<_, std::io::Error>(4_u32));
    assert_eq!((outcome.attempts, outcome.last_result), (3, Some(4)));
}

#[test]
fn the_missing_policy_is_named_in_an_io_error_too() {
    let unknown = POLICIES.get("paymets").unwrap_err();
    let error = std::io::Error::from(Interrupt::from(unknown));
    assert!(error.to_string().contains("\"paymets\""), "{error}");
}

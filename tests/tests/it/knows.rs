//! `knows(...)`: the default classifier of `#[retry]` and `retry_block!`, with the user's own
//! types.

use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::{fmt, io};

use redress::{
    Classification, Classify, DefaultClassifier, ErrorClass, Policy, retry, retry_block,
};

/// A wrapper, as for an error of another crate.
#[derive(Debug)]
struct ApiError(ErrorClass);

/// Holds another error as its source.
#[derive(Debug)]
struct DbError {
    class: ErrorClass,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Does not classify itself.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the interface failed")
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database failed")
    }
}

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request failed")
    }
}

impl Error for ApiError {}

impl Error for DbError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl Classify for ApiError {
    fn classify(&self) -> Classification {
        self.0.into()
    }
}

impl Classify for DbError {
    fn classify(&self) -> Classification {
        self.class.into()
    }
}

fn api(class: ErrorClass) -> Box<dyn Error + Send + Sync> {
    ApiError(class).into()
}

fn db(class: ErrorClass) -> Box<dyn Error + Send + Sync> {
    DbError {
        class,
        source: None,
    }
    .into()
}

/// Defines a function that fails with an error made by its argument, and counts its attempts: 1 for
/// a class that ends the call, 2 for UNKNOWN, 4 for any other class.
macro_rules! retried {
    ($name:ident($($argument:tt)*) -> $error:ty) => {
        #[retry(strategy = instant(), max_attempts = 4, $($argument)*)]
        fn $name(attempts: &mut u32, fail: &dyn Fn() -> $error) -> Result<(), $error> {
            *attempts += 1;
            Err(fail())
        }
    };
}

fn attempts<E: fmt::Debug>(
    call: fn(&mut u32, &dyn Fn() -> E) -> Result<(), E>,
    fail: impl Fn() -> E,
) -> u32 {
    let mut attempts = 0;
    call(&mut attempts, &fail).unwrap_err();
    attempts
}

retried!(without() -> Wrapped);
retried!(with_one(knows(ApiError)) -> Wrapped);
retried!(with_both(knows(ApiError, DbError)) -> Wrapped);

#[test]
fn an_error_inside_of_another_decides_if_its_type_is_listed() {
    for (class, expected) in [
        (ErrorClass::Permanent, 1),
        (ErrorClass::Unknown, 2),
        (ErrorClass::Transient, 4),
    ] {
        assert_eq!(attempts(without, || Wrapped(api(class))), 2, "{class:?}");
        assert_eq!(
            attempts(with_one, || Wrapped(api(class))),
            expected,
            "{class:?}"
        );
        assert_eq!(attempts(with_one, || Wrapped(db(class))), 2, "{class:?}");
        assert_eq!(
            attempts(with_both, || Wrapped(api(class))),
            expected,
            "{class:?}"
        );
        assert_eq!(
            attempts(with_both, || Wrapped(db(class))),
            expected,
            "{class:?}"
        );
    }
}

#[test]
fn the_outermost_of_the_listed_types_decides_whatever_their_order() {
    retried!(other_order(knows(DbError, ApiError)) -> Wrapped);
    let fail = || {
        Wrapped(
            DbError {
                class: ErrorClass::Permanent,
                source: Some(api(ErrorClass::Transient)),
            }
            .into(),
        )
    };
    assert_eq!(attempts(with_both, fail), 1);
    assert_eq!(attempts(other_order, fail), 1);
    // If the outer type is not listed, the inner one decides.
    assert_eq!(attempts(with_one, fail), 4);
}

#[test]
fn an_error_without_a_listed_type_goes_by_the_rules_of_the_default_classifier() {
    let reset = || Wrapped(io::Error::from(io::ErrorKind::ConnectionReset).into());
    let missing = || Wrapped(io::Error::from(io::ErrorKind::NotFound).into());
    assert_eq!(attempts(with_both, reset), attempts(without, reset));
    assert_eq!(attempts(with_both, missing), attempts(without, missing));
    assert_eq!(
        (attempts(without, reset), attempts(without, missing)),
        (4, 1)
    );
}

#[test]
fn boxed_errors_are_looked_into() {
    retried!(of_any(knows(ApiError)) -> Box<dyn Error>);
    retried!(of_send(knows(ApiError)) -> Box<dyn Error + Send>);
    retried!(of_send_and_sync(knows(ApiError)) -> Box<dyn Error + Send + Sync>);
    retried!(of_shared(knows(ApiError)) -> Arc<dyn Error + Send + Sync>);
    retried!(of_counted(knows(ApiError)) -> Rc<dyn Error>);
    retried!(of_io(knows(ApiError)) -> io::Error);
    for (class, expected) in [(ErrorClass::Permanent, 1), (ErrorClass::Transient, 4)] {
        assert_eq!(attempts(of_any, || api(class)), expected, "{class:?}");
        assert_eq!(
            attempts(of_send, || Box::new(ApiError(class))),
            expected,
            "{class:?}"
        );
        assert_eq!(
            attempts(of_send_and_sync, || api(class)),
            expected,
            "{class:?}"
        );
        assert_eq!(
            attempts(of_shared, || Arc::new(ApiError(class))),
            expected,
            "{class:?}"
        );
        assert_eq!(
            attempts(of_counted, || Rc::new(ApiError(class))),
            expected,
            "{class:?}"
        );
        assert_eq!(
            attempts(of_io, || io::Error::other(api(class))),
            expected,
            "{class:?}"
        );
    }
}

#[test]
fn an_error_that_classifies_itself_is_asked_first() {
    retried!(of_db(knows(ApiError)) -> DbError);
    let fail = || DbError {
        class: ErrorClass::Permanent,
        source: Some(api(ErrorClass::Transient)),
    };
    assert_eq!(attempts(of_db, fail), 1);
}

#[test]
fn values_may_be_failures_beside() {
    #[retry(
        strategy = instant(),
        max_attempts = 4,
        knows(ApiError),
        result_classifier = |n: &u32| (*n < 3).then_some(ErrorClass::Transient)
    )]
    fn call(n: &mut u32) -> Result<u32, Wrapped> {
        *n += 1;
        if *n == 2 {
            return Err(Wrapped(api(ErrorClass::RateLimit)));
        }
        Ok(*n)
    }
    assert_eq!(call(&mut 0).unwrap(), 3);
}

#[test]
fn a_generic_type_may_be_listed() {
    #[retry(strategy = instant(), max_attempts = 4, knows(E))]
    fn call<E: Classify + Error + 'static>(attempts: &mut u32) -> Result<(), Wrapped> {
        *attempts += 1;
        Err(Wrapped(api(ErrorClass::Permanent)))
    }
    let (mut with_it, mut without_it) = (0, 0);
    call::<ApiError>(&mut with_it).unwrap_err();
    call::<DbError>(&mut without_it).unwrap_err();
    assert_eq!((with_it, without_it), (1, 2));
}

#[tokio::test]
async fn async_functions_and_their_timeouts_and_blocks_know_the_types_too() {
    #[retry(strategy = instant(), max_attempts = 4, knows(ApiError))]
    async fn plain(attempts: &mut u32) -> Result<(), Wrapped> {
        *attempts += 1;
        Err(Wrapped(api(ErrorClass::Transient)))
    }
    #[retry(strategy = instant(), max_attempts = 4, attempt_timeout = 5s, knows(ApiError))]
    async fn limited(attempts: &mut u32) -> Result<(), Box<dyn Error + Send + Sync>> {
        *attempts += 1;
        Err(api(ErrorClass::Permanent))
    }
    let mut counts = [0; 4];
    plain(&mut counts[0]).await.unwrap_err();
    limited(&mut counts[1]).await.unwrap_err();
    retry_block!(<(), Wrapped> strategy = instant(), knows(ApiError), max_attempts = 4, async {
        counts[2] += 1;
        Err(Wrapped(api(ErrorClass::Transient)))
    })
    .await
    .unwrap_err();
    retry_block!(
        strategy = instant(),
        knows(ApiError, DbError),
        max_attempts = 4,
        || {
            counts[3] += 1;
            Err::<(), _>(Wrapped(db(ErrorClass::Permanent)))
        }
    )
    .unwrap_err();
    assert_eq!(counts, [4, 1, 4, 1]);
}

#[test]
fn a_policy_brings_its_own_as_the_message_says() {
    let policy = Policy::builder()
        .strategy(redress::strategies::instant())
        .max_attempts(4)
        .classifier(DefaultClassifier.knows::<ApiError>().knows::<DbError>())
        .build()
        .unwrap();
    #[retry(policy = policy)]
    fn call(
        policy: &Policy<impl redress::Classifier<Failure>>,
        n: &mut u32,
    ) -> Result<(), Failure> {
        *n += 1;
        Err(Failure(Some(DbError {
            class: ErrorClass::Transient,
            source: None,
        })))
    }
    let mut attempts = 0;
    call(&policy, &mut attempts).unwrap_err();
    assert_eq!(attempts, 4);
}

#[derive(Debug)]
struct Failure(Option<DbError>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the call failed")
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .as_ref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

impl From<redress::Interrupt> for Failure {
    fn from(_: redress::Interrupt) -> Self {
        Self(None)
    }
}

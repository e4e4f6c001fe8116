use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::classify::{classify_dyn, classify_dyn_strict};

type Boxed = Box<dyn Error + Send + Sync>;

/// A wrapper whose name says nothing.
#[derive(Debug)]
struct Wrapped(Boxed);

/// An enum whose name and variants say something.
#[derive(Debug)]
enum ConnectionError {
    InvalidCredentials,
    Other,
    Behind(Wrapped),
}

macro_rules! error {
    ($Type:ty, $error:ident => $source:expr) => {
        impl fmt::Display for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Messages are never read: these would mislead.
                f.write_str("timeout: too many requests, unauthorized")
            }
        }

        impl Error for $Type {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                let $error = self;
                $source
            }
        }
    };
}

error!(Wrapped, error => Some(&*error.0));
error!(ConnectionError, error => match error {
    Self::Behind(inner) => Some(inner),
    Self::InvalidCredentials | Self::Other => None,
});

fn wrap(error: impl Into<Boxed>) -> Wrapped {
    Wrapped(error.into())
}

fn class<E: Error + 'static>(error: &E) -> ErrorClass {
    DefaultClassifier.classify(error).class()
}

fn strict<E: Error + 'static>(error: &E) -> ErrorClass {
    StrictClassifier.classify(error).class()
}

#[test]
fn an_abort_is_found_however_deep_and_beats_everything() {
    let deep = wrap(io::Error::new(
        ErrorKind::NotFound,
        wrap(io::Error::other(AbortRetry)),
    ));
    let error = PermanentError::new("outside").with_source(deep);
    assert!(DefaultClassifier.classify(&error).is_abort());
    assert!(StrictClassifier.classify(&error).is_abort());
    assert!(
        DefaultClassifier
            .classify(&io::Error::other(AbortRetry))
            .is_abort()
    );
    assert!(DefaultClassifier.classify(&AbortRetry).is_abort());
}

#[test]
fn a_marker_inside_beats_an_io_kind_outside() {
    let busy = RateLimitError::new("busy").retry_after(Duration::from_secs(3));
    let error = io::Error::new(ErrorKind::ConnectionReset, wrap(busy));
    let found = StrictClassifier.classify(&error);
    assert_eq!(found.class(), ErrorClass::RateLimit);
    assert_eq!(found.retry_after_hint(), Some(Duration::from_secs(3)));
}

#[test]
fn of_two_markers_the_outer_one_counts() {
    let error = ServerError::new("outer").with_source(PermanentError::new("inner"));
    assert_eq!(strict(&error), ErrorClass::ServerError);
}

#[test]
fn io_kinds_are_found_through_wrappers_and_other() {
    for kind in [
        ErrorKind::TimedOut,
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
    ] {
        let expected = io_error_kind(kind);
        assert_eq!(strict(&io::Error::from(kind)), expected);
        assert_eq!(strict(&wrap(io::Error::from(kind))), expected);
        assert_eq!(
            strict(&io::Error::other(wrap(io::Error::from(kind)))),
            expected
        );
        assert_eq!(strict(&Arc::new(io::Error::from(kind))), expected);
        assert_eq!(strict(&wrap(Arc::new(io::Error::from(kind)))), expected);
        assert_eq!(strict(&Box::new(io::Error::from(kind))), expected);
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(io::Error::from(kind));
        assert_eq!(strict(&shared), expected);
        assert_eq!(strict(&wrap(shared)), expected);
        let shared: Arc<dyn Error + Send> = Arc::new(io::Error::from(kind));
        assert_eq!(strict(&shared), expected);
        let shared: Arc<dyn Error> = Arc::new(io::Error::from(kind));
        assert_eq!(strict(&shared), expected);
    }
    assert_eq!(class(&io::Error::other("timeout")), ErrorClass::Unknown);
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn timeouts_of_tokio_are_transient() {
    let elapsed = tokio::time::timeout(Duration::ZERO, std::future::pending::<()>());
    let elapsed = elapsed.await.unwrap_err();
    assert_eq!(strict(&wrap(elapsed)), ErrorClass::Transient);
}

#[test]
fn the_variant_beats_the_type_and_so_does_what_is_behind_it() {
    assert_eq!(
        class(&ConnectionError::InvalidCredentials),
        ErrorClass::Auth
    );
    assert_eq!(class(&ConnectionError::Other), ErrorClass::Transient);
    let behind = ConnectionError::Behind(wrap("x".parse::<i32>().unwrap_err()));
    assert_eq!(class(&behind), ErrorClass::Permanent);
    assert_eq!(
        strict(&ConnectionError::InvalidCredentials),
        ErrorClass::Unknown
    );
}

#[test]
fn errors_of_the_standard_library_have_the_documented_class() {
    assert_eq!(
        class(&"x".parse::<i32>().unwrap_err()),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&"x".parse::<f64>().unwrap_err()),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&"x".parse::<std::net::IpAddr>().unwrap_err()),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&String::from_utf8(vec![255]).unwrap_err()),
        ErrorClass::Permanent
    );
    assert_eq!(
        class(&u8::try_from(256).unwrap_err()),
        ErrorClass::Permanent
    );
    assert_eq!(class(&fmt::Error), ErrorClass::Unknown);
}

#[test]
fn messages_are_never_read() {
    let text: Boxed = "Timeout".into();
    assert_eq!(classify_dyn(&*text).class(), ErrorClass::Unknown);
    assert_eq!(class(&wrap("Unauthorized")), ErrorClass::Unknown);
}

#[test]
fn errors_of_unknown_type_are_classified_alike() {
    let error = ConnectionError::InvalidCredentials;
    assert_eq!(classify_dyn(&error), DefaultClassifier.classify(&error));
    assert_eq!(
        classify_dyn_strict(&error),
        StrictClassifier.classify(&error)
    );
}

#[test]
fn a_chain_that_leads_back_to_itself_ends() {
    #[derive(Debug)]
    struct Ring;
    error!(Ring, error => Some(error));
    assert_eq!(class(&Ring), ErrorClass::Unknown);
}

#[test]
fn an_error_that_panics_when_it_is_looked_at_is_unknown() {
    struct Broken;
    error!(Broken, _error => panic!("no source"));
    impl fmt::Debug for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no name");
        }
    }
    assert_eq!(class(&Broken), ErrorClass::Unknown);
    assert_eq!(class(&wrap(Broken)), ErrorClass::Unknown);
}

#[test]
fn a_breaker_that_refuses_says_when_to_ask_again() {
    let breaker = crate::breaker::CircuitBreaker::new();
    breaker.force_open();
    let rejected = io::Error::other(breaker.try_acquire().unwrap_err());
    let classification = DefaultClassifier.classify(&rejected);
    assert_eq!(classification.class(), ErrorClass::Transient);
    assert!(classification.retry_after_hint().is_some());
}

#[test]
fn an_inner_call_that_was_aborted_aborts_the_outer_one() {
    let policy = crate::policy::Policy::new();
    let interrupted = || {
        let mut run = crate::drive::Run::begin(&policy, Shutdown)?;
        drop(run.redress_after(Ok::<_, io::Error>(()), crate::drive::Verdict::succeeded()));
        Ok::<_, io::Error>(())
    };
    assert!(
        DefaultClassifier
            .classify(&interrupted().unwrap_err())
            .is_abort()
    );
}

struct Shutdown;

impl crate::drive::Hooks for Shutdown {
    fn abort(&self) -> bool {
        true
    }
}

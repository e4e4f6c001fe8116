use std::any::type_name;
use std::error::Error;
use std::io;
use std::sync::mpsc::RecvTimeoutError;

use super::chain::{chain, find};
use super::debug_name::DebugName;
use super::names::{classify_name, classify_type_name};
use super::{
    AbortRetry, Classification, Classifier, Classify, ConcurrencyError, ErrorClass, PermanentError,
    RateLimitError, ServerError, io_error_kind,
};
use crate::{Interrupt, Rejected};

/// Classifies any [`std::error::Error`] by what it is, what is behind it, and what it is called.
///
/// It looks at the error, at its [`source`](Error::source), at the source of that, and so on for
/// up to 64 links, and into custom [`io::Error`]s. The first rule that applies wins:
///
/// 1. An [`AbortRetry`] anywhere ends the call, and so does an [`Interrupt`] of an inner call that
///    was aborted.
/// 2. The outermost [`PermanentError`], [`RateLimitError`] (with its hint), [`ConcurrencyError`],
///    [`ServerError`], [`Interrupt`] or [`Rejected`]: somebody said what the failure means, so it
///    counts more than what wraps it.
/// 3. The outermost timeout ([`RecvTimeoutError::Timeout`], and `Elapsed` of tokio with the feature
///    `tokio`) or [`io::Error`] with a kind that [`io_error_kind`] knows.
/// 4. The outermost name that suggests a class: of the struct or enum variant, as the derived
///    `Debug` prints it (`Timeout`, `RateLimited`, `NotFound`).
/// 5. The name of the error's type (`ConnectionError`), last because for an enum it only says where
///    something happened, not what.
/// 6. UNKNOWN.
///
/// Names are compared by whole words: `InvalidToken` is `Invalid`, `Parser` is not `Parse`. So the
/// errors of the standard library's parsers and UTF-8 decoders are PERMANENT, while
/// [`std::fmt::Error`] is UNKNOWN. Messages are never read: they are written for people, change
/// without notice, and may hold what a stranger typed. [`StrictClassifier`] leaves the names out.
///
/// Errors that are not [`std::error::Error`] themselves but lead to one (`anyhow::Error`,
/// `Box<dyn Error>`) go through [`classify_dyn`](super::classify_dyn).
///
/// ```
/// use redress::{Classifier, DefaultClassifier, ErrorClass};
///
/// #[derive(Debug)]
/// enum ApiError { RateLimited, Other }
/// # impl std::fmt::Display for ApiError {
/// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
/// # }
/// impl std::error::Error for ApiError {}
///
/// let class = |error| DefaultClassifier.classify(&error).class();
/// assert_eq!(class(ApiError::RateLimited), ErrorClass::RateLimit);
/// assert_eq!(class(ApiError::Other), ErrorClass::Unknown);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DefaultClassifier;

// So that the message of `Classifier` is shown, which says what to do.
#[diagnostic::do_not_recommend]
impl<E: Error + 'static> Classifier<E> for DefaultClassifier {
    fn classify(&self, error: &E) -> Classification {
        by_facts(error)
            .or_else(|| by_names(error))
            .or_else(|| classify_type_name(type_name::<E>()).map(Into::into))
            .unwrap_or(UNKNOWN)
    }
}

/// Classifies any [`std::error::Error`] by what it is and what is behind it, never by its name.
///
/// These are the rules of [`DefaultClassifier`] without the fourth and the fifth: what they do not
/// know is UNKNOWN.
///
/// ```
/// use std::io;
/// use redress::{Classifier, DefaultClassifier, ErrorClass, StrictClassifier};
///
/// let reset = io::Error::from(io::ErrorKind::ConnectionReset);
/// assert_eq!(StrictClassifier.classify(&reset).class(), ErrorClass::Transient);
///
/// let not_a_number = "x".parse::<i32>().unwrap_err(); // ParseIntError
/// assert_eq!(DefaultClassifier.classify(&not_a_number).class(), ErrorClass::Permanent);
/// assert_eq!(StrictClassifier.classify(&not_a_number).class(), ErrorClass::Unknown);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StrictClassifier;

impl<E: Error + 'static> Classifier<E> for StrictClassifier {
    fn classify(&self, error: &E) -> Classification {
        classify_dyn_strict(error)
    }
}

/// Classifies an error whose type is not known, by the rules of [`DefaultClassifier`].
///
/// Only the rule about the type's name is lost. This is the way for `anyhow::Error` and
/// `Box<dyn Error + Send + Sync>`.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::classify_dyn;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = "x".parse::<i32>().unwrap_err().into();
/// assert_eq!(classify_dyn(&*error).class(), ErrorClass::Permanent);
/// ```
#[must_use]
pub fn classify_dyn(error: &(dyn Error + 'static)) -> Classification {
    by_facts(error)
        .or_else(|| by_names(error))
        .unwrap_or(UNKNOWN)
}

/// Classifies an error whose type is not known, by the rules of [`StrictClassifier`].
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::classify_dyn_strict;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = "x".parse::<i32>().unwrap_err().into();
/// assert_eq!(classify_dyn_strict(&*error).class(), ErrorClass::Unknown);
/// ```
#[must_use]
pub fn classify_dyn_strict(error: &(dyn Error + 'static)) -> Classification {
    by_facts(error).unwrap_or(UNKNOWN)
}

const UNKNOWN: Classification = Classification::new(ErrorClass::Unknown);

/// Rules 1 to 3.
fn by_facts(error: &(dyn Error + 'static)) -> Option<Classification> {
    let aborts =
        |link| find::<AbortRetry>(link).is_some() || find(link).is_some_and(Interrupt::is_aborted);
    if chain(error).any(aborts) {
        return Some(Classification::abort());
    }
    chain(error)
        .find_map(marker)
        .or_else(|| chain(error).find_map(timeout_or_io).map(Into::into))
}

fn marker(link: &(dyn Error + 'static)) -> Option<Classification> {
    fn of<E: Classify + Error + 'static>(link: &(dyn Error + 'static)) -> Option<Classification> {
        find::<E>(link).map(Classify::classify)
    }
    of::<PermanentError>(link)
        .or_else(|| of::<RateLimitError>(link))
        .or_else(|| of::<ConcurrencyError>(link))
        .or_else(|| of::<ServerError>(link))
        .or_else(|| of::<Interrupt>(link))
        .or_else(|| of::<Rejected>(link))
}

fn timeout_or_io(link: &(dyn Error + 'static)) -> Option<ErrorClass> {
    if is_timeout(link) {
        return Some(ErrorClass::Transient);
    }
    let class = io_error_kind(find::<io::Error>(link)?.kind());
    (class != ErrorClass::Unknown).then_some(class)
}

fn is_timeout(link: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "tokio")]
    if find::<tokio::time::error::Elapsed>(link).is_some() {
        return true;
    }
    // Its other variant, `Disconnected`, is no timeout: nobody will ever send.
    find(link) == Some(&RecvTimeoutError::Timeout)
}

/// Rule 4.
fn by_names(error: &(dyn Error + 'static)) -> Option<Classification> {
    chain(error)
        .find_map(|link| classify_name(DebugName::of(link).as_str()?))
        .map(Into::into)
}

#[cfg(test)]
#[path = "default_tests.rs"]
mod tests;

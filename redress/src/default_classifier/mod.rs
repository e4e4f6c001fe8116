//! The rules of [`DefaultClassifier`], [`StrictClassifier`] and
//! [`Knows`](crate::classify::Knows), which stand above everything that they recognise: errors of
//! this crate, and those of integrations.

mod chain;
mod channels;
mod debug_name;
mod known;
mod names;

use std::any::type_name;
use std::error::Error;
use std::io;

use chain::chain;
use debug_name::DebugName;
use known::KnownTypes;
use names::{classify_name, classify_type_name};

use crate::breaker::Rejected;
use crate::classify::{
    AbortRetry, AuthError, Classification, Classifier, ConcurrencyError, DefaultClassifier,
    ErrorClass, Knows, PermanentError, PermissionError, RateLimitError, ServerError,
    StrictClassifier, TransientError, find, io_error_kind, says_itself,
};
use crate::contrib;
use crate::error::Interrupt;

/// Classifies by all the rules.
fn by_all<K: KnownTypes>(error: &(dyn Error + 'static)) -> Option<Classification> {
    by_facts::<K>(error).or_else(|| by_names(error))
}

/// Classifies by all the rules, the type's name included.
fn of_type<E: Error + 'static, K: KnownTypes>(error: &E) -> Classification {
    let path = type_name::<E>();
    by_facts::<K>(error)
        .or_else(|| channels::by_path(path, error).map(Into::into))
        .or_else(|| by_names(error))
        .or_else(|| classify_type_name(path).map(Into::into))
        .unwrap_or(UNKNOWN)
}

// So that the message of `Classifier` is shown, which says what to do.
#[diagnostic::do_not_recommend]
impl<E: Error + 'static> Classifier<E> for DefaultClassifier {
    fn classify(&self, error: &E) -> Classification {
        of_type::<E, DefaultClassifier>(error)
    }
}

impl<E: Error + 'static> Classifier<E> for StrictClassifier {
    fn classify(&self, error: &E) -> Classification {
        by_facts::<DefaultClassifier>(error).unwrap_or(UNKNOWN)
    }
}

/// Implements the classifiers for errors whose type is not known.
macro_rules! classifies_dyn {
    ($($dyn:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Classifier<$dyn> for DefaultClassifier {
            fn classify(&self, error: &$dyn) -> Classification {
                by_all::<DefaultClassifier>(error).unwrap_or(UNKNOWN)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Classifier<$dyn> for StrictClassifier {
            fn classify(&self, error: &$dyn) -> Classification {
                by_facts::<DefaultClassifier>(error).unwrap_or(UNKNOWN)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T, N> Classifier<$dyn> for Knows<T, N>
        where
            Self: KnownTypes,
        {
            fn classify(&self, error: &$dyn) -> Classification {
                by_all::<Self>(error).unwrap_or(UNKNOWN)
            }
        }
    )*};
}

classifies_dyn! {
    dyn Error + 'static
    dyn Error + Send + 'static
    dyn Error + Send + Sync + 'static
}

const UNKNOWN: Classification = Classification::new(ErrorClass::Unknown);

/// Rules 1 to 3, with `K` among the types that say themselves what they mean, in one walk along the chain.
fn by_facts<K: KnownTypes>(error: &(dyn Error + 'static)) -> Option<Classification> {
    let (mut said, mut known) = (None, None);
    for link in chain(error) {
        if find::<AbortRetry>(link).is_some() || find(link).is_some_and(Interrupt::is_aborted) {
            return Some(Classification::abort());
        }
        // The outermost decides, and only an abort further in could say otherwise.
        if said.is_none() {
            said = marker(link).or_else(|| K::classify_link(link));
            if said.is_none() && known.is_none() {
                known = recognised(link);
            }
        }
    }
    said.or(known)
}

fn marker(link: &(dyn Error + 'static)) -> Option<Classification> {
    says_itself::<PermanentError>(link)
        .or_else(|| says_itself::<RateLimitError>(link))
        .or_else(|| says_itself::<ConcurrencyError>(link))
        .or_else(|| says_itself::<ServerError>(link))
        .or_else(|| says_itself::<TransientError>(link))
        .or_else(|| says_itself::<AuthError>(link))
        .or_else(|| says_itself::<PermissionError>(link))
        .or_else(|| says_itself::<Interrupt>(link))
        .or_else(|| says_itself::<Rejected>(link))
}

/// Rule 3: errors of other crates and of the standard library.
fn recognised(link: &(dyn Error + 'static)) -> Option<Classification> {
    contrib::classify_link(link).or_else(|| of_the_system(link).map(Into::into))
}

fn of_the_system(link: &(dyn Error + 'static)) -> Option<ErrorClass> {
    #[cfg(feature = "tokio")]
    if find::<tokio::time::error::Elapsed>(link).is_some() {
        return Some(ErrorClass::Transient);
    }
    if let Some(error) = find::<io::Error>(link) {
        let class = io_error_kind(error.kind());
        return (class != ErrorClass::Unknown).then_some(class);
    }
    channels::of_std(link)
}

/// Rule 4.
fn by_names(error: &(dyn Error + 'static)) -> Option<Classification> {
    chain(error)
        .find_map(|link| {
            let name = DebugName::of(link);
            channels::by_output(name.output()).or_else(|| classify_name(name.as_str()?))
        })
        .map(Into::into)
}

#[cfg(test)]
mod tests;

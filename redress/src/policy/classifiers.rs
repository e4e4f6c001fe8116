//! What a policy asks about errors and values.

use std::ops::Deref;
use std::sync::Arc;

#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
use super::Policy;
#[cfg(any(feature = "config", feature = "tonic-0_14"))]
use crate::classify::AnyValue;
#[cfg(feature = "config")]
use crate::classify::DefaultClassifier;
#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
use crate::classify::{Classification, Classifier, ResultClassifier};

pub(crate) struct Classifiers<C, R> {
    pub(super) errors: C,
    pub(super) values: R,
    /// At least one of them was given, and is not the default.
    pub(super) given: bool,
}

/// The result classifier of classifiers that are shared.
pub(super) struct Values<C, R>(pub(super) Arc<Classifiers<C, R>>);

impl<C, R> Deref for Values<C, R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0.values
    }
}

/// The classifier of errors of classifiers that are shared.
#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
pub(crate) struct SharedErrors<C, R>(Arc<Classifiers<C, R>>);

#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
impl<C: Classifier<E>, R, E: ?Sized> Classifier<E> for SharedErrors<C, R> {
    fn classify(&self, error: &E) -> Classification {
        self.0.errors.classify(error)
    }
}

/// A result classifier, and one that is asked where it finds no failure.
#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
pub(crate) struct ValuesOr<C, R, V>(Arc<Classifiers<C, R>>, V);

#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
impl<C, R, V, T: ?Sized> ResultClassifier<T> for ValuesOr<C, R, V>
where
    R: ResultClassifier<T>,
    V: ResultClassifier<T>,
{
    fn classify(&self, value: &T) -> Option<Classification> {
        let said = self.0.values.classify(value);
        said.or_else(|| self.1.classify(value))
    }
}

#[cfg(feature = "config")]
impl Classifiers<DefaultClassifier, AnyValue> {
    pub(crate) const DEFAULT: Self = Self {
        errors: DefaultClassifier,
        values: AnyValue,
        given: false,
    };
}

#[cfg(feature = "config")]
impl<C, R> Classifiers<C, R> {
    pub(crate) fn with_errors<D>(&self, errors: D) -> Classifiers<D, R>
    where
        R: Clone,
    {
        let values = self.values.clone();
        Classifiers {
            errors,
            values,
            given: true,
        }
    }

    pub(crate) fn with_values<S>(&self, values: S) -> Classifiers<C, S>
    where
        C: Clone,
    {
        let errors = self.errors.clone();
        Classifiers {
            errors,
            values,
            given: true,
        }
    }
}

#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
impl<C, R> Policy<C, R> {
    /// Returns the same policy with other classifiers, which are made of its own.
    #[cfg(feature = "tonic-0_14")]
    pub(crate) fn reclassified<D, S>(
        &self,
        errors: impl FnOnce(SharedErrors<C, R>) -> D,
        values: impl FnOnce(ValuesOr<C, R, AnyValue>) -> S,
    ) -> Policy<D, S> {
        let own = &self.classifiers;
        Policy {
            config: Arc::clone(&self.config),
            classifiers: Arc::new(Classifiers {
                errors: errors(SharedErrors(Arc::clone(own))),
                values: values(ValuesOr(Arc::clone(own), AnyValue)),
                given: own.given,
            }),
        }
    }

    /// Returns the same policy, which asks `then` about values that its own classifier does not take for
    /// failures.
    pub(crate) fn or_values<V>(&self, then: V) -> Policy<SharedErrors<C, R>, ValuesOr<C, R, V>> {
        Policy {
            config: Arc::clone(&self.config),
            classifiers: Arc::new(Classifiers {
                errors: SharedErrors(Arc::clone(&self.classifiers)),
                values: ValuesOr(Arc::clone(&self.classifiers), then),
                given: self.classifiers.given,
            }),
        }
    }
}

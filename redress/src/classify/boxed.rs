use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{AnyValue, Classification, Classifier, DefaultClassifier, ResultClassifier};

/// Hides the type of a classifier, for a policy that is stored in a struct.
///
/// [`Policy::boxed`](crate::Policy::boxed) makes one of the classifier of any policy.
pub struct BoxedClassifier<E: ?Sized>(Arc<dyn Classifier<E> + Send + Sync>);

impl<E: ?Sized> BoxedClassifier<E> {
    /// Wraps `classifier`.
    #[must_use]
    pub fn new(classifier: impl Classifier<E> + Send + Sync + 'static) -> Self {
        Self(Arc::new(classifier))
    }
}

impl<E: ?Sized> Classifier<E> for BoxedClassifier<E> {
    fn classify(&self, error: &E) -> Classification {
        self.0.classify(error)
    }
}

impl<E: ?Sized> Clone for BoxedClassifier<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: std::error::Error + 'static> Default for BoxedClassifier<E> {
    fn default() -> Self {
        Self::new(DefaultClassifier)
    }
}

impl<E: ?Sized> fmt::Debug for BoxedClassifier<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxedClassifier").finish_non_exhaustive()
    }
}

/// Hides the type of a result classifier, for a policy that is stored in a struct.
///
/// [`Policy::boxed`](crate::Policy::boxed) makes one of the closure of any policy that has one.
///
/// ```
/// use redress::classify::{BoxedResultClassifier, ResultClassifier};
/// use redress::ErrorClass;
///
/// let busy = BoxedResultClassifier::new(|status: &u16| (*status == 429).then_some(ErrorClass::RateLimit));
/// assert!(busy.classify(&429).is_some());
/// assert!(busy.classify(&200).is_none());
/// ```
pub struct BoxedResultClassifier<T: ?Sized>(Arc<dyn ResultClassifier<T> + Send + Sync>);

impl<T: ?Sized> BoxedResultClassifier<T> {
    /// Wraps `classifier`.
    #[must_use]
    pub fn new(classifier: impl ResultClassifier<T> + Send + Sync + 'static) -> Self {
        Self(Arc::new(classifier))
    }
}

impl<T: ?Sized> ResultClassifier<T> for BoxedResultClassifier<T> {
    fn classify(&self, value: &T) -> Option<Classification> {
        self.0.classify(value)
    }
}

impl<T: ?Sized> Clone for BoxedResultClassifier<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> fmt::Debug for BoxedResultClassifier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxedResultClassifier")
            .finish_non_exhaustive()
    }
}

/// Has a type `B` that can be written down, which [`Policy::boxed`](crate::Policy::boxed) puts in its
/// place.
///
/// | result classifier | `B` |
/// |---|---|
/// | [`AnyValue`], of a policy that was given none | [`AnyValue`] |
/// | a function or closure that takes `&T` | [`BoxedResultClassifier<T>`] |
/// | [`BoxedResultClassifier<T>`] | [`BoxedResultClassifier<T>`] |
///
/// For a type of your own, give the policy `.result_classifier(BoxedResultClassifier::new(own))`.
#[diagnostic::on_unimplemented(
    message = "`.boxed()` cannot hide the result classifier `{Self}` behind `{B}`",
    label = "`.boxed()` hides functions and closures",
    note = "a policy with a closure that takes `&T` becomes a `Policy<BoxedClassifier<E>, BoxedResultClassifier<T>>`, a policy without a result classifier a `Policy<BoxedClassifier<E>>`",
    note = "for a type of your own: `.result_classifier(BoxedResultClassifier::new(own))`"
)]
pub trait HiddenAs<B> {
    /// Hides what several policies may share.
    #[doc(hidden)]
    fn hide(shared: impl Deref<Target = Self> + Send + Sync + 'static) -> B;
}

impl HiddenAs<Self> for AnyValue {
    fn hide(_: impl Deref<Target = Self> + Send + Sync + 'static) -> Self {
        Self
    }
}

impl<T, F, K> HiddenAs<BoxedResultClassifier<T>> for F
where
    T: ?Sized + 'static,
    F: Fn(&T) -> Option<K>,
    K: Into<Classification>,
{
    fn hide(shared: impl Deref<Target = Self> + Send + Sync + 'static) -> BoxedResultClassifier<T> {
        BoxedResultClassifier::new(move |value: &T| shared(value))
    }
}

impl<T: ?Sized> HiddenAs<Self> for BoxedResultClassifier<T> {
    fn hide(shared: impl Deref<Target = Self> + Send + Sync + 'static) -> Self {
        shared.clone()
    }
}

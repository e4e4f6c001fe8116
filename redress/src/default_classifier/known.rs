//! Types that a user has taught the default classifier.

use std::error::Error;

use super::of_type;
use crate::classify::{
    Classification, Classifier, Classify, DefaultClassifier, Knows, says_itself,
};

/// A list of error types that say themselves what they mean.
pub(super) trait KnownTypes {
    /// Classifies a link of a chain that is one of the types.
    fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification>;
}

/// The empty list: nothing has been taught.
impl KnownTypes for DefaultClassifier {
    fn classify_link(_link: &(dyn Error + 'static)) -> Option<Classification> {
        None
    }
}

impl<T: Classify + Error + 'static, N: KnownTypes> KnownTypes for Knows<T, N> {
    fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
        says_itself::<T>(link).or_else(|| N::classify_link(link))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Error + 'static, T, N> Classifier<E> for Knows<T, N>
where
    Self: KnownTypes,
{
    fn classify(&self, error: &E) -> Classification {
        of_type::<E, Self>(error)
    }
}

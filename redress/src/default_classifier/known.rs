//! Types that a user has taught the default classifier.

use std::error::Error;

use super::{UNKNOWN, by_all, of_type};
use crate::classify::{
    Classification, Classifier, Classify, DefaultClassifier, Knows, says_itself,
};

/// A list of error types that say themselves what they mean.
pub(super) trait KnownTypes {
    /// Classifies a link of a chain that is one of the types.
    fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification>;
}

/// The empty list.
pub(super) struct NoTypes;

impl KnownTypes for NoTypes {
    fn classify_link(_link: &(dyn Error + 'static)) -> Option<Classification> {
        None
    }
}

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

macro_rules! classifies_dyn {
    ($($dyn:ty)*) => {$(
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

//! One link of an error's chain: what it is, and what it says itself.

use std::error::Error;
use std::sync::Arc;

use super::{Classification, Classify};

/// Finds a `T` in one link, also in the `Arc<T>` of a cloneable error and in a `Box<T>`: both are
/// errors in their own right and would hide it.
pub(crate) fn find<'a, T: Error + 'static>(link: &'a (dyn Error + 'static)) -> Option<&'a T> {
    link.downcast_ref::<T>()
        .or_else(|| link.downcast_ref::<Arc<T>>().map(|inner| &**inner))
        .or_else(|| link.downcast_ref::<Box<T>>().map(|inner| &**inner))
}

/// Asks a link that is an `E` what it means.
pub(crate) fn says_itself<E: Classify + Error + 'static>(
    link: &(dyn Error + 'static),
) -> Option<Classification> {
    find::<E>(link).map(Classify::classify)
}

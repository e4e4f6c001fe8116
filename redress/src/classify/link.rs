//! One link of an error's chain: what it is, and what it says itself.

use std::error::Error;
use std::sync::Arc;

use super::{Classification, Classify};

/// Finds a `T` in one link, also in the `Arc<T>` of a cloneable error and in a `Box<T>`: both are
/// errors in their own right and would hide it.
pub(crate) fn find<'a, T: Error + 'static>(link: &'a (dyn Error + 'static)) -> Option<&'a T> {
    downcast::<T>(link)
        .or_else(|| downcast::<Arc<T>>(link).map(|inner| &**inner))
        .or_else(|| downcast::<Box<T>>(link).map(|inner| &**inner))
}

/// Finds a `T`. To ask for the type is a call through a pointer, and a chain is asked for many types: its
/// size, which is only read, rules out most of them.
pub(crate) fn downcast<'a, T: Error + 'static>(link: &'a (dyn Error + 'static)) -> Option<&'a T> {
    if size_of_val(link) == size_of::<T>() {
        link.downcast_ref::<T>()
    } else {
        None
    }
}

/// Asks a link that is an `E` what it means.
pub(crate) fn says_itself<E: Classify + Error + 'static>(
    link: &(dyn Error + 'static),
) -> Option<Classification> {
    find::<E>(link).map(Classify::classify)
}

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::gate::Gate;

/// What a key has, and when it was last asked for.
pub(super) struct Slot<T> {
    pub(super) value: T,
    /// The number of the idle time in which it was.
    pub(super) seen: AtomicU64,
}

/// The breaker, budget or gate of a key, from [`Keyed::get`](super::Keyed::get).
///
/// It is used as what it holds, which `clone` gives, too. While it lives, its key is not forgotten.
///
/// ```
/// use redress::keyed::Keyed;
/// use redress::{CircuitBreaker, Policy};
///
/// let (hosts, policy) = (Keyed::<String, _>::new(CircuitBreaker::new(), 100)?, Policy::new());
/// let breaker = hosts.get("a.example");
/// assert!(breaker.try_acquire().is_ok());
/// let context = policy.context().circuit_breaker(breaker);
/// assert_eq!(context.call(|| Ok::<_, std::io::Error>(5)).unwrap(), 5);
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct KeyedHandle<T>(pub(super) Arc<Slot<T>>);

impl<T> Deref for KeyedHandle<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for KeyedHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

impl From<KeyedHandle<Self>> for CircuitBreaker {
    fn from(handle: KeyedHandle<Self>) -> Self {
        handle.0.value.clone()
    }
}

impl From<KeyedHandle<Self>> for Budget {
    fn from(handle: KeyedHandle<Self>) -> Self {
        handle.0.value.clone()
    }
}

impl From<KeyedHandle<Self>> for Gate {
    fn from(handle: KeyedHandle<Self>) -> Self {
        handle.0.value.clone()
    }
}

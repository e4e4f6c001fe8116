use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Endpoint, Endpoints};
use crate::classify::DefaultClassifier;

/// The way of one call through [`Endpoints`]: it knows where the attempt before went, and takes another one.
///
/// Make one for each call, outside of its operation. It may be shared: of two attempts at a time, as of a
/// hedged call, the second goes elsewhere as well.
///
/// ```
/// use redress::endpoints::Endpoints;
///
/// let replicas = Endpoints::new([("a", 1), ("b", 2)])?;
/// let route = replicas.route();
/// let first = route.take();
/// let second = route.take();
/// assert_ne!(first.name(), second.name());
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct Route<'a, T, C = DefaultClassifier> {
    endpoints: &'a Endpoints<T, C>,
    /// Where the attempt before went; [`NONE`] before the first.
    last: AtomicUsize,
}

const NONE: usize = usize::MAX;

impl<'a, T, C> Route<'a, T, C> {
    pub(super) const fn new(endpoints: &'a Endpoints<T, C>) -> Self {
        Self {
            endpoints,
            last: AtomicUsize::new(NONE),
        }
    }

    /// Takes an endpoint for the next attempt: another one than the last, if there is one that is not
    /// ejected.
    pub fn take(&self) -> Endpoint<'a, T, C> {
        let last = self.last.load(Ordering::Relaxed);
        let (at, endpoint) = self.endpoints.take_but(Some(last));
        self.last.store(at, Ordering::Relaxed);
        endpoint
    }
}

impl<T, C> fmt::Debug for Route<'_, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

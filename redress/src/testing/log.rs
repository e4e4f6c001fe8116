use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A list that clones share and that hooks write to.
pub(super) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Log<T> {
    pub(super) fn push(&self, entry: T) {
        self.lock().push(entry);
    }

    pub(super) fn entries(&self) -> Vec<T> {
        self.lock().clone()
    }

    pub(super) fn last(&self) -> Option<T> {
        self.lock().last().cloned()
    }

    pub(super) fn count(&self, counts: impl Fn(&T) -> bool) -> usize {
        self.lock().iter().filter(|entry| counts(entry)).count()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

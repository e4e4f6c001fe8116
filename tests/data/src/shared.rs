use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A server that tests share as long as any of them needs it.
#[derive(Debug)]
pub struct Shared<S>(Mutex<Weak<S>>);

impl<S> Shared<S> {
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// Returns the server that runs, or starts it.
    pub fn get(&self, start: impl FnOnce() -> S) -> Arc<S> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(start());
            *running = Arc::downgrade(&started);
            started
        })
    }
}

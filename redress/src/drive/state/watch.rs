use std::sync::Arc;

use crate::engine::LastFailure;
use crate::observe::{Audience, CallObserver};

/// What is known of a call because it is watched.
pub(crate) struct Watch {
    /// What its observers have returned for this call alone.
    pub(crate) watchers: Vec<Arc<dyn CallObserver>>,
    /// How many of them were there before its first failure.
    pub(crate) early_watchers: usize,
    /// The last failure, also after a success.
    pub(crate) last: Option<LastFailure>,
    /// How many attempts earlier calls have made of the operation.
    pub(crate) attempts_before: u32,
    /// Its start was shown to those that see calls from their start on, and its end was not.
    pub(crate) is_open: bool,
    /// The same for those that see calls from their first failure on.
    pub(crate) is_awake: bool,
    /// Its first attempt started later than the call, which waited at a gate.
    pub(crate) has_waited: bool,
    /// Code of the user's runs that is no hook: a call that is dropped now has panicked.
    pub(crate) is_running: bool,
}

impl Watch {
    pub(super) const NEW: Self = Self {
        watchers: Vec::new(),
        early_watchers: 0,
        last: None,
        attempts_before: 0,
        is_open: false,
        is_awake: false,
        has_waited: false,
        is_running: false,
    };

    /// Clears it for the next call, and keeps the memory of the list.
    #[inline]
    pub(super) fn reset(&mut self) {
        if !self.watchers.is_empty() {
            self.watchers.clear();
        }
        self.early_watchers = 0;
        self.last = None;
        self.attempts_before = 0;
        self.is_open = false;
        self.is_awake = false;
        self.has_waited = false;
        self.is_running = false;
    }

    /// Returns those who see the call now.
    pub(crate) const fn audience(&self) -> Audience {
        if self.is_awake {
            Audience::All
        } else {
            Audience::Early
        }
    }
}

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use super::{Beat, Session};
use crate::engine::{self, Ended, Look, Rules, Signs};

/// The side of a session that its call has.
pub(crate) struct SessionWatch {
    beat: Arc<Beat>,
    known: RefCell<engine::Session>,
    /// The time for which the timer in progress is set.
    due: Cell<Duration>,
}

/// Makes the handles of one call's sessions, one for each attempt.
pub(crate) struct Connector(Arc<Beat>);

impl Connector {
    pub(crate) fn next(&self) -> Session {
        Session::new(Arc::clone(&self.0), self.0.connect())
    }
}

impl SessionWatch {
    pub(crate) fn new() -> (Self, Connector) {
        Self::of(engine::Session::default())
    }

    /// Watches a transfer: see [`engine::Session::transfer`].
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn transfer(stall_timeout: Duration) -> (Self, Connector) {
        Self::of(engine::Session::transfer(stall_timeout))
    }

    fn of(known: engine::Session) -> (Self, Connector) {
        let beat = Arc::new(Beat::new());
        let watch = Self {
            beat: Arc::clone(&beat),
            known: RefCell::new(known),
            due: Cell::new(Duration::ZERO),
        };
        (watch, Connector(beat))
    }

    /// Looks at the running session, which began at `began`.
    pub(crate) fn look(&self, rules: &Rules, began: Duration, now: Duration) -> Look {
        self.with(|known, signs| known.look(rules, signs, began, now))
    }

    /// Ends the running session because the call shall stop.
    pub(crate) fn abort(&self, began: Duration) {
        self.with(|known, signs| known.abort(signs, began));
    }

    pub(crate) fn end(&self, rules: &Rules, began: Duration, now: Duration) -> Ended {
        self.with(|known, signs| known.end(&rules.session, signs, began, now))
    }

    /// Lets the engine look at the sessions of the call.
    pub(crate) fn with<T>(&self, see: impl FnOnce(&mut engine::Session, Signs) -> T) -> T {
        see(&mut self.known.borrow_mut(), self.beat.signs())
    }

    /// Sets a timer for `until`, in place of one that is set for later. Returns `true` if there is
    /// none for an earlier time.
    pub(crate) fn is_due_before(&self, until: Duration, set: bool) -> bool {
        let sooner = !set || until < self.due.get();
        if sooner {
            self.due.set(until);
        }
        sooner
    }
}

use std::sync::Arc;

use super::{CallObserver, CallStart, Event, Interest, Observer, default};
use crate::shielded::shielded;

/// The observers of a policy, each with what it wants to see.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    all: Vec<Watcher>,
}

#[derive(Clone)]
struct Watcher {
    observer: Arc<dyn Observer>,
    interest: Interest,
}

/// Which observers something is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Those that see a call from its start.
    Early,
    /// Those that see it from its first failure on.
    Late,
    /// All of them.
    All,
}

impl Watcher {
    const fn is_in(&self, audience: Audience) -> bool {
        match audience {
            Audience::Early => self.interest.successes,
            Audience::Late => !self.interest.successes,
            Audience::All => true,
        }
    }
}

impl Observers {
    pub(crate) fn push(&mut self, observer: impl Observer + 'static) {
        let mut added = Vec::new();
        observer.add_to(&mut added);
        self.all.extend(added.into_iter().map(watcher));
    }

    /// Adds the observers of the whole program, before its own.
    pub(crate) fn add_default(&mut self) {
        let default = default::observers().iter().cloned().map(watcher);
        self.all.splice(0..0, default);
    }

    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns what any observer of this audience wants; `None` without one.
    pub(crate) fn interest(&self, audience: Audience) -> Option<Interest> {
        let watchers = self.all.iter().filter(|watcher| watcher.is_in(audience));
        watchers
            .map(|watcher| watcher.interest)
            .reduce(Interest::or)
    }

    /// Shows something to each observer of the audience.
    #[inline]
    pub(crate) fn each(&self, audience: Audience, see: impl Fn(&dyn Observer)) {
        for watcher in &self.all {
            if watcher.is_in(audience) {
                shielded((), || see(watcher.observer.as_ref()));
            }
        }
    }

    /// Shows an event to each observer of the audience, but for one that ends a call and is not wanted.
    pub(crate) fn each_of_events(&self, audience: Audience, event: &Event<'_>) {
        let ends = event.name.is_terminal();
        for watcher in &self.all {
            if watcher.is_in(audience) && (watcher.interest.end_events || !ends) {
                shielded((), || watcher.observer.on_event(event));
            }
        }
    }

    /// Shows an attempt to each observer of the audience that wants attempts.
    pub(crate) fn each_of_attempts(&self, audience: Audience, see: impl Fn(&dyn Observer)) {
        for watcher in &self.all {
            if watcher.interest.attempts && watcher.is_in(audience) {
                shielded((), || see(watcher.observer.as_ref()));
            }
        }
    }

    /// Shows the start of a call, and takes what watches it alone.
    pub(crate) fn start_call(
        &self,
        audience: Audience,
        call: &CallStart<'_>,
        watchers: &mut Vec<Arc<dyn CallObserver>>,
    ) {
        for watcher in &self.all {
            if watcher.interest.starts && watcher.is_in(audience) {
                watchers.extend(shielded(None, || watcher.observer.on_call_start(call)));
            }
        }
    }
}

fn watcher(observer: Arc<dyn Observer>) -> Watcher {
    // A broken one is shown everything.
    let interest = shielded(Interest::ALL, || observer.interest());
    Watcher { observer, interest }
}

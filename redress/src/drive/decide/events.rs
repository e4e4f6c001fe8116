//! Shows a call to observers and hooks: its attempts, its decisions, the changes of its breaker.

use std::time::Duration;

use super::ActiveCall;
use crate::breaker::Change;
use crate::classify::ErrorClass;
use crate::engine::{Failed, LastFailure};
use crate::observe::{
    AttemptEnd, AttemptStart, AttemptStatus, Audience, Event, EventName, in_call_scope,
};
use crate::reason::Cause;
use crate::shielded::shielded;

impl ActiveCall<'_, '_> {
    pub(super) fn show_change(&self, change: Option<Change>) {
        match change {
            None => {}
            Some(Change::Opened(class)) => {
                self.show_circuit(EventName::CircuitOpened, Some(class));
            }
            Some(Change::HalfOpened) => self.show_circuit(EventName::CircuitHalfOpen, None),
            Some(Change::Closed) => self.show_circuit(EventName::CircuitClosed, None),
        }
    }

    /// Says once that failures of a type that nothing classifies count for no breaker.
    pub(super) fn show_unclassified(&self, failed: &Failed) {
        let class = failed.classification.class();
        if class != ErrorClass::Unknown
            || failed.cause != Cause::Error
            || failed.classification.is_abort()
            || !self.frame.is_watched()
        {
            return;
        }
        if self.frame.passes_over_unclassified(self.hooks) {
            self.show_breaker(EventName::Unclassified, Some(class), Some(failed));
        }
    }

    /// Shows what the breaker did.
    pub(super) fn show_circuit(&self, name: EventName, class: Option<ErrorClass>) {
        self.show_breaker(name, class, None);
    }

    /// Shows what is about the operation, not about one of its attempts.
    fn show_breaker(&self, name: EventName, class: Option<ErrorClass>, failed: Option<&Failed>) {
        if !self.frame.is_watched() {
            return;
        }
        self.show_event(&Event {
            name,
            attempt: 0,
            elapsed: self.state.since_operation_start(),
            sleep: Duration::ZERO,
            class,
            stop_reason: None,
            cause: None,
            error_type: failed.and_then(|failed| failed.error_type),
            classification: failed.map(|failed| &failed.classification),
            operation: self.operation(),
        });
    }

    /// Shows a decision about the call, which is the answer to a failure if there is one.
    pub(super) fn show(&self, name: EventName, sleep: Duration, failed: Option<&Failed>) {
        let ends = name.is_terminal();
        let wanted = !ends || self.is_wanted(self.frame.policy.wanted.end_events());
        if !self.frame.is_watched() || !wanted {
            return;
        }
        // An abort does not mean that the last failure was its reason.
        let failure = match name {
            EventName::Aborted => None,
            _ => self.state.call.failure(),
        };
        self.show_event(&Event {
            name,
            attempt: self.state.call.attempts(),
            elapsed: self.state.since_operation_start(),
            sleep,
            class: failure.map(|failure| failure.class),
            stop_reason: self.state.call.stop_reason(),
            cause: failure.map(|failure| failure.cause),
            error_type: failed.and_then(|failed| failed.error_type),
            classification: failed.map(|failed| &failed.classification),
            operation: self.operation(),
        });
    }

    /// Notes that an attempt starts, and shows it to those that want to see it.
    #[inline]
    pub(super) fn show_attempt_start(&mut self) {
        self.state.call.in_attempt = true;
        if self.is_wanted(self.frame.policy.wanted.attempts()) {
            self.show_wanted_attempt_start();
        }
    }

    /// Returns `true` if there is one to show something to, where `some` observer of the policy wants it.
    /// A call's own hooks, and what watches it alone, are shown everything.
    #[inline]
    fn is_wanted(&self, some: bool) -> bool {
        some || self.frame.is_hooked() || !self.state.watch.watchers.is_empty()
    }

    #[cold]
    fn show_wanted_attempt_start(&self) {
        let attempt = AttemptStart {
            attempt: self.state.call.attempts(),
            elapsed: self.state.since_operation_start(),
            operation: self.operation(),
        };
        let audience = self.state.watch.audience();
        let observers = &self.frame.policy.observers;
        observers.each_of_attempts(audience, |observer| observer.on_attempt_start(&attempt));
        if self.frame.is_hooked() {
            shielded((), || self.hooks.attempt_start(&attempt));
        }
        for watcher in &self.state.watch.watchers {
            shielded((), || watcher.on_attempt_start(&attempt));
        }
    }

    /// Shows the start of the attempt in progress to those that see the call from now on.
    pub(super) fn show_late_attempt_start(&mut self) {
        self.state.call.in_attempt = true;
        let attempt = AttemptStart {
            attempt: self.state.call.attempts(),
            elapsed: self.state.since_operation_start(),
            operation: self.operation(),
        };
        let observers = &self.frame.policy.observers;
        let late = Audience::Late;
        observers.each_of_attempts(late, |observer| observer.on_attempt_start(&attempt));
        let watchers = &self.state.watch.watchers;
        for watcher in watchers.iter().skip(self.state.watch.early_watchers) {
            shielded((), || watcher.on_attempt_start(&attempt));
        }
    }

    /// Shows the end of an attempt that has returned.
    pub(super) fn show_verdict(&mut self, failed: Option<&Failed>, started: Duration) {
        let (status, failed) = match failed {
            None => (AttemptStatus::Succeeded, None),
            Some(failed) if failed.classification.is_abort() => (AttemptStatus::Aborted, None),
            Some(failed) => (AttemptStatus::Failed, Some(failed)),
        };
        if let Some(failed) = failed {
            self.state.watch.last = Some(LastFailure {
                class: failed.classification.class(),
                cause: failed.cause,
            });
        }
        self.show_attempt_end(status, failed, started);
    }

    /// Shows the end of the attempt that is in progress, if one is. It has started at `started`.
    #[inline]
    pub(super) fn show_attempt_end(
        &mut self,
        status: AttemptStatus,
        failed: Option<&Failed>,
        started: Duration,
    ) {
        let was_open = std::mem::take(&mut self.state.call.in_attempt);
        if was_open && self.is_wanted(self.frame.policy.wanted.attempts()) {
            self.show_wanted_attempt_end(status, failed, started);
        }
    }

    #[cold]
    fn show_wanted_attempt_end(
        &self,
        status: AttemptStatus,
        failed: Option<&Failed>,
        started: Duration,
    ) {
        let attempt = AttemptEnd {
            attempt: self.state.call.attempts(),
            elapsed: self.state.since_operation_start(),
            duration: self.state.now.saturating_sub(started),
            operation: self.operation(),
            status,
            class: failed.map(|failed| failed.classification.class()),
            cause: failed.map(|failed| failed.cause),
            error_type: failed.and_then(|failed| failed.error_type),
            classification: failed.map(|failed| &failed.classification),
        };
        let audience = self.state.watch.audience();
        let observers = &self.frame.policy.observers;
        observers.each_of_attempts(audience, |observer| observer.on_attempt_end(&attempt));
        if self.frame.is_hooked() {
            shielded((), || self.hooks.attempt_end(&attempt));
        }
        for watcher in &self.state.watch.watchers {
            shielded((), || watcher.on_attempt_end(&attempt));
        }
    }

    fn show_event(&self, event: &Event<'_>) {
        let audience = self.state.watch.audience();
        let observers = &self.frame.policy.observers;
        let watchers = &self.state.watch.watchers;
        in_call_scope(watchers, || {
            observers.each_of_events(audience, event);
            if self.frame.is_hooked() {
                shielded((), || self.hooks.event(event));
            }
            for watcher in watchers {
                shielded((), || watcher.on_event(event));
            }
        });
    }

    pub(super) fn operation(&self) -> Option<&str> {
        let own = self.hooks.operation();
        own.or(self.frame.policy.operation.as_deref())
    }
}

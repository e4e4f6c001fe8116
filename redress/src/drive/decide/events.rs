//! Shows a call to observers and hooks: its attempts, its decisions, the changes of its breaker.

use std::time::Duration;

use super::ActiveCall;
use crate::breaker::Change;
use crate::classify::ErrorClass;
use crate::engine::{Failed, LastFailure};
use crate::observe::{AttemptEnd, AttemptStart, AttemptStatus, Event, EventName};
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
            self.show_breaker(EventName::Unclassified, Some(class), failed.error_type);
        }
    }

    /// Shows what the breaker did.
    pub(super) fn show_circuit(&self, name: EventName, class: Option<ErrorClass>) {
        self.show_breaker(name, class, None);
    }

    /// Shows what is about the operation, not about one of its attempts.
    fn show_breaker(
        &self,
        name: EventName,
        class: Option<ErrorClass>,
        error_type: Option<&'static str>,
    ) {
        if !self.frame.is_watched() {
            return;
        }
        self.show_event(&Event {
            name,
            attempt: 0,
            elapsed: self.state.now,
            sleep: Duration::ZERO,
            class,
            stop_reason: None,
            cause: None,
            error_type,
            operation: self.operation(),
        });
    }

    /// Shows a decision about the call.
    pub(super) fn show(&self, name: EventName, sleep: Duration, error_type: Option<&'static str>) {
        if !self.frame.is_watched() {
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
            elapsed: self.state.now,
            sleep,
            class: failure.map(|failure| failure.class),
            stop_reason: self.state.call.stop_reason(),
            cause: failure.map(|failure| failure.cause),
            error_type,
            operation: self.operation(),
        });
    }

    #[cold]
    pub(super) fn show_attempt_start(&mut self) {
        self.state.call.in_attempt = true;
        if !self.shows_attempts() {
            return;
        }
        let attempt = AttemptStart {
            attempt: self.state.call.attempts(),
            elapsed: self.state.now,
            operation: self.operation(),
        };
        for observer in self.frame.policy.observers.of_attempts() {
            shielded((), || observer.on_attempt_start(&attempt));
        }
        if self.frame.is_hooked() {
            shielded((), || self.hooks.attempt_start(&attempt));
        }
    }

    /// Shows the end of an attempt that has returned.
    #[cold]
    pub(super) fn show_verdict(&mut self, failed: Option<&Failed>) {
        if !self.shows_attempts() {
            self.state.call.in_attempt = false;
            return;
        }
        let (status, failure) = match failed {
            None => (AttemptStatus::Succeeded, None),
            Some(failed) if failed.classification.is_abort() => (AttemptStatus::Aborted, None),
            Some(failed) => {
                let class = failed.classification.class();
                let cause = failed.cause;
                (AttemptStatus::Failed, Some(LastFailure { class, cause }))
            }
        };
        self.show_attempt_end(status, failure);
    }

    /// Shows the end of the attempt that is in progress, if one is.
    pub(super) fn show_attempt_end(&mut self, status: AttemptStatus, failure: Option<LastFailure>) {
        if !std::mem::take(&mut self.state.call.in_attempt) || !self.shows_attempts() {
            return;
        }
        let attempt = AttemptEnd {
            attempt: self.state.call.attempts(),
            elapsed: self.state.now,
            operation: self.operation(),
            status,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
        };
        for observer in self.frame.policy.observers.of_attempts() {
            shielded((), || observer.on_attempt_end(&attempt));
        }
        if self.frame.is_hooked() {
            shielded((), || self.hooks.attempt_end(&attempt));
        }
    }

    /// Returns `true` if an observer or a hook sees attempts.
    fn shows_attempts(&self) -> bool {
        self.frame.is_hooked() || !self.frame.policy.observers.of_attempts().is_empty()
    }

    fn show_event(&self, event: &Event<'_>) {
        for observer in self.frame.policy.observers.of_events() {
            shielded((), || observer.on_event(event));
        }
        if self.frame.is_hooked() {
            shielded((), || self.hooks.event(event));
        }
    }

    fn operation(&self) -> Option<&str> {
        let own = if self.frame.is_hooked() {
            self.hooks.operation()
        } else {
            None
        };
        own.or(self.frame.policy.operation.as_deref())
    }
}

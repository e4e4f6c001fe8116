//! What a call shows of itself: its attempts and its decisions, and what its breaker did.

use std::time::Duration;

use super::flow::Flow;
use super::frame::Frame;
use super::hooks::Hooks;
use crate::breaker::Change;
use crate::classify::ErrorClass;
use crate::engine::{Failed, Failure};
use crate::observe::{AttemptEnd, AttemptStart, AttemptStatus, Event, EventName};
use crate::shielded::shielded;

impl Flow {
    pub(super) fn show_change(&self, change: Option<Change>, frame: &Frame<'_>, hooks: &dyn Hooks) {
        match change {
            None => {}
            Some(Change::Opened(class)) => {
                self.show_circuit(EventName::CircuitOpened, Some(class), frame, hooks);
            }
            Some(Change::HalfOpened) => {
                self.show_circuit(EventName::CircuitHalfOpen, None, frame, hooks);
            }
            Some(Change::Closed) => {
                self.show_circuit(EventName::CircuitClosed, None, frame, hooks);
            }
        }
    }

    /// Shows what the breaker did. That is about the operation, not about one of its attempts.
    pub(super) fn show_circuit(
        &self,
        name: EventName,
        class: Option<ErrorClass>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !frame.is_watched() {
            return;
        }
        let event = Event {
            name,
            attempt: 0,
            elapsed: self.decided,
            sleep: Duration::ZERO,
            class,
            stop_reason: None,
            cause: None,
            error_type: None,
            operation: operation(frame, hooks),
        };
        show(&event, frame, hooks);
    }

    pub(super) fn emit(
        &self,
        name: EventName,
        sleep: Duration,
        error_type: Option<&'static str>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !frame.is_watched() {
            return;
        }
        // Whoever aborts does not say that the last failure was the reason.
        let failure = match name {
            EventName::Aborted => None,
            _ => self.call.failure(),
        };
        let event = Event {
            name,
            attempt: self.call.attempts(),
            elapsed: self.decided,
            sleep,
            class: failure.map(|failure| failure.class),
            stop_reason: self.call.stop_reason(),
            cause: failure.map(|failure| failure.cause),
            error_type,
            operation: operation(frame, hooks),
        };
        show(&event, frame, hooks);
    }

    #[cold]
    pub(super) fn announce_start(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        self.call.in_attempt = true;
        if !shows_attempts(frame) {
            return;
        }
        let attempt = AttemptStart {
            attempt: self.call.attempts(),
            elapsed: self.decided,
            operation: operation(frame, hooks),
        };
        for observer in frame.config.observers.of_attempts() {
            shielded((), || observer.on_attempt_start(&attempt));
        }
        if frame.is_hooked() {
            shielded((), || hooks.attempt_start(&attempt));
        }
    }

    #[cold]
    pub(super) fn announce_end(
        &mut self,
        failed: Option<&Failed>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !shows_attempts(frame) {
            self.call.in_attempt = false;
            return;
        }
        let (status, failure) = match failed {
            None => (AttemptStatus::Succeeded, None),
            Some(failed) if failed.classification.is_abort() => (AttemptStatus::Aborted, None),
            Some(failed) => {
                let class = failed.classification.class();
                let cause = failed.cause;
                (AttemptStatus::Failed, Some(Failure { class, cause }))
            }
        };
        self.finish_attempt(status, failure, frame, hooks);
    }

    pub(super) fn finish_attempt(
        &mut self,
        status: AttemptStatus,
        failure: Option<Failure>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !std::mem::take(&mut self.call.in_attempt) || !shows_attempts(frame) {
            return;
        }
        let attempt = AttemptEnd {
            attempt: self.call.attempts(),
            elapsed: self.decided,
            operation: operation(frame, hooks),
            status,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
        };
        for observer in frame.config.observers.of_attempts() {
            shielded((), || observer.on_attempt_end(&attempt));
        }
        if frame.is_hooked() {
            shielded((), || hooks.attempt_end(&attempt));
        }
    }
}

/// Tells whether anybody sees attempts.
fn shows_attempts(frame: &Frame<'_>) -> bool {
    frame.is_hooked() || !frame.config.observers.of_attempts().is_empty()
}

fn show(event: &Event<'_>, frame: &Frame<'_>, hooks: &dyn Hooks) {
    for observer in frame.config.observers.of_events() {
        shielded((), || observer.on_event(event));
    }
    if frame.is_hooked() {
        shielded((), || hooks.event(event));
    }
}

fn operation<'a>(frame: &Frame<'a>, hooks: &'a dyn Hooks) -> Option<&'a str> {
    let own = if frame.is_hooked() {
        hooks.operation()
    } else {
        None
    };
    own.or(frame.config.operation.as_deref())
}

use super::Line;
use crate::observe::{CallResult, EventName};

/// How much a line matters, unless the user says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::contrib) enum Severity {
    Trace,
    Debug,
    Info,
    Warn,
}

impl Severity {
    pub(in crate::contrib) const fn of(line: &Line<'_>) -> Self {
        match line {
            Line::Event(event) => match event.name() {
                EventName::Success if event.attempt() <= 1 => Self::Trace,
                // One for each look.
                EventName::NotYet => Self::Trace,
                EventName::CircuitRejected => Self::Debug,
                EventName::Success
                | EventName::Retry
                | EventName::Aborted
                | EventName::Scheduled
                | EventName::Healthy
                | EventName::SessionEnded
                | EventName::CircuitHalfOpen
                | EventName::CircuitClosed
                | EventName::GateWait => Self::Info,
                _ => Self::Warn,
            },
            Line::Cut(end) => match end.result() {
                CallResult::Panicked => Self::Warn,
                _ => Self::Debug,
            },
            Line::Circuit(change) => match super::line::name_of(change.to()) {
                EventName::CircuitOpened => Self::Warn,
                _ => Self::Info,
            },
        }
    }
}

use std::fmt;

use crate::breaker::{CircuitChange, CircuitState};
use crate::observe::text::{Attempts, Name, write_operation};
use crate::observe::{CallEnd, Event, EventName};

/// What a line of a log is about.
///
/// Prints as the text of the line.
///
/// ```
/// use redress::EventName;
/// use redress::contrib::lines::Line;
///
/// /// Whether a line is worth more than a glance.
/// fn is_grave(line: &Line<'_>) -> bool {
///     matches!(line, Line::Event(event) if event.name() == EventName::BudgetExhausted)
/// }
/// # let _ = is_grave;
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Line<'a> {
    /// A decision of a call.
    Event(&'a Event<'a>),
    /// The end of a call that no decision has ended: it was cancelled, or it panicked.
    Cut(&'a CallEnd<'a>),
    /// A change of a circuit breaker, seen by the [default observer](crate::observe::set_default). That
    /// sees every change here, and none of them as an event of a call.
    Circuit(&'a CircuitChange<'a>),
}

impl<'a> Line<'a> {
    /// Returns the name of what happened: that of an [`EventName`], `cancelled` or `panicked`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Event(event) => event.name().as_str(),
            Self::Cut(end) => end.result().as_str(),
            Self::Circuit(change) => name_of(change.to()).as_str(),
        }
    }

    /// Returns the name of the operation, if there is one and it has a name.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a str> {
        match self {
            Self::Event(event) => event.operation(),
            Self::Cut(end) => end.operation(),
            Self::Circuit(_) => None,
        }
    }
}

/// Returns the event of a change to this state.
pub(super) const fn name_of(state: CircuitState) -> EventName {
    match state {
        CircuitState::Open => EventName::CircuitOpened,
        CircuitState::HalfOpen => EventName::CircuitHalfOpen,
        CircuitState::Closed => EventName::CircuitClosed,
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without a name it says what it is.
            Self::Circuit(change) if change.name().is_none() => write!(f, "{change}"),
            Self::Circuit(change) => {
                let name = Name(change.name().unwrap_or_default());
                let (from, to) = (change.from(), change.to());
                write!(f, "circuit breaker {name}: {from} -> {to}")
            }
            Self::Event(event) => event.fmt(f),
            Self::Cut(end) => {
                write_operation(end.operation(), f)?;
                write!(f, "{} after {}", self.name(), Attempts(end.attempts()))
            }
        }
    }
}

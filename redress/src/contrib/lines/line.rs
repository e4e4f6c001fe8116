use std::fmt::{self, Write as _};

use crate::breaker::{CircuitChange, CircuitState};
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
            Self::Event(event) => {
                write_operation(event.operation(), f)?;
                event_text(event, f)
            }
            Self::Cut(end) => {
                write_operation(end.operation(), f)?;
                write!(f, "{} after {}", self.name(), Attempts(end.attempts()))
            }
        }
    }
}

fn event_text(event: &Event<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let attempts = Attempts(event.attempt());
    match event.name() {
        EventName::Success => write!(f, "success after {attempts}")?,
        EventName::Retry => {
            write!(f, "retry after {attempts}, in {:?}", event.sleep())?;
        }
        EventName::Healthy => f.write_str("session healthy")?,
        EventName::SessionEnded => {
            write!(f, "session ended, next in {:?}", event.sleep())?;
        }
        EventName::NotYet => write!(f, "not ready yet, next in {:?}", event.sleep())?,
        // Theirs is no attempt.
        name if event.attempt() == 0 => write!(f, "{name}")?,
        name => write!(f, "{name} after {attempts}")?,
    }
    if let Some(class) = event.class() {
        write!(f, ": {class}")?;
        if let Some(cause) = event.cause() {
            write!(f, " ({cause})")?;
        }
    }
    Ok(())
}

fn write_operation(operation: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match operation {
        None | Some("") => Ok(()),
        Some(operation) => write!(f, "{}: ", Name(operation)),
    }
}

/// A name as it stands in a line. One that is made of what a stranger has sent must not end the line and
/// begin one of its own.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A count of attempts in words.
struct Attempts(u32);

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} attempt{end}", self.0)
    }
}

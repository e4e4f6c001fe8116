use std::sync::atomic::{AtomicBool, Ordering};

use super::Line;
use crate::breaker::CircuitChange;
#[cfg(any(feature = "log-0_4", feature = "tracing-0_1"))]
use crate::observe::Interest;
use crate::observe::{CallEnd, CallResult, Event, EventName};

/// Makes one line of each thing that happens.
///
/// The default observer sees a change of a breaker twice: as a change, with the name of the breaker, and
/// as an event of the call that has caused it, if one has. A change always comes before its event, so
/// whoever has seen a change takes no line from the events.
#[derive(Debug, Default)]
pub(in crate::contrib) struct Lines {
    sees_changes: AtomicBool,
}

impl Lines {
    pub(in crate::contrib) fn of_event<'a>(&self, event: &'a Event<'a>) -> Option<Line<'a>> {
        let is_change = matches!(
            event.name(),
            EventName::CircuitOpened | EventName::CircuitHalfOpen | EventName::CircuitClosed
        );
        if is_change && self.sees_changes.load(Ordering::Relaxed) {
            return None;
        }
        Some(Line::Event(event))
    }

    pub(in crate::contrib) fn of_change<'a>(&self, change: &'a CircuitChange<'a>) -> Line<'a> {
        self.sees_changes.store(true, Ordering::Relaxed);
        Line::Circuit(change)
    }

    /// The events have said how any other call has ended.
    pub(in crate::contrib) fn of_end<'a>(end: &'a CallEnd<'a>) -> Option<Line<'a>> {
        matches!(end.result(), CallResult::Cancelled | CallResult::Panicked)
            .then_some(Line::Cut(end))
    }

    /// What an observer of lines wants to see. Of a success at the first attempt there is a line only
    /// where that was asked for.
    #[cfg(any(feature = "log-0_4", feature = "tracing-0_1"))]
    pub(in crate::contrib) const fn interest(successes: bool) -> Interest {
        if successes {
            Interest::ALL.without_attempts().without_times()
        } else {
            Interest::FAILURES
        }
    }
}

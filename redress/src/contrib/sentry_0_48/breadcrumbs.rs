use std::fmt;

use ::sentry_core_0_48::protocol::{Map, Value as Json};
use ::sentry_core_0_48::{Breadcrumb, Level, add_breadcrumb};

use crate::breaker::{CircuitChange, CircuitState};
use crate::contrib::lines::{Fields, Line, Lines, Value};
use crate::observe::{CallEnd, Event, EventName, Interest, Observer};

/// Returns an observer that leaves a breadcrumb for each [`Line`] that may explain an issue: retries,
/// stops, successes after retries, changes of breakers.
///
/// An issue shows the last hundred breadcrumbs. So there is none of calls that succeed at their first
/// attempt, nor of those that an open breaker refuses, of which one second of an outage has hundreds.
///
/// The category is `redress`, the message the name of the event, the data the fields of
/// [`lines`](crate::contrib::lines).
///
/// ```
/// use redress::Policy;
/// use redress::contrib::sentry_0_48::breadcrumbs;
///
/// let policy = Policy::builder().operation("load_order").on_event(breadcrumbs()).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn breadcrumbs() -> Breadcrumbs {
    Breadcrumbs {
        levels: default_level,
        lines: Lines::default(),
    }
}

/// The observer of [`breadcrumbs`].
pub struct Breadcrumbs<L = fn(&Line<'_>) -> Option<Level>> {
    levels: L,
    lines: Lines,
}

/// Returns the level that a breadcrumb has by default, `None` where there is none: see
/// [`lines`](crate::contrib::lines).
#[must_use]
pub fn default_level(line: &Line<'_>) -> Option<Level> {
    match line {
        Line::Event(event) => match event.name() {
            EventName::CircuitRejected => None,
            EventName::Success if event.attempt() <= 1 => None,
            EventName::Retry | EventName::Unclassified | EventName::GateClosed => {
                Some(Level::Warning)
            }
            EventName::Success
            | EventName::Aborted
            | EventName::Scheduled
            | EventName::CircuitHalfOpen
            | EventName::CircuitClosed
            | EventName::GateWait => Some(Level::Info),
            _ => Some(Level::Error),
        },
        Line::Cut(_) => None,
        Line::Circuit(change) => Some(match change.to() {
            CircuitState::Open => Level::Error,
            CircuitState::HalfOpen | CircuitState::Closed => Level::Info,
        }),
    }
}

impl<L> Breadcrumbs<L> {
    /// Sets the level of each breadcrumb; with `None` there is none. Default: [`default_level`].
    ///
    /// ```
    /// use redress::contrib::sentry_0_48::{breadcrumbs, default_level};
    ///
    /// let quiet = breadcrumbs().levels(|line| match line.operation() {
    ///     Some("poll_mail") => None,
    ///     _ => default_level(line),
    /// });
    /// # let _ = quiet;
    /// ```
    #[must_use]
    pub fn levels<F>(self, levels: F) -> Breadcrumbs<F>
    where
        F: Fn(&Line<'_>) -> Option<Level> + Send + Sync,
    {
        Breadcrumbs {
            levels,
            lines: self.lines,
        }
    }
}

impl<L: Fn(&Line<'_>) -> Option<Level> + Send + Sync> Observer for Breadcrumbs<L> {
    fn on_event(&self, event: &Event<'_>) {
        if let Some(line) = self.lines.of_event(event) {
            self.leave(&line);
        }
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        if let Some(line) = Lines::of_end(call) {
            self.leave(&line);
        }
    }

    fn on_circuit_change(&self, change: &CircuitChange<'_>) {
        self.leave(&self.lines.of_change(change));
    }

    fn interest(&self) -> Interest {
        Interest::FAILURES
    }
}

impl<L: Fn(&Line<'_>) -> Option<Level>> Breadcrumbs<L> {
    fn leave(&self, line: &Line<'_>) {
        let Some(level) = (self.levels)(line) else {
            return;
        };
        add_breadcrumb(|| Breadcrumb {
            category: Some("redress".to_owned()),
            message: Some(line.name().to_owned()),
            level,
            data: data(line),
            ..Breadcrumb::default()
        });
    }
}

fn data(line: &Line<'_>) -> Map<String, Json> {
    let mut data = Map::new();
    Fields::of(line).each(|name, value| {
        let value = match value {
            Value::Text(text) => text.into(),
            Value::Number(number) => number.into(),
            Value::Seconds(seconds) => seconds.into(),
            Value::Details(details) => details.to_string().into(),
        };
        data.insert(name.to_owned(), value);
    });
    data
}

impl<L> fmt::Debug for Breadcrumbs<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breadcrumbs").finish_non_exhaustive()
    }
}

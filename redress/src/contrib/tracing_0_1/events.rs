use std::fmt;

use ::tracing_0_1::level_filters::LevelFilter;
use ::tracing_0_1::{Level, event};

use super::level::at_level;
use crate::breaker::CircuitChange;
use crate::contrib::lines::{Fields, Line, Lines, Severity};
use crate::observe::{CallEnd, Event, Interest, Observer};

/// Returns an observer that writes an event for each [`Line`]: retries, stops, successes after retries,
/// changes of breakers. What each of them says and how bad it is by default, is in
/// [`lines`](crate::contrib::lines).
///
/// A call that succeeds at its first attempt writes nothing and costs next to nothing, unless
/// [`successes`](Events::successes) asks for it.
///
/// ```
/// use redress::Policy;
/// use redress::contrib::tracing_0_1::events;
///
/// let policy = Policy::builder().operation("load_order").on_event(events()).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn events() -> Events {
    Events {
        levels: default_level,
        lines: Lines::default(),
        successes: false,
    }
}

/// The observer of [`events`].
pub struct Events<L = fn(&Line<'_>) -> Option<Level>> {
    levels: L,
    lines: Lines,
    successes: bool,
}

/// Returns the level that a line has by default, never ERROR: see [`lines`](crate::contrib::lines).
#[must_use]
pub fn default_level(line: &Line<'_>) -> Option<Level> {
    Some(match Severity::of(line) {
        Severity::Trace => Level::TRACE,
        Severity::Debug => Level::DEBUG,
        Severity::Info => Level::INFO,
        Severity::Warn => Level::WARN,
    })
}

impl<L> Events<L> {
    /// Sets the level of each line; with `None` there is no event. Default: [`default_level`].
    ///
    /// ```
    /// # extern crate tracing_0_1 as tracing;
    /// use redress::EventName;
    /// use redress::contrib::lines::Line;
    /// use redress::contrib::tracing_0_1::{default_level, events};
    /// use tracing::Level;
    ///
    /// let quiet = events().levels(|line| match line {
    ///     Line::Event(event) if event.name() == EventName::Retry => Some(Level::DEBUG),
    ///     _ if line.operation() == Some("poll_mail") => None,
    ///     _ => default_level(line),
    /// });
    /// # let _ = quiet;
    /// ```
    #[must_use]
    pub fn levels<F>(self, levels: F) -> Events<F>
    where
        F: Fn(&Line<'_>) -> Option<Level> + Send + Sync,
    {
        Events {
            levels,
            lines: self.lines,
            successes: self.successes,
        }
    }

    /// Writes an event, at TRACE by default, for each call that succeeds at its first attempt, too. Every
    /// call of the policy is watched from its start then.
    #[must_use]
    pub fn successes(mut self) -> Self {
        self.successes = true;
        self
    }
}

impl<L: Fn(&Line<'_>) -> Option<Level> + Send + Sync> Observer for Events<L> {
    fn on_event(&self, event: &Event<'_>) {
        if let Some(line) = self.lines.of_event(event) {
            self.write(&line);
        }
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        if let Some(line) = Lines::of_end(call) {
            self.write(&line);
        }
    }

    fn on_circuit_change(&self, change: &CircuitChange<'_>) {
        self.write(&self.lines.of_change(change));
    }

    fn interest(&self) -> Interest {
        Lines::interest(self.successes)
    }
}

impl<L: Fn(&Line<'_>) -> Option<Level>> Events<L> {
    fn write(&self, line: &Line<'_>) {
        let Some(level) = (self.levels)(line) else {
            return;
        };
        // The fields are for whoever listens.
        if level > LevelFilter::current() {
            return;
        }
        let name = line.name();
        let fields = Fields::of(line);
        macro_rules! write {
            ($level:expr) => {
                event!(
                    target: "redress",
                    $level,
                    redress.operation = fields.operation,
                    redress.attempt = fields.attempt,
                    error.type = fields.class,
                    redress.cause = fields.cause,
                    redress.error_type = fields.error_type,
                    redress.stop_reason = fields.stop_reason,
                    redress.delay = fields.delay,
                    redress.retry_after = fields.retry_after,
                    redress.elapsed = fields.elapsed,
                    redress.details = fields.details.map(display),
                    redress.breaker = fields.breaker,
                    "{name}"
                )
            };
        }
        at_level!(level, write);
    }
}

impl<L> fmt::Debug for Events<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("successes", &self.successes)
            .finish_non_exhaustive()
    }
}

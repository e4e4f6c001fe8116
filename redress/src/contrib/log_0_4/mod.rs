//! Lines for [`log`](::log_0_4) 0.4. Feature `log-0_4`.
//!
//! In `main`, before the first call:
//!
//! ```
//! use redress::contrib::log_0_4::lines;
//! use redress::observe;
//!
//! # fn main() -> Result<(), observe::DefaultIsSet> {
//! observe::set_default(lines())?;
//! # Ok(())
//! # }
//! ```
//!
//! A line is whole as text, such as
//! `load_order: retry after 1 attempt, in 250ms: RATE_LIMIT (error)`, and has the same as key-values for
//! loggers that take them. The target is `redress`. What is written and how bad it is by default, is in
//! [`lines`](crate::contrib::lines).

use std::fmt;

use ::log_0_4::kv::{self, Error, Key, Source, VisitSource};
use ::log_0_4::{Level, Metadata, Record};

use super::lines::{Fields, Line, Lines, Severity, Value};
use crate::breaker::CircuitChange;
use crate::observe::{CallEnd, Event, Interest, Observer};

const TARGET: &str = "redress";

/// Returns an observer that writes a line for each [`Line`]: retries, stops, successes after retries,
/// changes of breakers.
///
/// A call that succeeds at its first attempt writes nothing and costs next to nothing, unless
/// [`successes`](LogLines::successes) asks for it.
///
/// ```
/// use redress::Policy;
/// use redress::contrib::log_0_4::lines;
///
/// let policy = Policy::builder().operation("load_order").on_event(lines()).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn lines() -> LogLines {
    LogLines {
        levels: default_level,
        lines: Lines::default(),
        successes: false,
    }
}

/// The observer of [`lines`].
pub struct LogLines<L = fn(&Line<'_>) -> Option<Level>> {
    levels: L,
    lines: Lines,
    successes: bool,
}

/// Returns the level that a line has by default, never `Error`: see [`lines`](crate::contrib::lines).
#[must_use]
pub fn default_level(line: &Line<'_>) -> Option<Level> {
    Some(match Severity::of(line) {
        Severity::Trace => Level::Trace,
        Severity::Debug => Level::Debug,
        Severity::Info => Level::Info,
        Severity::Warn => Level::Warn,
    })
}

impl<L> LogLines<L> {
    /// Sets the level of each line; with `None` nothing is written. Default: [`default_level`].
    ///
    /// ```
    /// # extern crate log_0_4 as log;
    /// use log::Level;
    /// use redress::EventName;
    /// use redress::contrib::lines::Line;
    /// use redress::contrib::log_0_4::{default_level, lines};
    ///
    /// let quiet = lines().levels(|line| match line {
    ///     Line::Event(event) if event.name() == EventName::Retry => Some(Level::Debug),
    ///     _ if line.operation() == Some("poll_mail") => None,
    ///     _ => default_level(line),
    /// });
    /// # let _ = quiet;
    /// ```
    #[must_use]
    pub fn levels<F>(self, levels: F) -> LogLines<F>
    where
        F: Fn(&Line<'_>) -> Option<Level> + Send + Sync,
    {
        LogLines {
            levels,
            lines: self.lines,
            successes: self.successes,
        }
    }

    /// Writes a line, at `Trace` by default, for each call that succeeds at its first attempt, too. Every
    /// call of the policy is watched from its start then.
    #[must_use]
    pub fn successes(mut self) -> Self {
        self.successes = true;
        self
    }
}

impl<L: Fn(&Line<'_>) -> Option<Level> + Send + Sync> Observer for LogLines<L> {
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

impl<L: Fn(&Line<'_>) -> Option<Level>> LogLines<L> {
    fn write(&self, line: &Line<'_>) {
        let Some(level) = (self.levels)(line) else {
            return;
        };
        if level > ::log_0_4::STATIC_MAX_LEVEL || level > ::log_0_4::max_level() {
            return;
        }
        let metadata = Metadata::builder().level(level).target(TARGET).build();
        let logger = ::log_0_4::logger();
        if !logger.enabled(&metadata) {
            return;
        }
        let fields = KeyValues(Fields::of(line));
        logger.log(
            &Record::builder()
                .metadata(metadata)
                .module_path_static(Some(module_path!()))
                .key_values(&fields)
                .args(format_args!("{line}"))
                .build(),
        );
    }
}

impl<L> fmt::Debug for LogLines<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines")
            .field("successes", &self.successes)
            .finish_non_exhaustive()
    }
}

/// The fields of a line as key-values.
struct KeyValues<'a>(Fields<'a>);

impl Source for KeyValues<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), Error> {
        let mut visited = Ok(());
        self.0.each(|name, value| {
            if visited.is_ok() {
                let value = match value {
                    Value::Text(text) => text.into(),
                    Value::Number(number) => number.into(),
                    Value::Seconds(seconds) => seconds.into(),
                    Value::Details(details) => kv::Value::from_display(details),
                };
                visited = visitor.visit_pair(Key::from_str(name), value);
            }
        });
        visited
    }
}

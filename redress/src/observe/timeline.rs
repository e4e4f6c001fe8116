use std::fmt;
use std::time::Duration;

use super::{Event, EventName};
use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// The events of one call, in order. Its `Display` is a table for people.
///
/// ```
/// use redress::{Policy, testing::VirtualClock};
///
/// let policy = Policy::builder().max_attempts(2).clock(VirtualClock::new()).build()?;
/// let outcome = policy
///     .context()
///     .capture_timeline()
///     .execute(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)));
/// println!("{}", outcome.timeline.unwrap());
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    events: Vec<TimelineEvent>,
}

impl Timeline {
    /// Creates a timeline without events.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { events: Vec::new() }
    }

    /// Forgets the events, and keeps their memory for the next.
    #[inline]
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// Lists the events.
    #[must_use]
    #[inline]
    pub fn events(&self) -> &[TimelineEvent] {
        &self.events
    }

    #[inline]
    pub(crate) fn add(&mut self, event: TimelineEvent) {
        self.events.push(event);
    }

    #[inline]
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        self.add(TimelineEvent {
            name: event.name,
            attempt: event.attempt,
            elapsed: event.elapsed,
            sleep: event.sleep,
            class: event.class,
            stop_reason: event.stop_reason,
            cause: event.cause,
        });
    }
}

/// One event of a [`Timeline`]: what an [`Event`] says, without what it borrows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TimelineEvent {
    /// The name of the event.
    pub name: EventName,
    /// The attempt after which it happened; 0 before the first.
    pub attempt: u32,
    /// The time since the operation's start, as [`Event::elapsed`].
    pub elapsed: Duration,
    /// The delay before the next attempt; zero if there is none.
    pub sleep: Duration,
    /// The class of the failure.
    pub class: Option<ErrorClass>,
    /// The reason why the call stopped, if it stopped without a success.
    pub stop_reason: Option<StopReason>,
    /// The cause of the failure.
    pub cause: Option<Cause>,
}

impl fmt::Display for Timeline {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>10}  {:>7}  {:<29}  {:<12}  {:<7}  {:>10}  STOPPED",
            "ELAPSED", "ATTEMPT", "EVENT", "CLASS", "CAUSE", "SLEEP"
        )?;
        for event in &self.events {
            let sleep = match event.name {
                EventName::Retry | EventName::Scheduled => Readable(event.sleep).to_string(),
                _ => String::new(),
            };
            let line = format!(
                "{:>10}  {:>7}  {:<29}  {:<12}  {:<7}  {sleep:>10}  {}",
                Readable(event.elapsed).to_string(),
                event.attempt,
                event.name,
                event.class.map_or("", ErrorClass::as_str),
                event.cause.map_or("", Cause::as_str),
                event.stop_reason.map_or("", StopReason::as_str),
            );
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A duration with the three or four digits that a person reads.
struct Readable(Duration);

impl fmt::Display for Readable {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if self.0.is_zero() {
            f.write_str("0 s")
        } else if seconds < 0.001 {
            write!(f, "{:.0} us", seconds * 1e6)
        } else if seconds < 1.0 {
            write!(f, "{:.1} ms", seconds * 1e3)
        } else {
            write!(f, "{seconds:.3} s")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_line_for_each_event() {
        let timeline = Timeline {
            events: vec![TimelineEvent {
                name: EventName::Retry,
                attempt: 1,
                elapsed: Duration::from_millis(12),
                sleep: Duration::from_secs(7),
                class: Some(ErrorClass::RateLimit),
                stop_reason: None,
                cause: Some(Cause::Error),
            }],
        };
        let table = timeline.to_string();
        let line = table.lines().nth(1).unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            [
                "12.0",
                "ms",
                "1",
                "retry",
                "RATE_LIMIT",
                "error",
                "7.000",
                "s"
            ]
        );
    }
}

use std::sync::Arc;
use std::time::Duration;

use super::log::Log;
use crate::classify::{Classification, ErrorClass};
use crate::observe::{
    AttemptEnd, AttemptStart, AttemptStatus, CallEnd, CallObserver, CallResult, CallStart, Event,
    EventName, Observer, Timeline, TimelineEvent,
};
use crate::reason::{Cause, StopReason};

/// An observer that records everything it sees. Clones share the record.
///
/// ```
/// use redress::testing::{RecordingObserver, instant_retries};
/// use redress::{EventName, Policy, StopReason};
///
/// let observer = RecordingObserver::new();
/// let policy = Policy::builder()
///     .strategy(instant_retries())
///     .max_attempts(3)
///     .on_event(observer.clone())
///     .build()?;
/// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// policy.call(down).unwrap_err();
/// assert_eq!(observer.count(EventName::Retry), 2);
/// assert_eq!(observer.last().unwrap().stop_reason, Some(StopReason::MaxAttemptsGlobal));
/// assert_eq!(observer.attempts().len(), 2 * 3); // a start and an end each
/// assert_eq!(observer.calls()[0].retries, 2);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RecordingObserver {
    events: Log<RecordedEvent>,
    attempts: Log<RecordedAttempt>,
    starts: Log<Option<String>>,
    calls: Log<RecordedEnd>,
}

impl RecordingObserver {
    /// Creates an observer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the events in the order in which they were seen.
    #[must_use]
    pub fn events(&self) -> Vec<RecordedEvent> {
        self.events.entries()
    }

    /// Returns the most recent event.
    #[must_use]
    pub fn last(&self) -> Option<RecordedEvent> {
        self.events.last()
    }

    /// Returns the number of events with this name.
    #[must_use]
    pub fn count(&self, name: EventName) -> usize {
        self.events.count(|event| event.name == name)
    }

    /// Returns the starts and ends of attempts in the order in which they were seen.
    #[must_use]
    pub fn attempts(&self) -> Vec<RecordedAttempt> {
        self.attempts.entries()
    }

    /// Returns the operations of the calls that were seen to start, in that order.
    #[must_use]
    pub fn starts(&self) -> Vec<Option<String>> {
        self.starts.entries()
    }

    /// Returns the calls that were seen to end, in that order.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedEnd> {
        self.calls.entries()
    }

    /// Returns the events as a timeline, for
    /// [`assert_timeline`](crate::testing::assert_timeline()). It is the timeline of one call only
    /// if the observer has seen no other.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let mut timeline = Timeline::default();
        for event in self.events() {
            timeline.add(event.into());
        }
        timeline
    }

    /// Clears the record.
    pub fn clear(&self) {
        self.events.clear();
        self.attempts.clear();
        self.starts.clear();
        self.calls.clear();
    }
}

impl Observer for RecordingObserver {
    fn on_event(&self, event: &Event<'_>) {
        self.events.push(RecordedEvent::from(event));
    }

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.attempts.push(RecordedAttempt {
            attempt: attempt.attempt,
            elapsed: attempt.elapsed,
            duration: Duration::ZERO,
            operation: attempt.operation.map(String::from),
            status: None,
            class: None,
            cause: None,
        });
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.attempts.push(RecordedAttempt {
            attempt: attempt.attempt,
            elapsed: attempt.elapsed,
            duration: attempt.duration,
            operation: attempt.operation.map(String::from),
            status: Some(attempt.status),
            class: attempt.class,
            cause: attempt.cause,
        });
    }

    fn on_call_start(&self, call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        self.starts.push(call.operation.map(String::from));
        None
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.calls.push(RecordedEnd {
            operation: call.operation.map(String::from),
            result: call.result,
            stop_reason: call.stop_reason,
            attempts: call.attempts,
            retries: call.retries(),
            duration: call.duration,
            last_class: call.last_class,
            retry_after: call.retry_after,
        });
    }
}

/// An [`Event`] that a [`RecordingObserver`] has seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// The kind of event.
    pub name: EventName,
    /// The attempt after which it happened; 0 before the first.
    pub attempt: u32,
    /// The time since the operation's start, as in [`Event::elapsed`].
    pub elapsed: Duration,
    /// The delay before the next attempt; zero if there is none.
    pub sleep: Duration,
    /// The class of the failure.
    pub class: Option<ErrorClass>,
    /// The reason why the call stopped, if it stopped without a success.
    pub stop_reason: Option<StopReason>,
    /// The cause of the attempt's failure.
    pub cause: Option<Cause>,
    /// The name of the error's type, if the failure was an error.
    pub error_type: Option<&'static str>,
    /// How long the other side asked to wait.
    pub retry_after: Option<Duration>,
    /// The name of the operation, if it has one.
    pub operation: Option<String>,
}

impl From<&Event<'_>> for RecordedEvent {
    fn from(event: &Event<'_>) -> Self {
        Self {
            name: event.name,
            attempt: event.attempt,
            elapsed: event.elapsed,
            sleep: event.sleep,
            class: event.class,
            stop_reason: event.stop_reason,
            cause: event.cause,
            error_type: event.error_type,
            retry_after: event
                .classification
                .and_then(Classification::retry_after_hint),
            operation: event.operation.map(String::from),
        }
    }
}

impl From<RecordedEvent> for TimelineEvent {
    fn from(event: RecordedEvent) -> Self {
        Self {
            name: event.name,
            attempt: event.attempt,
            elapsed: event.elapsed,
            sleep: event.sleep,
            class: event.class,
            stop_reason: event.stop_reason,
            cause: event.cause,
        }
    }
}

/// The start or the end of an attempt that a [`RecordingObserver`] has seen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedAttempt {
    /// The attempt's number, counted from 1.
    pub attempt: u32,
    /// The time since the operation's start, as in [`Event::elapsed`].
    pub elapsed: Duration,
    /// How long the attempt took; zero at its start.
    pub duration: Duration,
    /// The name of the operation, if it has one.
    pub operation: Option<String>,
    /// The status at the attempt's end; `None` at its start.
    pub status: Option<AttemptStatus>,
    /// The class of the failure.
    pub class: Option<ErrorClass>,
    /// The cause of the attempt's failure.
    pub cause: Option<Cause>,
}

/// The end of a call that a [`RecordingObserver`] has seen: what a [`CallEnd`] says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedEnd {
    /// The name of the operation, if it has one.
    pub operation: Option<String>,
    /// How the call ended.
    pub result: CallResult,
    /// The reason why it stopped, if it stopped without a success.
    pub stop_reason: Option<StopReason>,
    /// The number of attempts of the operation, those of earlier calls included.
    pub attempts: u32,
    /// The number of retries that this call made.
    pub retries: u32,
    /// How long the call took.
    pub duration: Duration,
    /// The class of the last failure, also of a call that succeeded after it.
    pub last_class: Option<ErrorClass>,
    /// For how long the circuit breaker refuses, if it refused the call.
    pub retry_after: Option<Duration>,
}

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::classify::ErrorClass;
use crate::observe::{AttemptEnd, AttemptStart, Event, Observer, Timeline};
use crate::outcome::Outcome;
use crate::reason::{Cause, StopReason};

/// A call of a [`RecordingPolicy`](super::RecordingPolicy) or a
/// [`FakePolicy`](super::FakePolicy).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The name of the operation, if it has one.
    pub operation: Option<String>,
    /// The state of the call: running, or the way it ended.
    pub status: CallStatus,
    /// The number of attempts started; 0 if the call was refused.
    pub attempts: u32,
    /// The reason why the call stopped; `None` after a success, and while it runs.
    pub stop_reason: Option<StopReason>,
    /// The class of the last failure; `None` after a success.
    pub last_class: Option<ErrorClass>,
    /// The cause of the last attempt's failure; `None` after a success.
    pub cause: Option<Cause>,
    /// The time from the call's start to its end, or to its last recorded event.
    pub elapsed: Duration,
    /// The call's events.
    pub timeline: Timeline,
}

/// The state of a [`RecordedCall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallStatus {
    /// The call is not over.
    Running,
    /// The call succeeded.
    Succeeded,
    /// The call stopped without a success.
    Failed,
    /// The call never returned: its future was dropped, or it panicked.
    Cancelled,
}

impl RecordedCall {
    const STARTED: Self = Self {
        operation: None,
        status: CallStatus::Running,
        attempts: 0,
        stop_reason: None,
        last_class: None,
        cause: None,
        elapsed: Duration::ZERO,
        timeline: Timeline::new(),
    };

    /// Returns `true` if the call succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == CallStatus::Succeeded
    }

    fn end<T, E>(&mut self, outcome: &Outcome<T, E>) {
        self.status = match outcome.is_ok() {
            true => CallStatus::Succeeded,
            false => CallStatus::Failed,
        };
        self.attempts = outcome.attempts;
        self.stop_reason = outcome.stop_reason;
        self.last_class = outcome.last_class;
        self.cause = outcome.cause;
        self.elapsed = outcome.elapsed;
    }

    fn name(&mut self, operation: Option<&str>) {
        self.operation = operation.map(String::from);
    }
}

/// The calls of a policy in the order of their starts. Clones share them.
#[derive(Clone, Default)]
pub(super) struct CallsLog(Arc<Mutex<CallLog>>);

#[derive(Default)]
struct CallLog {
    calls: BTreeMap<u64, RecordedCall>,
    started: u64,
}

impl CallsLog {
    pub(super) fn start(&self) -> Recorder {
        let mut state = self.lock();
        let id = state.started;
        state.started = id.wrapping_add(1);
        state.calls.insert(id, RecordedCall::STARTED);
        drop(state);
        Recorder(Seen {
            calls: self.clone(),
            id,
        })
    }

    pub(super) fn list(&self) -> Vec<RecordedCall> {
        self.lock().calls.values().cloned().collect()
    }

    /// Clears the record; calls still running are not recorded any further.
    pub(super) fn clear(&self) {
        self.lock().calls.clear();
    }

    fn lock(&self) -> MutexGuard<'_, CallLog> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CallsLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list().fmt(f)
    }
}

/// Records one call. Dropping it before [`end`](Self::end) is cancellation.
pub(super) struct Recorder(Seen);

impl Recorder {
    /// Returns the observer of the call's events.
    pub(super) fn observer(&self) -> Seen {
        self.0.clone()
    }

    pub(super) fn end<T, E>(&self, outcome: &Outcome<T, E>) {
        self.0.note(|call| call.end(outcome));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.note(|call| {
            if call.status == CallStatus::Running {
                call.status = CallStatus::Cancelled;
            }
        });
    }
}

/// Observes the events and attempts of one call.
#[derive(Clone)]
pub(super) struct Seen {
    calls: CallsLog,
    id: u64,
}

impl Seen {
    fn note(&self, note: impl FnOnce(&mut RecordedCall)) {
        if let Some(call) = self.calls.lock().calls.get_mut(&self.id) {
            note(call);
        }
    }
}

impl Observer for Seen {
    fn on_event(&self, event: &Event<'_>) {
        self.note(|call| {
            call.name(event.operation);
            call.elapsed = event.elapsed;
            call.timeline.push(event);
        });
    }

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.note(|call| {
            call.name(attempt.operation);
            call.elapsed = attempt.elapsed;
            call.attempts = attempt.attempt;
        });
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.note(|call| {
            call.elapsed = attempt.elapsed;
            call.last_class = attempt.class;
            call.cause = attempt.cause;
        });
    }
}

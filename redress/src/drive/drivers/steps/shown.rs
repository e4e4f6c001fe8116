//! What a call by steps shows to the observers of its policy.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::drive::state::CompiledPolicy;
use crate::engine::{Call, Failed, LastFailure};
use crate::observe::{
    AttemptEnd, AttemptStart, AttemptStatus, Audience, CallEnd, CallObserver, CallResult,
    CallStart, Event, EventName, in_call_scope,
};
use crate::reason::StopReason;
use crate::shielded::shielded;

/// The watched side of a call; empty without observers. A clone shows nothing: a call has one end.
pub(super) struct Shown(Option<Box<Watched>>);

struct Watched {
    config: Arc<CompiledPolicy>,
    /// What observers have returned for this call alone.
    watchers: Vec<Arc<dyn CallObserver>>,
    attempts_before: u32,
    /// The operation's elapsed time at the start of the call.
    before: Duration,
    attempts: u32,
    /// When the attempt in progress has started, if there is one.
    attempt: Option<Duration>,
    /// The latest time that was told.
    now: Duration,
    last: Option<LastFailure>,
    /// Those see it, too, that see calls from their first failure on.
    is_awake: bool,
    /// A token was taken since the last step.
    is_handed_over: bool,
    is_over: bool,
}

impl Shown {
    pub(super) fn start(config: &Arc<CompiledPolicy>, call: &Call, before: Duration) -> Self {
        if config.observers.len() == 0 {
            return Self(None);
        }
        let mut watched = Watched {
            config: Arc::clone(config),
            watchers: Vec::new(),
            attempts_before: call.attempts(),
            before,
            attempts: call.attempts(),
            attempt: None,
            now: before,
            last: None,
            is_awake: false,
            is_handed_over: false,
            is_over: false,
        };
        watched.show_start_to(Audience::Early);
        Self(Some(Box::new(watched)))
    }

    pub(super) fn attempt_start(&mut self, call: &Call, now: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.is_handed_over = false;
            watched.attempts = call.attempts();
            (watched.attempt, watched.now) = (Some(now), now);
            watched.show_attempt_start_to(watched.audience(), 0);
        }
    }

    pub(super) fn success(&mut self, now: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.end_attempt(AttemptStatus::Succeeded, None, now);
            watched.show(EventName::Success, None, Duration::ZERO, None);
            watched.end(match watched.attempts {
                0 | 1 => CallResult::Success,
                _ => CallResult::SuccessAfterRetry,
            });
        }
    }

    /// Shows the end of an attempt whose value is not ready yet, which forgets what failed before it.
    pub(super) fn answer(&mut self, now: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.last = None;
            watched.end_attempt(AttemptStatus::Succeeded, None, now);
        }
    }

    pub(super) fn not_yet(&mut self, delay: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.show(EventName::NotYet, None, delay, None);
        }
    }

    pub(super) fn failure(&mut self, failed: &Failed, now: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.wake();
            if failed.classification.is_abort() {
                watched.end_attempt(AttemptStatus::Aborted, None, now);
            } else {
                watched.last = Some(LastFailure {
                    class: failed.classification.class(),
                    cause: failed.cause,
                });
                watched.end_attempt(AttemptStatus::Failed, Some(failed), now);
            }
        }
    }

    pub(super) fn retry(&mut self, failed: &Failed, delay: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.show(EventName::Retry, None, delay, Some(failed));
        }
    }

    pub(super) fn stop(&mut self, reason: StopReason, failed: Option<&Failed>, now: Duration) {
        if let Some(watched) = &mut self.0 {
            watched.now = now;
            watched.stop(reason, failed);
        }
    }

    /// Notes that another call is to continue this one, unless this one goes on itself.
    pub(super) fn hand_over(&mut self) {
        if let Some(watched) = &mut self.0 {
            watched.is_handed_over = true;
        }
    }
}

impl Watched {
    const fn audience(&self) -> Audience {
        if self.is_awake {
            Audience::All
        } else {
            Audience::Early
        }
    }

    fn operation(&self) -> Option<&str> {
        self.config.operation.as_deref()
    }

    fn show_start_to(&mut self, audience: Audience) {
        let mut watchers = mem::take(&mut self.watchers);
        let start = CallStart {
            operation: self.operation(),
            attempts: self.attempts_before,
            is_late: audience == Audience::Late,
        };
        let observers = &self.config.observers;
        observers.start_call(audience, &start, &mut watchers);
        self.watchers = watchers;
    }

    /// Shows the attempt in progress to the observers of the audience, and to the watchers of this call
    /// from `first` on.
    fn show_attempt_start_to(&self, audience: Audience, first: usize) {
        let start = AttemptStart {
            attempt: self.attempts,
            elapsed: self.attempt.unwrap_or(self.now),
            operation: self.operation(),
        };
        let observers = &self.config.observers;
        observers.each_of_attempts(audience, |observer| observer.on_attempt_start(&start));
        for watcher in self.watchers.iter().skip(first) {
            shielded((), || watcher.on_attempt_start(&start));
        }
    }

    /// Shows the call to those that see calls from their first failure on, or from a stop.
    fn wake(&mut self) {
        if mem::replace(&mut self.is_awake, true) {
            return;
        }
        let early = self.watchers.len();
        self.show_start_to(Audience::Late);
        if self.attempt.is_some() {
            self.show_attempt_start_to(Audience::Late, early);
        }
    }

    fn end_attempt(&mut self, status: AttemptStatus, failed: Option<&Failed>, now: Duration) {
        self.now = now;
        let Some(started) = self.attempt.take() else {
            return;
        };
        let end = AttemptEnd {
            attempt: self.attempts,
            elapsed: now,
            duration: now.saturating_sub(started),
            operation: self.operation(),
            status,
            class: failed.map(|failed| failed.classification.class()),
            cause: failed.map(|failed| failed.cause),
            error_type: None,
            classification: failed.map(|failed| &failed.classification),
        };
        let observers = &self.config.observers;
        observers.each_of_attempts(self.audience(), |observer| observer.on_attempt_end(&end));
        for watcher in &self.watchers {
            shielded((), || watcher.on_attempt_end(&end));
        }
    }

    fn show(
        &self,
        name: EventName,
        stop_reason: Option<StopReason>,
        sleep: Duration,
        failed: Option<&Failed>,
    ) {
        let last = match name {
            EventName::Success | EventName::Aborted => None,
            _ => self.last,
        };
        let event = Event {
            name,
            attempt: self.attempts,
            elapsed: self.now,
            sleep,
            class: last.map(|last| last.class),
            stop_reason,
            cause: last.map(|last| last.cause),
            error_type: None,
            classification: failed.map(|failed| &failed.classification),
            operation: self.operation(),
        };
        in_call_scope(&self.watchers, || {
            let observers = &self.config.observers;
            observers.each_of_events(self.audience(), &event);
            for watcher in &self.watchers {
                shielded((), || watcher.on_event(&event));
            }
        });
    }

    fn stop(&mut self, reason: StopReason, failed: Option<&Failed>) {
        self.wake();
        self.show(
            EventName::of_stop(reason),
            Some(reason),
            Duration::ZERO,
            failed,
        );
        self.end_stopped(CallResult::of_stop(reason), Some(reason));
    }

    fn end(&mut self, result: CallResult) {
        self.end_stopped(result, None);
    }

    fn end_stopped(&mut self, result: CallResult, stop_reason: Option<StopReason>) {
        self.is_over = true;
        let watchers = mem::take(&mut self.watchers);
        let end = CallEnd {
            operation: self.operation(),
            result,
            stop_reason,
            attempts: self.attempts,
            attempts_before: self.attempts_before,
            duration: self.now.saturating_sub(self.before),
            last_class: self.last.map(|last| last.class),
            cause: self.last.map(|last| last.cause),
            retry_after: None,
        };
        in_call_scope(&watchers, || {
            let observers = &self.config.observers;
            observers.each(self.audience(), |observer| observer.on_call_end(&end));
            for watcher in &watchers {
                shielded((), || watcher.on_call_end(&end));
            }
        });
        // What a watcher holds may be the user's.
        shielded((), || drop(watchers));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.end_attempt(AttemptStatus::Cancelled, None, self.now);
        if thread::panicking() {
            self.end(CallResult::Panicked);
        } else if self.is_handed_over {
            self.stop(StopReason::Scheduled, None);
        } else {
            self.end(CallResult::Cancelled);
        }
    }
}

impl Clone for Shown {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shown").field(&self.0.is_some()).finish()
    }
}

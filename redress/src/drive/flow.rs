use std::time::Duration;

use super::frame::Frame;
use super::hooks::{Hooks, SleepDecision, shielded};
use super::judged::Judged;
use crate::StopReason;
use crate::engine::{Attempted, Call, Decision, Failure};
use crate::observe::{AttemptEnd, AttemptStart, AttemptStatus, Event, EventName};

/// The engine's decisions of one call, shown to everybody who watches.
///
/// It never waits: it says when to, and for how long.
#[derive(Default)]
pub(crate) struct Flow {
    call: Call,
    /// When the last decision fell, in nanoseconds since the call's start; with an attempt in
    /// progress, when that started.
    decided: u64,
    in_attempt: bool,
}

/// What a driver does next.
pub(crate) enum Next {
    Return,
    Pause(Duration),
}

/// The call is over without another attempt.
pub(crate) struct Stopped;

impl Flow {
    /// Starts before the first attempt.
    pub(crate) fn before_first_attempt() -> Self {
        Self::default()
    }

    /// Starts within the first attempt of a call that nobody watches.
    pub(crate) fn in_first_attempt() -> Self {
        Self {
            call: Call::in_first_attempt(),
            ..Self::default()
        }
    }

    /// Starts an attempt, unless something has come between.
    #[inline]
    pub(crate) fn next_attempt(
        &mut self,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        if frame.watched && aborts(hooks) {
            self.stop(StopReason::Aborted, None, frame, hooks);
            return Err(Stopped);
        }
        self.call.next_attempt();
        if frame.watched {
            self.announce_start(frame, hooks);
        }
        Ok(())
    }

    /// Starts an attempt after a pause that took time.
    pub(crate) fn next_attempt_after_pause(
        &mut self,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Result<(), Stopped> {
        let elapsed = frame.elapsed();
        self.decided = nanos(elapsed);
        // Shutting down comes before being late.
        if frame.config.rules.is_over(elapsed) && !(frame.watched && aborts(hooks)) {
            self.stop(StopReason::DeadlineExceeded, None, frame, hooks);
            return Err(Stopped);
        }
        self.next_attempt(frame, hooks)
    }

    /// Ends the attempt and says what follows.
    #[inline]
    pub(crate) fn end_attempt(
        &mut self,
        judged: &Judged,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Next {
        if frame.watched {
            self.announce_end(&judged.attempted, frame, hooks);
            if !judged.is_success() && aborts(hooks) {
                return self.stop(StopReason::Aborted, None, frame, hooks);
            }
        }
        let elapsed = frame.elapsed();
        self.decided = nanos(elapsed);
        let rules = &frame.config.rules;
        match self.call.record(rules, &judged.attempted, elapsed) {
            Decision::Done => {
                self.emit(EventName::Success, Duration::ZERO, None, frame, hooks);
                Next::Return
            }
            Decision::Stop(reason) => self.stop(reason, judged.error_type, frame, hooks),
            Decision::Retry(delay) => self.retry(judged, delay, frame, hooks),
        }
    }

    #[inline]
    fn retry(
        &mut self,
        judged: &Judged,
        delay: Duration,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Next {
        let rules = &frame.config.rules;
        let decision = if frame.watched {
            self.ask_before_sleep(judged, delay, frame, hooks)
        } else {
            SleepDecision::Sleep
        };
        self.call.take_delay(rules, delay);
        match decision {
            SleepDecision::Sleep => Next::Pause(delay),
            SleepDecision::Abort => self.stop(StopReason::Aborted, None, frame, hooks),
            SleepDecision::Defer => {
                self.call.stop(StopReason::Scheduled);
                self.emit(EventName::Scheduled, delay, judged.error_type, frame, hooks);
                Next::Return
            }
        }
    }

    /// Announces the retry, and lets the call's hooks decide whether to sleep before it.
    #[cold]
    fn ask_before_sleep(
        &self,
        judged: &Judged,
        delay: Duration,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> SleepDecision {
        self.emit(EventName::Retry, delay, judged.error_type, frame, hooks);
        let Some((classification, cause)) = judged.attempted.failure() else {
            return SleepDecision::Sleep;
        };
        let elapsed = Duration::from_nanos(self.decided);
        let rules = &frame.config.rules;
        let ctx = self.call.context(rules, classification, cause, elapsed);
        let decision = shielded(SleepDecision::Sleep, || hooks.sleep_decision(&ctx, delay));
        if decision == SleepDecision::Sleep {
            shielded((), || hooks.before_sleep(&ctx, delay));
        }
        decision
    }

    /// Ends the attempt that is never going to return. Without one, does nothing.
    pub(crate) fn cancel(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        self.finish_attempt(AttemptStatus::Cancelled, None, frame, hooks);
    }

    /// Returns how long the attempt may still run, if there is a limit.
    pub(crate) fn attempt_limit(&self, frame: &Frame<'_>) -> Option<Duration> {
        let timeout = frame.config.attempt_timeout;
        let deadline = frame.config.rules.deadline;
        if timeout.is_none() && deadline.is_none() {
            return None;
        }
        let elapsed = frame.elapsed();
        let ran = elapsed.saturating_sub(Duration::from_nanos(self.decided));
        let own = timeout.map_or(Duration::MAX, |timeout| timeout.saturating_sub(ran));
        let whole = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_sub(elapsed));
        Some(own.min(whole))
    }

    pub(crate) const fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    pub(crate) const fn failure(&self) -> Option<Failure> {
        self.call.failure()
    }

    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.call.stop_reason()
    }

    /// Returns the delay that was handed to somebody else.
    pub(crate) fn deferred(&self, frame: &Frame<'_>) -> Option<Duration> {
        match self.call.stop_reason() {
            Some(StopReason::Scheduled) => self.call.delay(&frame.config.rules),
            _ => None,
        }
    }

    fn stop(
        &mut self,
        reason: StopReason,
        error_type: Option<&'static str>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) -> Next {
        self.call.stop(reason);
        let name = EventName::of_stop(reason);
        self.emit(name, Duration::ZERO, error_type, frame, hooks);
        Next::Return
    }

    fn emit(
        &self,
        name: EventName,
        sleep: Duration,
        error_type: Option<&'static str>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !frame.watched {
            return;
        }
        // Whoever aborts does not say that the last failure was the reason.
        let failure = match name {
            EventName::Aborted => None,
            _ => self.call.failure(),
        };
        let event = Event {
            name,
            attempt: self.call.attempts(),
            elapsed: frame.elapsed(),
            sleep,
            class: failure.map(|failure| failure.class),
            stop_reason: self.call.stop_reason(),
            cause: failure.map(|failure| failure.cause),
            error_type,
            operation: operation(frame, hooks),
        };
        for observer in &frame.config.observers {
            shielded((), || observer.on_event(&event));
        }
        shielded((), || hooks.event(&event));
    }

    #[cold]
    fn announce_start(&mut self, frame: &Frame<'_>, hooks: &dyn Hooks) {
        self.in_attempt = true;
        let attempt = AttemptStart {
            attempt: self.call.attempts(),
            elapsed: frame.elapsed(),
            operation: operation(frame, hooks),
        };
        for observer in &frame.config.observers {
            shielded((), || observer.on_attempt_start(&attempt));
        }
        shielded((), || hooks.attempt_start(&attempt));
    }

    #[cold]
    fn announce_end(&mut self, attempted: &Attempted, frame: &Frame<'_>, hooks: &dyn Hooks) {
        let (status, failure) = match attempted.failure() {
            None => (AttemptStatus::Succeeded, None),
            Some((classification, _)) if classification.is_abort() => {
                (AttemptStatus::Aborted, None)
            }
            Some((classification, cause)) => {
                let class = classification.class();
                (AttemptStatus::Failed, Some(Failure { class, cause }))
            }
        };
        self.finish_attempt(status, failure, frame, hooks);
    }

    fn finish_attempt(
        &mut self,
        status: AttemptStatus,
        failure: Option<Failure>,
        frame: &Frame<'_>,
        hooks: &dyn Hooks,
    ) {
        if !std::mem::take(&mut self.in_attempt) {
            return;
        }
        let attempt = AttemptEnd {
            attempt: self.call.attempts(),
            elapsed: frame.elapsed(),
            operation: operation(frame, hooks),
            status,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
        };
        for observer in &frame.config.observers {
            shielded((), || observer.on_attempt_end(&attempt));
        }
        shielded((), || hooks.attempt_end(&attempt));
    }
}

fn aborts(hooks: &dyn Hooks) -> bool {
    shielded(false, || hooks.abort())
}

fn operation<'a>(frame: &Frame<'a>, hooks: &'a dyn Hooks) -> Option<&'a str> {
    hooks.operation().or(frame.config.operation.as_deref())
}

fn nanos(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

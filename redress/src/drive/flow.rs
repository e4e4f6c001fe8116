use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hooks::{Hooks, SleepDecision, shielded};
use super::sleeper::sleep_here;
use crate::clock::Wait;
use crate::engine::{Attempted, Call, Decision, Failure};
use crate::observe::{AttemptEnd, AttemptStart, AttemptStatus, Event, EventName, Timeline};
use crate::policy::Config;
use crate::{Classification, StopReason};

/// One call with everything around the engine's decisions: the clock, the hooks, the events.
///
/// It never waits: it says when to, and for how long.
pub(crate) struct Flow<'p> {
    config: &'p Config,
    call: Call,
    started: Option<Instant>,
    /// When the attempt started, in nanoseconds since the call did. Kept only for its timeout.
    attempt_started: u64,
    timeline: Option<Box<Timeline>>,
    stop: Option<StopReason>,
    /// Somebody sees attempts and events.
    watched: bool,
    in_attempt: bool,
}

/// What an attempt came to, and whose error it was.
#[derive(Debug)]
pub struct Judged {
    pub(crate) attempted: Attempted,
    pub(crate) error_type: Option<&'static str>,
}

/// What a driver does next.
pub(crate) enum Next {
    Return,
    Pause(Duration),
}

impl<'p> Flow<'p> {
    #[inline]
    pub(crate) fn new(config: &'p Config, hooks: &impl Hooks, timed: bool) -> Self {
        let watched = config.watched || hooks.is_active();
        let timeline = hooks.wants_timeline().then(Box::default);
        Self {
            config,
            call: Call::default(),
            started: (timed || watched || config.timed).then(|| config.time.now()),
            attempt_started: 0,
            timeline,
            stop: None,
            watched,
            in_attempt: false,
        }
    }

    /// Tells whether a success needs nothing but to be returned.
    #[inline]
    pub(crate) const fn is_quiet(&self) -> bool {
        !self.watched
    }

    /// Starts the first attempt, unless `abort_if` stops the call before it.
    #[inline]
    pub(crate) fn first_attempt(&mut self, hooks: &dyn Hooks) -> Result<(), StopReason> {
        if self.watched {
            return self.next_attempt(hooks);
        }
        self.call.first_attempt();
        Ok(())
    }

    /// Starts an attempt, unless something has come between.
    pub(crate) fn next_attempt(&mut self, hooks: &dyn Hooks) -> Result<(), StopReason> {
        if self.aborts(hooks) {
            self.stop(StopReason::Aborted, None, hooks);
            return Err(StopReason::Aborted);
        }
        let elapsed = self.elapsed();
        self.attempt_started = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        if let Err(reason) = self.call.next_attempt(&self.config.rules, elapsed) {
            self.stop(reason, None, hooks);
            return Err(reason);
        }
        if self.watched {
            self.announce_attempt(hooks);
        }
        Ok(())
    }

    /// Ends the attempt and says what follows.
    pub(crate) fn end_attempt(&mut self, judged: &Judged, hooks: &dyn Hooks) -> Next {
        self.announce_end(&judged.attempted, hooks);
        if !judged.is_success() && self.aborts(hooks) {
            return self.stop(StopReason::Aborted, None, hooks);
        }
        let elapsed = self.elapsed();
        let rules = &self.config.rules;
        match self.call.record(rules, &judged.attempted, elapsed) {
            Decision::Done => {
                self.emit(EventName::Success, Duration::ZERO, None, None, hooks);
                Next::Return
            }
            Decision::Stop(reason) => self.stop(reason, judged.error_type, hooks),
            Decision::Retry(delay) => self.retry(judged, delay, elapsed, hooks),
        }
    }

    fn retry(
        &mut self,
        judged: &Judged,
        delay: Duration,
        elapsed: Duration,
        hooks: &dyn Hooks,
    ) -> Next {
        self.emit(EventName::Retry, delay, None, judged.error_type, hooks);
        let mut decision = SleepDecision::Sleep;
        if self.watched
            && let Some((classification, cause)) = judged.attempted.failure()
        {
            let rules = &self.config.rules;
            let ctx = self.call.context(rules, classification, cause, elapsed);
            decision = shielded(decision, || hooks.sleep_decision(&ctx, delay));
            if decision == SleepDecision::Sleep {
                shielded((), || hooks.before_sleep(&ctx, delay));
            }
        }
        self.call.take_delay(&self.config.rules, delay);
        match decision {
            SleepDecision::Sleep => Next::Pause(delay),
            SleepDecision::Abort => self.stop(StopReason::Aborted, None, hooks),
            SleepDecision::Defer => {
                let reason = Some(StopReason::Scheduled);
                self.stop = reason;
                self.emit(
                    EventName::Scheduled,
                    delay,
                    reason,
                    judged.error_type,
                    hooks,
                );
                Next::Return
            }
        }
    }

    /// Ends the attempt that is never going to return. Without one, does nothing.
    pub(crate) fn cancel(&mut self, hooks: &dyn Hooks) {
        self.finish_attempt(AttemptStatus::Cancelled, None, hooks);
    }

    /// Returns how long the attempt may still run, if there is a limit.
    pub(crate) fn attempt_limit(&self) -> Option<Duration> {
        let config = self.config;
        let elapsed = self.elapsed();
        let whole = config.rules.deadline.map(|d| d.saturating_sub(elapsed));
        let own = config.attempt_timeout.map(|timeout| {
            let attempt_started = Duration::from_nanos(self.attempt_started);
            timeout.saturating_sub(elapsed.saturating_sub(attempt_started))
        });
        match (own, whole) {
            (Some(own), Some(whole)) => Some(own.min(whole)),
            (own, whole) => own.or(whole),
        }
    }

    /// Blocks the thread. A pause of zero is none at all.
    pub(crate) fn sleep(&self, pause: Duration) {
        if !pause.is_zero() {
            self.config.time.sleep(pause);
        }
    }

    /// Returns the future that waits for a pause. A pause of zero is none at all.
    pub(crate) fn pause(&self, pause: Duration) -> Option<Wait> {
        if pause.is_zero() {
            return None;
        }
        let by_clock = self.config.time.sleep_async(pause);
        Some(by_clock.unwrap_or_else(|| self.timer(pause)))
    }

    /// Returns the future that ends when an attempt has run for `limit`.
    pub(crate) fn timeout(&self, limit: Duration) -> Wait {
        let by_clock = self.config.time.timeout_async(limit);
        by_clock.unwrap_or_else(|| self.timer(limit))
    }

    fn timer(&self, duration: Duration) -> Wait {
        match &self.config.sleeper {
            Some(sleeper) => Arc::as_ref(sleeper).sleep(duration),
            None => sleep_here(duration),
        }
    }

    pub(crate) const fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    pub(crate) const fn failure(&self) -> Option<Failure> {
        self.call.failure()
    }

    pub(crate) const fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Returns the delay that was handed to somebody else.
    pub(crate) fn deferred(&self) -> Option<Duration> {
        match self.stop {
            Some(StopReason::Scheduled) => self.call.delay(&self.config.rules),
            _ => None,
        }
    }

    pub(crate) fn take_timeline(&mut self) -> Option<Timeline> {
        self.timeline.take().map(|timeline| *timeline)
    }

    /// Returns the time since the call's start; zero for a call that nobody times.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.map_or(Duration::ZERO, |started| {
            self.config.time.now().saturating_duration_since(started)
        })
    }

    fn aborts(&self, hooks: &dyn Hooks) -> bool {
        self.watched && shielded(false, || hooks.abort())
    }

    fn stop(
        &mut self,
        reason: StopReason,
        error_type: Option<&'static str>,
        hooks: &dyn Hooks,
    ) -> Next {
        self.stop = Some(reason);
        let name = EventName::of_stop(reason);
        self.emit(name, Duration::ZERO, Some(reason), error_type, hooks);
        Next::Return
    }

    fn emit(
        &mut self,
        name: EventName,
        sleep: Duration,
        stop_reason: Option<StopReason>,
        error_type: Option<&'static str>,
        hooks: &dyn Hooks,
    ) {
        if !self.watched {
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
            elapsed: self.elapsed(),
            sleep,
            class: failure.map(|failure| failure.class),
            stop_reason,
            cause: failure.map(|failure| failure.cause),
            error_type,
            operation: hooks.operation().or(self.config.operation.as_deref()),
        };
        if let Some(timeline) = &mut self.timeline {
            timeline.push(&event);
        }
        for observer in &self.config.observers {
            shielded((), || observer.on_event(&event));
        }
        shielded((), || hooks.event(&event));
    }

    fn announce_attempt(&mut self, hooks: &dyn Hooks) {
        self.in_attempt = true;
        let attempt = AttemptStart {
            attempt: self.call.attempts(),
            elapsed: self.elapsed(),
            operation: hooks.operation().or(self.config.operation.as_deref()),
        };
        for observer in &self.config.observers {
            shielded((), || observer.on_attempt_start(&attempt));
        }
        shielded((), || hooks.attempt_start(&attempt));
    }

    fn announce_end(&mut self, attempted: &Attempted, hooks: &dyn Hooks) {
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
        self.finish_attempt(status, failure, hooks);
    }

    fn finish_attempt(
        &mut self,
        status: AttemptStatus,
        failure: Option<Failure>,
        hooks: &dyn Hooks,
    ) {
        if !std::mem::take(&mut self.in_attempt) {
            return;
        }
        let attempt = AttemptEnd {
            attempt: self.call.attempts(),
            elapsed: self.elapsed(),
            operation: hooks.operation().or(self.config.operation.as_deref()),
            status,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
        };
        for observer in &self.config.observers {
            shielded((), || observer.on_attempt_end(&attempt));
        }
        shielded((), || hooks.attempt_end(&attempt));
    }
}

impl Judged {
    #[inline]
    pub(crate) const fn succeeded() -> Self {
        Self {
            attempted: Attempted::Succeeded,
            error_type: None,
        }
    }

    #[inline]
    pub(crate) fn failed<E: ?Sized>(classification: Classification) -> Self {
        Self {
            attempted: Attempted::Failed(classification),
            error_type: Some(std::any::type_name::<E>()),
        }
    }

    #[inline]
    pub(crate) fn value(classification: Option<Classification>) -> Self {
        Self {
            attempted: classification.map_or(Attempted::Succeeded, Attempted::BadResult),
            error_type: None,
        }
    }

    pub(crate) const TIMED_OUT: Self = Self {
        attempted: Attempted::TimedOut,
        error_type: None,
    };

    #[inline]
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.attempted, Attempted::Succeeded)
    }
}

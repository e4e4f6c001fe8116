use std::time::{Duration, Instant};

use super::hooks::Hooks;
use super::marks::Marks;
use super::sleeper::sleep_here;
use crate::breaker;
use crate::budget::Budget;
use crate::clock::{Coarse, Timing, Wait};
use crate::drive::CompiledPolicy;

/// What a call has from its start: its policy, when it started, who watches it, what it holds.
pub(crate) struct Frame<'p> {
    pub(crate) config: &'p CompiledPolicy,
    started: Started,
    /// The breaker's permit is this number and a kind; none without one.
    permit_number: u32,
    permit_kind: Option<breaker::Kind>,
    pub(super) marks: Marks,
}

/// When a call started, by the clock that goes on telling its time.
#[derive(Debug, Clone, Copy)]
enum Started {
    /// Nobody asks.
    Untimed,
    /// By the policy's clock.
    At(Instant),
    /// By the coarse one.
    Coarse(Coarse),
}

impl Started {
    #[inline]
    fn by(timing: Timing, config: &CompiledPolicy) -> Self {
        let now = || Self::At(config.time.now());
        match timing {
            Timing::Untimed => Self::Untimed,
            Timing::Coarse => Coarse::now().map_or_else(now, Self::Coarse),
            Timing::Exact => now(),
        }
    }
}

impl<'p> Frame<'p> {
    /// Creates the frame of a call before its start. `timed` calls tell how long they took.
    ///
    /// All of it is constant, so that a future which is moved before it is polled is moved fast.
    #[inline]
    pub(crate) const fn new(config: &'p CompiledPolicy, timed: bool) -> Self {
        Self {
            config,
            started: Started::Untimed,
            permit_number: 0,
            permit_kind: None,
            marks: if timed { Marks::TIMED } else { Marks::NONE },
        }
    }

    /// Finds out who watches and who guards the call, and so how closely it must know its time.
    pub(super) fn attend(&mut self, hooks: &dyn Hooks) -> Timing {
        let config = self.config;
        let funded = hooks.budget().is_some_and(Budget::is_funded);
        let hooked = hooks.is_active();
        let watched = config.watched || hooked;
        let guarded = config.guarded || config.rules.budget.is_some() || hooks.is_guarded();
        let marks = &mut self.marks;
        marks.add(Marks::WATCHED.or(Marks::HELD), watched);
        marks.add(Marks::HOOKED, hooked);
        marks.add(Marks::GUARDED, guarded);
        marks.add(
            Marks::LOUD,
            watched || config.rules.successes.matter || funded,
        );
        if marks.has(Marks::TIMED.or(Marks::WATCHED)) {
            Timing::Exact
        } else {
            config.timing
        }
    }

    /// Tells whether somebody sees attempts and events, or may stop the call.
    #[inline]
    pub(crate) const fn is_watched(&self) -> bool {
        self.marks.has(Marks::WATCHED)
    }

    /// Tells whether the call brings hooks of its own.
    #[inline]
    pub(super) const fn is_hooked(&self) -> bool {
        self.marks.has(Marks::HOOKED)
    }

    /// Tells whether there is a breaker or a budget.
    #[inline]
    pub(super) const fn is_guarded(&self) -> bool {
        self.marks.has(Marks::GUARDED)
    }

    pub(super) const fn has_permit(&self) -> bool {
        self.permit_kind.is_some()
    }

    pub(super) const fn put_permit(&mut self, permit: breaker::Ticket) {
        let (number, kind) = permit.into_parts();
        self.permit_number = number;
        self.permit_kind = Some(kind);
    }

    pub(super) fn take_permit(&mut self) -> Option<breaker::Ticket> {
        let kind = self.permit_kind.take()?;
        Some(breaker::Ticket::from_parts(self.permit_number, kind))
    }

    /// Creates the frame of a call that nobody watches or guards, and starts its time.
    #[inline]
    pub(super) fn started_coarsely(config: &'p CompiledPolicy) -> Self {
        Self {
            started: Started::by(Timing::Coarse, config),
            ..Self::new(config, false)
        }
    }

    /// Starts the call's time. A call that nobody times and nothing limits never reads the clock.
    #[inline]
    pub(super) fn start(&mut self, timing: Timing) {
        self.started = Started::by(timing, self.config);
    }

    /// Returns the time since the call's start; zero for a call that nobody times.
    #[inline]
    pub(crate) fn elapsed(&self) -> Duration {
        match self.started {
            Started::Coarse(started) => started.elapsed(),
            _ => self.elapsed_exactly(),
        }
    }

    /// Called, so that it takes one comparison to find the clock that most calls have.
    #[inline(never)]
    fn elapsed_exactly(&self) -> Duration {
        match self.started {
            Started::At(started) => self.config.time.now().saturating_duration_since(started),
            Started::Untimed | Started::Coarse(_) => Duration::ZERO,
        }
    }

    /// Tells whether nothing but the engine has a say in the call.
    #[inline]
    pub(super) const fn is_plain(&self) -> bool {
        !self.marks.has(Marks::WATCHED.or(Marks::GUARDED))
    }

    /// The same, known where the call is written: so most have only one of the two ways.
    #[inline(always)]
    pub(super) fn is_plain_for(&self, hooks: &impl Hooks) -> bool {
        !hooks.is_active() && !hooks.is_guarded() && self.is_plain()
    }

    /// Blocks the thread.
    pub(crate) fn sleep(&self, pause: Duration, hooks: &dyn Hooks) {
        match hooks.blocking_sleeper() {
            Some(sleep) => sleep(pause),
            None => self.config.time.sleep(pause),
        }
    }

    /// Returns the future that waits for a pause.
    pub(crate) fn pause(&self, pause: Duration, hooks: &dyn Hooks) -> Wait {
        if let Some(sleeper) = hooks.sleeper() {
            return sleeper.sleep(pause);
        }
        let by_clock = self.config.time.sleep_async(pause);
        by_clock.unwrap_or_else(|| self.timer(pause))
    }

    /// Returns the future that ends when an attempt has run for `limit`.
    pub(crate) fn timeout(&self, limit: Duration, hooks: &dyn Hooks) -> Wait {
        if let Some(sleeper) = hooks.sleeper() {
            return sleeper.sleep(limit);
        }
        let by_clock = self.config.time.timeout_async(limit);
        by_clock.unwrap_or_else(|| self.timer(limit))
    }

    fn timer(&self, duration: Duration) -> Wait {
        match &self.config.sleeper {
            Some(sleeper) => sleeper.sleep(duration),
            None => sleep_here(duration),
        }
    }
}

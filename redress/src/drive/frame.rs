use std::time::{Duration, Instant};

use super::hooks::Hooks;
use super::sleeper::sleep_here;
use crate::clock::{Coarse, Timing, Wait};
use crate::policy::Config;
use crate::{Budget, breaker};

/// What a call has from its start: its policy, when it started, who watches it, what it holds.
pub(crate) struct Frame<'p> {
    pub(crate) config: &'p Config,
    started: Started,
    /// The breaker's permit.
    pub(super) permit: Option<breaker::Ticket>,
    /// Somebody asks how long it took.
    pub(super) timed: bool,
    /// Somebody sees attempts and events, or may stop the call.
    pub(crate) watched: bool,
    /// There is a breaker or a budget.
    pub(super) guarded: bool,
    /// Somebody sees a success, or is told of it.
    pub(super) loud: bool,
    /// Something may have to be given back, or an attempt to be closed.
    pub(super) held: bool,
    /// The budget has counted the call.
    pub(super) in_flight: bool,
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
    fn by(timing: Timing, config: &Config) -> Self {
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
    pub(crate) const fn new(config: &'p Config, timed: bool) -> Self {
        Self {
            config,
            started: Started::Untimed,
            permit: None,
            timed,
            watched: false,
            guarded: false,
            loud: false,
            held: false,
            in_flight: false,
        }
    }

    /// Finds out who watches and who guards the call, and so how closely it must know its time.
    pub(super) fn attend(&mut self, hooks: &dyn Hooks) -> Timing {
        let config = self.config;
        let funded = hooks.budget().is_some_and(Budget::is_funded);
        self.watched = config.watched || hooks.is_active();
        self.guarded = config.guarded || config.rules.budget.is_some() || hooks.is_guarded();
        self.loud = self.watched || config.rules.successes.matter || funded;
        self.held = self.watched;
        if self.timed || self.watched {
            Timing::Exact
        } else {
            config.timing
        }
    }

    /// Creates the frame of a call that nobody watches or guards, and starts its time.
    #[inline]
    pub(super) fn started_coarsely(config: &'p Config) -> Self {
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
            Started::Untimed => Duration::ZERO,
            Started::Coarse(started) => started.elapsed(),
            Started::At(started) => self.config.time.now().saturating_duration_since(started),
        }
    }

    /// Tells whether nothing but the engine has a say in the call.
    #[inline]
    pub(super) const fn is_plain(&self) -> bool {
        !self.watched && !self.guarded
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

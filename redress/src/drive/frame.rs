use std::time::{Duration, Instant};

use super::hooks::Hooks;
use super::sleeper::sleep_here;
use crate::clock::{Coarse, Timing, Wait, system_now};
use crate::policy::Config;
use crate::{Budget, breaker};

/// What a call has from its start: its policy, when it started, who watches it, what it holds.
pub(crate) struct Frame<'p> {
    pub(crate) config: &'p Config,
    started: Started,
    /// The breaker's permit.
    pub(super) permit: Option<breaker::Ticket>,
    timing: Timing,
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

impl<'p> Frame<'p> {
    #[inline]
    pub(crate) fn new(config: &'p Config, hooks: &impl Hooks, timed: bool) -> Self {
        let watched = config.watched || hooks.is_active();
        let funded = hooks.budget().is_some_and(Budget::is_funded);
        Self {
            config,
            started: Started::Untimed,
            permit: None,
            timing: if timed || watched {
                Timing::Exact
            } else {
                config.timing
            },
            watched,
            guarded: config.guarded || config.rules.budget.is_some() || hooks.is_guarded(),
            loud: watched || config.rules.successes.matter || funded,
            held: watched,
            in_flight: false,
        }
    }

    /// Creates the frame of a call that nobody watches or guards, by the machine's clock, and starts
    /// its time.
    #[inline]
    pub(crate) fn plain(config: &'p Config, timing: Timing) -> Self {
        Self {
            config,
            started: match timing {
                Timing::Untimed => Started::Untimed,
                Timing::Coarse => coarse_or(system_now),
                Timing::Exact => Started::At(system_now()),
            },
            permit: None,
            timing,
            watched: false,
            guarded: false,
            loud: false,
            held: false,
            in_flight: false,
        }
    }

    /// Starts the call's time. A call that nobody times and nothing limits never reads the clock.
    #[inline]
    pub(crate) fn start(&mut self) {
        let now = || self.config.time.now();
        self.started = match self.timing {
            Timing::Untimed => return,
            Timing::Coarse => coarse_or(now),
            Timing::Exact => Started::At(now()),
        };
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

#[inline]
fn coarse_or(exact: impl FnOnce() -> Instant) -> Started {
    Coarse::now().map_or_else(|| Started::At(exact()), Started::Coarse)
}

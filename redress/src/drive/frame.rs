use std::time::{Duration, Instant};

use super::hooks::Hooks;
use super::sleeper::sleep_here;
use crate::clock::Wait;
use crate::policy::Config;

/// What does not change during a call: its policy, when it started, whether anybody watches.
pub(crate) struct Frame<'p> {
    pub(crate) config: &'p Config,
    started: Option<Instant>,
    timed: bool,
    /// Somebody sees attempts and events, or may stop the call.
    pub(crate) watched: bool,
}

impl<'p> Frame<'p> {
    #[inline]
    pub(crate) fn new(config: &'p Config, hooks: &impl Hooks, timed: bool) -> Self {
        let watched = config.watched || hooks.is_active();
        Self {
            config,
            started: None,
            timed: timed || watched || config.timed,
            watched,
        }
    }

    /// Creates the frame of a call that nobody watches, and starts its time.
    #[inline]
    pub(crate) fn quiet(config: &'p Config) -> Self {
        Self {
            config,
            started: config.timed.then(|| config.time.now()),
            timed: config.timed,
            watched: false,
        }
    }

    /// Starts the call's time. A call that nobody times and nothing limits never reads the clock.
    #[inline]
    pub(crate) fn start(&mut self) {
        if self.timed {
            self.started = Some(self.config.time.now());
        }
    }

    /// Returns the time since the call's start; zero for a call that nobody times.
    #[inline]
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.map_or(Duration::ZERO, |started| {
            self.config.time.now().saturating_duration_since(started)
        })
    }

    /// Blocks the thread.
    pub(crate) fn sleep(&self, pause: Duration) {
        self.config.time.sleep(pause);
    }

    /// Returns the future that waits for a pause.
    pub(crate) fn pause(&self, pause: Duration) -> Wait {
        let by_clock = self.config.time.sleep_async(pause);
        by_clock.unwrap_or_else(|| self.timer(pause))
    }

    /// Returns the future that ends when an attempt has run for `limit`.
    pub(crate) fn timeout(&self, limit: Duration) -> Wait {
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

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::breaker::CircuitBreaker;
use crate::clock::{Time, Timing};
use crate::drive::{Sleeper, Threads};
use crate::engine::Rules;
use crate::observe::Observers;
use crate::problems::ConfigError;

/// What a policy was built with, but for its classifiers.
#[derive(Clone)]
pub struct CompiledPolicy {
    pub(crate) rules: Rules,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) operation: Option<Cow<'static, str>>,
    pub(crate) time: Time,
    pub(crate) sleeper: Option<Arc<dyn Sleeper>>,
    pub(crate) observers: Observers,
    pub(crate) breaker: Option<CircuitBreaker>,
    /// Those of detached attempts.
    pub(crate) detached_threads: Threads,
    /// What a limit of time asks of a call that nobody watches.
    pub(crate) timing: Timing,
    /// There are observers.
    pub(crate) watched: bool,
    /// There is a breaker, or a budget that counts calls in flight, or somebody who is told of
    /// successes.
    pub(crate) guarded: bool,
    pub(crate) start: Start,
    /// Why a function whose settings only the running program knows has none that are right. Such a
    /// configuration counts as watched, so that nobody else has to look.
    pub(crate) refused: Option<Box<ConfigError>>,
}

/// How a call starts: found once, so that a call looks at one thing before its first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// At once.
    Untimed,
    /// By reading the coarse clock.
    Coarse,
    /// There is more to it: it is watched or guarded, has a budget, or reads another clock.
    Attended,
}

/// What has a configuration: a policy, or the policy of one function.
pub trait Compiled {
    /// Returns it.
    fn compiled(&self) -> &CompiledPolicy;
}

impl CompiledPolicy {
    /// Ends a function whose settings are wrong: it has no error to say it with. The macros
    /// document it.
    #[expect(clippy::panic, reason = "documented under Panics of `#[retry]`")]
    pub(crate) fn insist(&self) {
        if let Some(error) = &self.refused {
            panic!("#[retry]: {error}");
        }
    }
}

impl fmt::Debug for CompiledPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledPolicy")
            .field("rules", &self.rules)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("operation", &self.operation)
            .field("time", &self.time)
            .field("sleeper", &self.sleeper.is_some())
            .field("observers", &self.observers.of_events().len())
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

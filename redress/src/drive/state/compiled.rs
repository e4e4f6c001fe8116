use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Marks, Scoped};
use crate::breaker::CircuitBreaker;
use crate::clock::{Coarse, Started, Time, Timing};
use crate::drive::drivers::Threads;
use crate::drive::hooks::Hooks;
use crate::drive::wait::Sleeper;
use crate::engine::Rules;
use crate::gate::Gate;
use crate::observe::{Interest, Observers};
use crate::problems::ConfigError;

/// A policy as its calls read it: all that it was built with except its classifiers, and what
/// follows from that, worked out once.
#[derive(Clone)]
pub struct CompiledPolicy {
    pub(crate) rules: Rules,
    pub(crate) operation: Option<Cow<'static, str>>,
    pub(crate) time: Time,
    pub(crate) sleeper: Option<Arc<dyn Sleeper>>,
    pub(crate) observers: Observers,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) gate: Option<Gate>,
    /// The threads of detached attempts.
    pub(crate) detached_threads: Threads,
    /// The precision of time that the policy's limits need in a call that is not watched.
    pub(crate) timing: Timing,
    /// The marks that each of its calls has from its start on.
    pub(crate) marks: Marks,
    /// There are observers that see calls from their first failure on.
    pub(crate) has_late_observers: bool,
    /// What any observer wants to see.
    pub(crate) wanted: Interest,
    pub(crate) start: Start,
    /// What it is in the scope of a deadline, if it heeds one; then [`start`](Self::start) is
    /// [`Start::Attended`].
    pub(crate) scoped: Option<Box<Scoped>>,
    /// The mistakes in the settings of a `#[retry]` function that are known only at run time; then
    /// [`start`](Self::start) is [`Start::Refused`].
    pub(crate) refused: Option<Box<ConfigError>>,
}

/// How a call starts: worked out once, so that a call looks at one field before its first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// At once.
    Untimed,
    /// By reading the coarse clock.
    Coarse,
    /// Out of line, but at once while its gate is open: nothing else guards it.
    Gated,
    /// Out of line: the call is watched or guarded, tells of its success, or reads another clock.
    Attended,
    /// Not at all: the settings are wrong.
    Refused,
}

/// Has a compiled policy: a policy, or the policy of one function.
pub trait Compiled {
    /// Returns it.
    fn compiled(&self) -> &CompiledPolicy;
}

impl CompiledPolicy {
    /// Starts the time of a plain call; `None` if there is more to the start of this one.
    #[inline]
    pub(crate) fn start_plainly(&self, hooks: &impl Hooks) -> Option<Started> {
        match self.start {
            _ if hooks.is_active() || hooks.is_guarded() || hooks.once() => None,
            Start::Untimed => Some(Started::Untimed),
            Start::Coarse => Some(self.start_time(Timing::Coarse)),
            Start::Gated | Start::Attended | Start::Refused => None,
        }
    }

    /// Reads the clock for the start of a call.
    #[inline]
    pub(crate) fn start_time(&self, timing: Timing) -> Started {
        let now = || Started::At(self.time.now());
        match timing {
            Timing::Untimed => Started::Untimed,
            Timing::Coarse => Coarse::now().map_or_else(now, Started::Coarse),
            Timing::Exact => now(),
        }
    }

    /// Panics if the settings are wrong: a function with `#[retry]` has no error to return for that.
    /// The macros document it.
    #[cold]
    #[expect(clippy::panic, reason = "documented under Panics of `#[retry]`")]
    pub(crate) fn panic_if_refused(&self) {
        if let Some(error) = &self.refused {
            panic!("#[retry]: {error}");
        }
    }
}

impl fmt::Debug for CompiledPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledPolicy")
            .field("operation", &self.operation)
            .field("time", &self.time)
            .field("sleeper", &self.sleeper.is_some())
            .field("observers", &self.observers.len())
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

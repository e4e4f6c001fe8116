use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::recommended::Recommend;
use crate::breaker::CircuitBreaker;
use crate::clock::{Time, Timing};
use crate::defaults::{self, with_defaults};
use crate::delay::GivenTimes;
use crate::drive::{CompiledPolicy, Marks, Scoped, Sleeper, Start, Threads};
use crate::engine::{Rules, Successes};
use crate::gate::Gate;
use crate::observe::{Audience, Interest, Observers};
use crate::strategies::{Strategy, decorrelated_jitter, retry_after_or};

with_defaults! {
    /// The settings of a policy as its builder was given them, but for its classifiers.
    pub(super) struct Settings {
        pub(super) rules: Rules = Rules::default(),
        /// The times among the rules.
        pub(super) times: GivenTimes = GivenTimes::default(),
        pub(super) operation: Option<Cow<'static, str>> = None,
        pub(super) time: Time = Time::System,
        pub(super) sleeper: Option<Arc<dyn Sleeper>> = None,
        pub(super) observers: Observers = Observers::default(),
        pub(super) breaker: Option<CircuitBreaker> = None,
        pub(super) gate: Option<Gate> = None,
        pub(super) max_detached_threads: u32 = defaults::MAX_DETACHED_THREADS,
        /// Operations are told which attempt they are.
        pub(super) tells_attempts: bool = false,
        /// Calls end with the scope that they are in.
        pub(super) inherits_deadline: bool = false,
        /// A caller that retries is left to do so.
        pub(super) leaves_retries: bool = false,
        /// A classifier was given, for errors or for values.
        pub(super) classified: bool = false,
        // A function, so that only a program that wants one contains it.
        pub(super) recommended: Option<Recommend> = None,
    }
}

impl Settings {
    /// Works out what follows from the settings.
    pub(super) fn compile(mut self) -> CompiledPolicy {
        self.observers.add_default();
        self.compile_alone()
    }

    /// Works out the same without the observer that all policies have.
    pub(super) fn compile_alone(self) -> CompiledPolicy {
        let Self {
            mut rules,
            operation,
            time,
            sleeper,
            observers,
            mut breaker,
            mut gate,
            max_detached_threads,
            mut tells_attempts,
            inherits_deadline,
            leaves_retries,
            recommended,
            times: _,
            classified: _,
        } = self;
        if let Some(recommend) = recommended {
            recommend(&time, &mut breaker, &mut rules.budget, &mut gate);
        }
        let own = rules.class_strategies.iter();
        let own: Vec<_> = own.filter_map(|(_, strategy)| strategy.as_ref()).collect();
        if rules.default_strategy.is_none() && own.is_empty() {
            rules.default_strategy = Some(default_strategy());
        }
        let all = rules.default_strategy.iter().chain(own);
        rules.successes = Successes::new(rules.budget.as_ref(), all);
        let early = observers.interest(Audience::Early);
        let watched = early.is_some();
        let late = observers.interest(Audience::Late);
        let has_late_observers = late.is_some();
        let wanted = early.into_iter().chain(late).reduce(Interest::or);
        let keeps_count = breaker.is_some() || rules.budget.is_some();
        let guarded = keeps_count || gate.is_some();
        let timing = match timing(&time, rules.deadline, rules.attempt_timeout) {
            // What is watched has a time.
            Timing::Untimed if observers.len() > 0 && time.is_system() => Timing::Coarse,
            Timing::Untimed if observers.len() > 0 => Timing::Exact,
            _ if wanted.is_some_and(Interest::times) => Timing::Exact,
            timing => timing,
        };
        // What is left of a deadline is told to those that are called, too.
        tells_attempts |= inherits_deadline;
        let mut marks = Marks::NONE;
        marks.add(Marks::OF_WATCHED, watched);
        marks.add(Marks::GUARDED, guarded);
        marks.add(Marks::GATED, gate.is_some());
        marks.add(Marks::TELLS_SUCCESS, rules.successes.matter);
        marks.add(Marks::TELLS_ATTEMPTS, tells_attempts);
        marks.add(Marks::INHERITS, inherits_deadline);
        let scoped = inherits_deadline || leaves_retries;
        let start = match timing {
            _ if scoped => Start::Attended,
            _ if watched || keeps_count || tells_attempts || rules.successes.matter => {
                Start::Attended
            }
            Timing::Exact => Start::Attended,
            _ if gate.is_some() => Start::Gated,
            Timing::Untimed => Start::Untimed,
            Timing::Coarse => Start::Coarse,
        };
        let mut compiled = CompiledPolicy {
            timing,
            scoped: None,
            refused: None,
            marks,
            has_late_observers,
            wanted: wanted.unwrap_or(Interest::FAILURES),
            start,
            breaker,
            gate,
            detached_threads: Threads::new(max_detached_threads),
            rules,
            operation,
            time,
            sleeper,
            observers,
        };
        compiled.scoped = Scoped::of(&compiled, inherits_deadline, leaves_retries);
        compiled
    }
}

/// Returns the precision of time that a call's limits need.
fn timing(time: &Time, deadline: Option<Duration>, attempt_timeout: Option<Duration>) -> Timing {
    match (deadline, attempt_timeout, time) {
        (None, None, _) => Timing::Untimed,
        (Some(deadline), None, Time::System) if deadline >= defaults::COARSE_DEADLINE => {
            Timing::Coarse
        }
        _ => Timing::Exact,
    }
}

/// A hint of the other side is worth more than any guess.
fn default_strategy() -> Arc<dyn Strategy> {
    Arc::new(retry_after_or(decorrelated_jitter(defaults::MAX)))
}

#[cfg(test)]
mod tests {
    use crate::clock::Timing;
    use crate::drive::Compiled as _;
    use crate::observe::{Interest, Observer};
    use crate::policy::Policy;

    struct Late(Interest);

    impl Observer for Late {
        fn interest(&self) -> Interest {
            self.0
        }
    }

    #[test]
    fn times_are_exact_for_an_observer_that_wants_them_also_of_failures_only() {
        let timing = |interest| {
            let policy = Policy::builder().on_event(Late(interest)).build().unwrap();
            policy.compiled().timing
        };
        let late = Interest::ALL.without_successes();
        assert_eq!(timing(late), Timing::Exact);
        let unseen = Policy::new().compiled().timing;
        assert_eq!(timing(late.without_times()), unseen);
        assert_eq!(timing(Interest::FAILURES), unseen);
    }
}

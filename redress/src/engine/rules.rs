use std::sync::Arc;
use std::time::Duration;

use super::SessionRules;
use crate::budget::Budget;
use crate::classify::{ErrorClass, PerClass};
use crate::defaults::{self, with_defaults};
use crate::reason::StopReason;
use crate::strategies::Strategy;

with_defaults! {
    /// The limits and strategies of a policy.
    #[derive(Clone)]
    pub(crate) struct Rules {
        pub(crate) deadline: Option<Duration> = Some(defaults::DEADLINE),
        pub(crate) attempt_timeout: Option<Duration> = None,
        pub(crate) max_attempts: Option<u32> = Some(defaults::MAX_ATTEMPTS),
        pub(crate) max_unknown_attempts: Option<u32> = Some(defaults::MAX_UNKNOWN_ATTEMPTS),
        pub(crate) class_caps: PerClass<Option<u32>> = PerClass::default(),
        /// `None` while a builder has been given none: `compile` adds one unless a class has its own.
        pub(crate) default_strategy: Option<Arc<dyn Strategy>> = None,
        pub(crate) class_strategies: PerClass<Option<Arc<dyn Strategy>>> = PerClass::default(),
        /// Only what cannot have been applied is tried again.
        pub(crate) once: bool = false,
        pub(crate) budget: Option<Budget> = None,
        pub(crate) successes: Successes = Successes::default(),
        pub(crate) session: SessionRules = SessionRules::default(),
    }
}

/// The strategy slot of a failure: its class, and whether that class has a strategy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) class: ErrorClass,
    /// The class has a strategy of its own.
    pub(crate) own: bool,
}

impl Slot {
    /// Lists the default strategy's slot and the own slot of each class.
    pub(super) fn every() -> impl Iterator<Item = Self> {
        let own = ErrorClass::ALL.map(|class| Self { class, own: true });
        let default = Self {
            class: ErrorClass::Unknown,
            own: false,
        };
        own.into_iter().chain([default])
    }

    /// Returns the slot's bit in a set of slots.
    #[inline]
    pub(super) const fn bit(self) -> u16 {
        if self.own {
            1 << self.class as u8
        } else {
            1 << ErrorClass::ALL.len()
        }
    }
}

impl Rules {
    /// Returns the slot of `class`.
    #[inline]
    pub(crate) const fn slot(&self, class: ErrorClass) -> Slot {
        Slot {
            class,
            own: self.class_strategies.get(class).is_some(),
        }
    }

    /// Returns `true` if a call has reached its deadline after `elapsed`.
    #[inline]
    pub(crate) fn is_over(&self, elapsed: Duration) -> bool {
        self.deadline.is_some_and(|deadline| elapsed >= deadline)
    }

    /// Returns the time that a call has left after `elapsed`; `None` without a deadline.
    #[inline]
    pub(crate) fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_sub(elapsed))
    }

    /// Returns the strategy of a slot.
    #[inline]
    pub(crate) fn strategy(&self, slot: Slot) -> Option<&dyn Strategy> {
        if slot.own {
            return self.own_strategy(slot.class);
        }
        self.default_strategy.as_deref()
    }

    /// Returns the class's own strategy.
    ///
    /// Out of line, because a branch lets the processor go ahead with the default strategy before the
    /// class is known, where a selection would wait.
    #[cold]
    #[inline(never)]
    fn own_strategy(&self, class: ErrorClass) -> Option<&dyn Strategy> {
        self.class_strategies.get(class).as_deref()
    }

    /// Returns why a class ends a call after so many failures, regardless of time.
    #[inline(always)]
    pub(crate) fn class_limit(&self, slot: Slot, failures: u32) -> Option<StopReason> {
        if reached(failures, *self.class_caps.get(slot.class)) {
            return Some(StopReason::MaxAttemptsPerClass);
        }
        if slot.class.is_terminal() && !slot.own {
            return Some(StopReason::NonRetryableClass);
        }
        if slot.class == ErrorClass::Unknown && reached(failures, self.max_unknown_attempts) {
            return Some(StopReason::MaxUnknownAttempts);
        }
        None
    }

    /// Returns `true` if a call may make no more attempts after so many.
    #[inline(always)]
    pub(crate) fn is_last(&self, attempts: u32) -> bool {
        reached(attempts, self.max_attempts)
    }

    /// Returns the strategy that chooses the delay after so many failures of a class and so many
    /// attempts, or why there is no next attempt, regardless of time. The failures are taken for
    /// unsent: of others a call that is `once` sees no second.
    pub(crate) fn next_delay(
        &self,
        class: ErrorClass,
        failures: u32,
        attempts: u32,
    ) -> Result<&dyn Strategy, StopReason> {
        let slot = self.slot(class);
        if let Some(reason) = self.class_limit(slot, failures) {
            return Err(reason);
        }
        let strategy = self.strategy(slot).ok_or(StopReason::NoStrategy)?;
        if self.is_last(attempts) {
            return Err(StopReason::MaxAttemptsGlobal);
        }
        Ok(strategy)
    }

    /// Tells the budget and the strategies that learn of a success. A budget of the call's own takes
    /// the place of the policy's, which earns nothing by the call then.
    #[inline]
    pub(crate) fn on_success(&self, own_budget: Option<&Budget>) {
        if self.successes.matter || own_budget.is_some() {
            self.tell_success(own_budget);
        }
    }

    fn tell_success(&self, own_budget: Option<&Budget>) {
        if let Some(budget) = own_budget.or(self.budget.as_ref()) {
            budget.on_success();
        }
        for strategy in &self.successes.learn {
            if let Some(learner) = strategy.learner() {
                learner.on_success();
            }
        }
    }
}

/// The receivers of successes, found once: a success costs nothing where there are none.
#[derive(Clone, Default)]
pub(crate) struct Successes {
    /// There are receivers: strategies, or the budget.
    pub(crate) matter: bool,
    /// The strategies that learn, each learner once.
    learn: Vec<Arc<dyn Strategy>>,
}

impl Successes {
    pub(crate) fn new<'a>(
        budget: Option<&Budget>,
        strategies: impl Iterator<Item = &'a Arc<dyn Strategy>>,
    ) -> Self {
        let mut learn: Vec<Arc<dyn Strategy>> = Vec::new();
        for strategy in strategies {
            let Some(learner) = strategy.learner() else {
                continue;
            };
            let mut known = learn.iter().filter_map(|strategy| strategy.learner());
            if !known.any(|known| std::ptr::addr_eq(known, learner)) {
                learn.push(Arc::clone(strategy));
            }
        }
        Self {
            matter: budget.is_some_and(Budget::is_funded) || !learn.is_empty(),
            learn,
        }
    }
}

impl Successes {
    /// Returns `true` if there is a strategy that learns.
    #[inline]
    pub(crate) const fn is_learning(&self) -> bool {
        !self.learn.is_empty()
    }
}

#[inline(always)]
fn reached(count: u32, cap: Option<u32>) -> bool {
    cap.is_some_and(|cap| count >= cap)
}

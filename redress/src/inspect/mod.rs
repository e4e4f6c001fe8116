#![doc = include_str!("../../docs/doctor.md")]

mod finding;
mod lints;
mod schedule;
mod schedule_table;
mod snapshot;

pub use crate::breaker::BreakerSettings;
pub use crate::budget::{BudgetKind, BudgetSettings};
pub use crate::gate::GateSettings;
pub use finding::{Finding, Level};
#[cfg(feature = "config")]
pub(crate) use lints::ONCE_NEVER_RETRIES;
pub use schedule::{Planned, Schedule};
pub use snapshot::{PolicySnapshot, SessionSettings};

use crate::classify::ErrorClass;
use crate::drive::Compiled;
use crate::policy::Policy;

impl<C, R> Policy<C, R> {
    /// Returns what the policy does: every value, given or by default, as plain data.
    ///
    /// ```
    /// let snapshot = redress::Policy::new().snapshot();
    /// assert_eq!(snapshot.max_attempts, Some(6));
    /// println!("{snapshot}");
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> PolicySnapshot {
        PolicySnapshot::of(self.compiled())
    }

    /// Computes when the attempts of a call can start, if every one of them fails with `class` and
    /// brings no Retry-After hint. Failures are taken for [unsent](crate::Classification::unsent): any
    /// other ends a call that is [`once`](crate::PolicyBuilder::once) after its first attempt.
    ///
    /// It calls no operation and draws nothing; strategies are asked for their
    /// [bounds](crate::Strategy::delay_bounds). A budget and a breaker may end the call earlier.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{ErrorClass, Policy, StopReason, strategies::exponential};
    ///
    /// let policy = Policy::builder().strategy(exponential(10, 60)).build()?;
    /// let schedule = policy.schedule(ErrorClass::Transient);
    /// let starts: Vec<_> = schedule.attempts().iter().map(|a| a.earliest.as_secs()).collect();
    /// assert_eq!(starts, [0, 10, 30]);
    /// assert_eq!(schedule.ends(), Some(StopReason::DeadlineExceeded));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn schedule(&self, class: ErrorClass) -> Schedule {
        Schedule::of(self.compiled(), class)
    }

    /// Lists what is wrong with the policy: errors first, which cannot work as they stand, then
    /// warnings, which will hurt. [All of them](crate::inspect#what-it-finds).
    ///
    /// A unit test keeps a policy clean:
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// assert_eq!(Policy::recommended().lint(), []);
    ///
    /// let policy = Policy::builder().attempt_timeout(59.9).build()?;
    /// let finding = &policy.lint()[0];
    /// assert_eq!(finding.code(), "no-room-to-retry");
    /// assert_eq!(finding.setting(), "attempt_timeout");
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        self.lint_as(self.circuit_breaker().is_some())
    }

    /// Lists what is wrong as [`lint`](Self::lint) does, for a policy that many callers share, as
    /// those of a configuration file are: it should have a budget. A policy with a circuit breaker
    /// is taken for one anyhow.
    ///
    /// ```
    /// let policy = redress::Policy::new();
    /// assert_eq!(policy.lint(), []);
    /// assert_eq!(policy.lint_shared()[0].code(), "no-budget");
    /// ```
    #[must_use]
    pub fn lint_shared(&self) -> Vec<Finding> {
        self.lint_as(true)
    }

    fn lint_as(&self, shared: bool) -> Vec<Finding> {
        lints::run(self.compiled(), shared, self.is_classified())
    }
}

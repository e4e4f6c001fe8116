use std::time::Duration;

use crate::classify::ErrorClass;
use crate::defaults;
use crate::drive::CompiledPolicy;
use crate::reason::StopReason;
use crate::strategies::DelayBounds;

/// When the attempts of a call can start, if every one of them fails with the same class.
///
/// Made by [`Policy::schedule`](crate::Policy::schedule). Times count from the start of the call.
/// [`Display`](std::fmt::Display) writes it as a table:
///
/// ```
/// use redress::{ErrorClass, Policy};
///
/// let policy = Policy::builder().attempt_timeout(15).build()?;
/// assert_eq!(policy.schedule(ErrorClass::Transient).to_string(), "\
/// attempt  earliest  expected  latest
///       1        0s        0s      0s
///       2     250ms     500ms  15.75s
///       3     500ms    1.375s     33s
///       4     750ms    2.813s     53s
///       5        1s    5.094s     73s*
///       6     1.25s    7.719s     93s*
/// then MAX_ATTEMPTS_GLOBAL, after 6 attempts at most and 108s in the worst case, of which the \
/// deadline leaves 60s
/// * not before the deadline: the attempt does not start
/// without Retry-After: a hint takes the place of a delay
/// ");
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    class: ErrorClass,
    attempts: Vec<Planned>,
    ends: Option<StopReason>,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    /// A hint of the other side may take the place of a delay.
    pub(super) hinted: bool,
    /// The policy is `once`: each of the failures is unsent.
    pub(super) once: bool,
    /// Something ends the call, however far away.
    pub(super) limited: bool,
}

/// One attempt of a [`Schedule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Planned {
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// When it starts at the earliest: every attempt before failed at once, and waited as short as
    /// it can.
    pub earliest: Duration,
    /// When it starts if every attempt before failed at once, and waited as long as it does on
    /// average (as [`decorrelated_jitter`](crate::strategies::decorrelated_jitter()) does after
    /// average delays, and [`adaptive`](crate::strategies::adaptive()) while other calls succeed);
    /// `None` if a strategy of the caller's decides that.
    pub expected: Option<Duration>,
    /// When it starts at the latest, if nothing stops the call before: every attempt before took its
    /// whole timeout (or failed at once, where there is none), and waited as long as it can; `None`
    /// if a strategy of the caller's decides that.
    pub latest: Option<Duration>,
    /// It starts before the deadline even at the latest.
    pub certain: bool,
}

impl Schedule {
    pub(super) fn of(config: &CompiledPolicy, class: ErrorClass) -> Self {
        let rules = &config.rules;
        let deadline = rules.deadline;
        let mut schedule = Self {
            class,
            attempts: Vec::new(),
            ends: None,
            timeout: config.rules.attempt_timeout,
            deadline,
            hinted: rules
                .strategy(rules.slot(class))
                .is_some_and(crate::strategies::Strategy::honours_hints),
            once: rules.once,
            limited: deadline.is_some()
                || rules.max_attempts.is_some()
                || rules.class_limit(rules.slot(class), u32::MAX).is_some(),
        };
        let mut previous = None;
        let mut next = Planned::first();
        loop {
            schedule.attempts.push(next);
            let failures = next.attempt;
            let strategy = match rules.next_delay(class, failures, failures) {
                Ok(strategy) => strategy,
                Err(reason) => {
                    schedule.ends = Some(reason);
                    return schedule;
                }
            };
            previous = strategy.delay_bounds(failures, previous);
            next = next.then(previous, config.rules.attempt_timeout, deadline);
            if next.earliest == Duration::MAX || rules.is_over(next.earliest) {
                schedule.ends = Some(StopReason::DeadlineExceeded);
                return schedule;
            }
            if schedule.attempts.len() >= defaults::SCHEDULE_ATTEMPTS {
                return schedule;
            }
        }
    }

    /// Returns the class with which every attempt fails.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// Lists the attempts that can happen within caps and deadline, the first 1,000 at most.
    #[must_use]
    pub fn attempts(&self) -> &[Planned] {
        &self.attempts
    }

    /// Returns what ends the call after the last of these attempts; `None` if the list was cut off.
    #[must_use]
    pub const fn ends(&self) -> Option<StopReason> {
        self.ends
    }

    /// Returns how long a call takes at most, its last attempt included, if the deadline does not
    /// end it before: the latest start of the last attempt and one more timeout. `None` without an
    /// attempt timeout, with a strategy of the caller's, or where attempts were cut off.
    #[must_use]
    pub fn worst_case(&self) -> Option<Duration> {
        self.ends?;
        let latest = self.attempts.last()?.latest?;
        Some(latest.saturating_add(self.timeout?))
    }

    /// Returns how long the delays before the last attempt take at most, where every delay is known
    /// and no timeout is counted with them.
    pub(super) fn delays(&self) -> Option<Duration> {
        self.ends?;
        let last = self.attempts.last()?;
        last.latest.filter(|_| self.timeout.is_none())
    }

    /// Returns the deadline at which the list was cut.
    #[must_use]
    pub const fn deadline(&self) -> Option<Duration> {
        self.deadline
    }
}

impl Planned {
    const fn first() -> Self {
        Self {
            attempt: 1,
            earliest: Duration::ZERO,
            expected: Some(Duration::ZERO),
            latest: Some(Duration::ZERO),
            certain: true,
        }
    }

    fn then(
        self,
        delay: Option<DelayBounds>,
        timeout: Option<Duration>,
        deadline: Option<Duration>,
    ) -> Self {
        let after = |start: Option<Duration>, of: fn(DelayBounds) -> Duration| {
            Some(start?.saturating_add(of(delay?)))
        };
        let latest = after(self.latest, DelayBounds::longest);
        let latest = latest.map(|latest| latest.saturating_add(timeout.unwrap_or_default()));
        let shortest = delay.map_or(Duration::ZERO, DelayBounds::shortest);
        Self {
            attempt: self.attempt.saturating_add(1),
            earliest: self.earliest.saturating_add(shortest),
            expected: after(self.expected, DelayBounds::expected),
            latest,
            certain: deadline.is_none_or(|end| latest.is_some_and(|latest| latest < end)),
        }
    }
}

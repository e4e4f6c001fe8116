use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::rolling::Rolling;
use crate::classify::ErrorClass;
use crate::clock::Time;
use crate::delay::GivenTimes;
use crate::problems::Problems;

/// The settings of a budget: as data, what a file says of one.
///
/// ```
/// use redress::inspect::BudgetKind;
///
/// let budget = redress::Policy::recommended().snapshot().budget.unwrap();
/// assert!(matches!(budget.kind, BudgetKind::SuccessRatio { reserve: 100, .. }));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BudgetSettings {
    /// The name, for metrics. In a file it is that of the budget's table, and no key.
    pub name: Option<Cow<'static, str>>,
    /// The kind of limit.
    pub kind: BudgetKind,
    /// The cost of a retry after a failure of a class, for each class where that is not 1:
    /// [`Budget::cost`](crate::Budget::cost).
    pub costs: BTreeMap<ErrorClass, u32>,
    /// A retry that waits as long as the other side asked is free:
    /// [`Budget::free_hinted_retries`](crate::Budget::free_hinted_retries).
    pub free_hinted_retries: bool,
}

/// The kind of limit that a budget sets to retries.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum BudgetKind {
    /// A number in any window of time: [`Budget::rolling`](crate::Budget::rolling).
    Rolling {
        /// How many retries.
        max_retries: u32,
        /// In which time.
        window: Duration,
    },
    /// A share of the successes, and a reserve:
    /// [`Budget::success_ratio`](crate::Budget::success_ratio).
    SuccessRatio {
        /// How many retries a success pays for.
        ratio: f64,
        /// How many can be saved up: [`Budget::reserve`](crate::Budget::reserve).
        reserve: u32,
        /// How many a second of time pays for:
        /// [`Budget::min_per_second`](crate::Budget::min_per_second).
        min_per_second: f64,
    },
    /// A share of the calls in flight:
    /// [`Budget::in_flight_share`](crate::Budget::in_flight_share).
    InFlightShare {
        /// How many retries a call in flight allows.
        share: f64,
        /// How many there may be however few calls are:
        /// [`Budget::min_in_flight`](crate::Budget::min_in_flight).
        min_in_flight: u32,
    },
}

impl BudgetSettings {
    /// Creates the settings of a budget of this kind.
    #[must_use]
    pub const fn new(kind: BudgetKind) -> Self {
        Self {
            name: None,
            kind,
            costs: BTreeMap::new(),
            free_hinted_retries: false,
        }
    }

    pub(super) fn cost(&self, class: ErrorClass) -> u32 {
        self.costs.get(&class).copied().unwrap_or(1)
    }

    /// Reports every mistake. `times` knows of a window that is not a length of time.
    pub(crate) fn check(&self, times: &GivenTimes, problems: &mut Problems) {
        match self.kind {
            BudgetKind::Rolling {
                max_retries,
                window,
            } => {
                if max_retries > Rolling::MOST {
                    let message = format!(
                        "is {max_retries}, and each takes 8 bytes: give at most {}",
                        Rolling::MOST
                    );
                    problems.add("max_retries", message);
                }
                times.check(problems, "window", window, Some("such as 60"));
            }
            BudgetKind::SuccessRatio {
                ratio,
                min_per_second,
                ..
            } => {
                check_share("success_ratio", ratio, 0.0, problems);
                if !(min_per_second.is_finite() && min_per_second >= 0.0) {
                    let message =
                        format!("is {min_per_second}: give the retries per second, such as 0.5");
                    problems.add("min_per_second", message);
                }
            }
            BudgetKind::InFlightShare { share, .. } => {
                check_share("in_flight_share", share, f64::MIN_POSITIVE, problems);
            }
        }
        self.check_costs(problems);
    }

    fn check_costs(&self, problems: &mut Problems) {
        let (most, setting) = match self.kind {
            BudgetKind::Rolling { max_retries, .. } => (max_retries, "max_retries"),
            BudgetKind::SuccessRatio { reserve, .. } => (reserve, "reserve"),
            // The calls in flight may be any number.
            BudgetKind::InFlightShare { .. } => return,
        };
        for (class, cost) in self.costs.iter().filter(|(_, cost)| **cost > most) {
            let message = format!(
                "is {cost}, above {setting} ({most}), so no retry could ever pay it: lower the cost or raise {setting}"
            );
            problems.add(&format!("cost({class})"), message);
        }
    }
}

fn check_share(setting: &str, share: f64, least: f64, problems: &mut Problems) {
    if !(share >= least && share <= 1.0) {
        let message = format!("is {share}: give a share up to 1, such as 0.1 for ten percent");
        problems.add(setting, message);
    }
}

/// The parts that a budget was built from: its settings, its clock, and the mistakes that the settings
/// cannot show.
#[derive(Debug, Clone)]
pub(crate) struct BudgetSetup {
    pub(super) settings: BudgetSettings,
    pub(super) time: Time,
    pub(super) times: GivenTimes,
    /// Settings that were given to a budget of another kind, and that kind.
    pub(super) misplaced: Vec<(&'static str, &'static str)>,
}

impl BudgetSetup {
    pub(crate) const fn new(settings: BudgetSettings) -> Self {
        Self {
            settings,
            time: Time::System,
            times: GivenTimes::NONE,
            misplaced: Vec::new(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        self.settings.check(&self.times, problems);
        for (setting, kind) in &self.misplaced {
            let message = format!("has no effect here: only Budget::{kind}(..) has it");
            problems.add(setting, message);
        }
    }
}

use std::time::Duration;

use super::settings::{Kind, Settings};
use crate::classify::ErrorClass;

/// What a budget was made of.
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
    /// What it bounds retries by.
    pub kind: BudgetKind,
    /// The classes whose retries do not cost 1, and what they cost.
    pub costs: Vec<(ErrorClass, u32)>,
    /// A retry that waits as long as the other side asked is free.
    pub free_hinted_retries: bool,
}

/// What a budget bounds retries by.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum BudgetKind {
    /// A number in any window of time.
    Rolling {
        /// The number.
        max_retries: u32,
        /// The time.
        window: Duration,
    },
    /// A share of the successes.
    SuccessRatio {
        /// For how many retries a success pays.
        ratio: f64,
        /// How many retries can be saved up.
        reserve: u32,
        /// How many retries a second time pays for.
        min_per_second: f64,
    },
    /// A share of the calls in flight.
    InFlightShare {
        /// The share, 0 to 1.
        share: f64,
        /// How many retries may be in flight however few calls are.
        min_in_flight: u32,
    },
}

impl Settings {
    pub(super) fn describe(&self) -> BudgetSettings {
        let kind = match self.kind {
            Kind::Rolling {
                max_retries,
                window,
            } => BudgetKind::Rolling {
                max_retries,
                window: window.saturate(),
            },
            Kind::SuccessRatio(ratio) => BudgetKind::SuccessRatio {
                ratio,
                reserve: self.reserve(),
                min_per_second: self.min_per_second.unwrap_or(0.0),
            },
            Kind::InFlightShare(share) => BudgetKind::InFlightShare {
                share,
                min_in_flight: self.min_in_flight(),
            },
        };
        let costs = self.costs.iter();
        BudgetSettings {
            kind,
            costs: costs.filter_map(|(c, n)| n.map(|n| (c, n))).collect(),
            free_hinted_retries: self.free_hinted_retries,
        }
    }
}

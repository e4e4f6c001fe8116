use std::time::Duration;

use super::rolling::Rolling;
use crate::classify::{ErrorClass, PerClass};
use crate::clock::Time;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;

/// What a budget was made of, as the user gave it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) kind: Kind,
    pub(crate) time: Time,
    pub(crate) costs: PerClass<Option<u32>>,
    pub(crate) reserve: Option<u32>,
    pub(crate) min_per_second: Option<f64>,
    pub(crate) min_in_flight: Option<u32>,
    pub(crate) free_hinted_retries: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Rolling { max_retries: u32, window: Delay },
    SuccessRatio(f64),
    InFlightShare(f64),
}

impl Settings {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            time: Time::System,
            costs: PerClass::default(),
            reserve: None,
            min_per_second: None,
            min_in_flight: None,
            free_hinted_retries: false,
        }
    }

    pub(super) fn cost(&self, class: ErrorClass) -> u32 {
        self.costs.get(class).unwrap_or(1)
    }

    pub(super) fn reserve(&self) -> u32 {
        self.reserve.unwrap_or(defaults::BUDGET_RESERVE)
    }

    pub(super) fn min_in_flight(&self) -> u32 {
        self.min_in_flight.unwrap_or(defaults::BUDGET_MIN_IN_FLIGHT)
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        match self.kind {
            Kind::Rolling {
                max_retries,
                window,
            } => check_rolling(max_retries, window, problems),
            Kind::SuccessRatio(ratio) => check_share("success_ratio", ratio, 0.0, problems),
            Kind::InFlightShare(share) => {
                check_share("in_flight_share", share, f64::MIN_POSITIVE, problems);
            }
        }
        if let Some(rate) = self.min_per_second
            && !(rate.is_finite() && rate >= 0.0)
        {
            let message = format!("is {rate}: give the retries per second, such as 0.5");
            problems.add("min_per_second", message);
        }
        self.check_kind(problems);
        self.check_costs(problems);
    }

    /// A setting of another kind would be without effect.
    fn check_kind(&self, problems: &mut Problems) {
        let funded = matches!(self.kind, Kind::SuccessRatio(_));
        let share = matches!(self.kind, Kind::InFlightShare(_));
        let settings = [
            ("reserve", self.reserve.is_some(), funded, "success_ratio"),
            (
                "min_per_second",
                self.min_per_second.is_some(),
                funded,
                "success_ratio",
            ),
            (
                "min_in_flight",
                self.min_in_flight.is_some(),
                share,
                "in_flight_share",
            ),
        ];
        for (setting, given, used, kind) in settings {
            if given && !used {
                let message = format!("has no effect here: only Budget::{kind}(..) has it");
                problems.add(setting, message);
            }
        }
    }

    fn check_costs(&self, problems: &mut Problems) {
        let (most, setting) = match self.kind {
            Kind::Rolling { max_retries, .. } => (max_retries, "max_retries"),
            Kind::SuccessRatio(_) => (self.reserve(), "reserve"),
            // The calls in flight may be any number.
            Kind::InFlightShare(_) => return,
        };
        for (class, cost) in self.costs.iter() {
            if let Some(cost) = cost
                && *cost > most
            {
                let message = format!(
                    "is {cost}, above {setting} ({most}), so no retry could ever pay it: lower the cost or raise {setting}"
                );
                problems.add(&format!("cost({class})"), message);
            }
        }
    }
}

fn check_rolling(max_retries: u32, window: Delay, problems: &mut Problems) {
    if max_retries > Rolling::MOST {
        let message = format!(
            "is {max_retries}, and each takes 8 bytes: give at most {}",
            Rolling::MOST
        );
        problems.add("max_retries", message);
    }
    match window.checked() {
        Ok(Duration::ZERO) => problems.add(
            "window",
            "is zero, so no retry would ever count: give a Duration, or seconds such as 60",
        ),
        Err(seconds) => problems.add(
            "window",
            format!(
                "is {seconds}, which is no length of time: give a Duration, or seconds such as 60"
            ),
        ),
        Ok(_) => {}
    }
}

fn check_share(setting: &str, share: f64, least: f64, problems: &mut Problems) {
    if !(share >= least && share <= 1.0) {
        let message = format!("is {share}: give a share up to 1, such as 0.1 for ten percent");
        problems.add(setting, message);
    }
}

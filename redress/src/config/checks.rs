//! Limits and strategies that can never matter. Where all settings of a policy stand in one place, as in
//! a file or an attribute, that is a mistake, and the macros refuse the same. A builder takes them: a
//! program may lower `max_attempts` as it starts, and mean it.

use super::{Bound, RetryConfig};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::problems::Problems;

impl RetryConfig {
    /// Reports limits and strategies that can never matter.
    pub(super) fn check_contradictions(&self, problems: &mut Problems) {
        caps(self, problems);
        strategies(self, problems);
    }
}

/// A limit that is in force, and how to tell the reader if it is not in the file.
fn in_force<T>(given: Option<Bound<T>>, default: T) -> Option<(T, &'static str)> {
    match given {
        Some(Bound::At(limit)) => Some((limit, "")),
        Some(Bound::Unlimited) => None,
        None => Some((default, ", the default")),
    }
}

fn caps(config: &RetryConfig, problems: &mut Problems) {
    let default = |given: Option<Bound<u32>>, default| match given {
        None if config.sessions => None,
        given => in_force(given, default),
    };
    let attempts = default(config.max_attempts, defaults::MAX_ATTEMPTS);
    let unknown = default(config.max_unknown_attempts, defaults::MAX_UNKNOWN_ATTEMPTS);
    let unreachable = |problems: &mut Problems, setting: &str, cap: u32| match attempts {
        Some((attempts, default)) if cap > attempts && attempts > 0 => {
            let message = format!(
                "is {cap}, which is never reached: max_attempts is {attempts}{default}: lower it, or raise max_attempts"
            );
            problems.add(setting, message);
            true
        }
        _ => false,
    };
    if let Some(Bound::At(cap)) = config.max_unknown_attempts {
        unreachable(problems, "max_unknown_attempts", cap);
    }
    for (class, cap) in &config.per_class_max_attempts {
        let setting = format!("max_class_attempts({class})");
        if unreachable(problems, &setting, *cap) {
            continue;
        }
        if class.is_terminal() && *cap > 1 && !config.strategies.contains_key(class) {
            let message = format!(
                "is {cap}, which is never reached, as the first failure of this class ends the call: give the class a strategy of its own"
            );
            problems.add(&setting, message);
        }
        if let (ErrorClass::Unknown, Some((unknown, default))) = (class, unknown)
            && *cap > unknown
        {
            let message = format!(
                "is {cap}, which is never reached: max_unknown_attempts is {unknown}{default}: set that one alone"
            );
            problems.add(&setting, message);
        }
    }
}

fn strategies(config: &RetryConfig, problems: &mut Problems) {
    for class in config.strategies.keys() {
        let reason = if config.per_class_max_attempts.get(class) == Some(&1) {
            "its cap is 1"
        } else if *class == ErrorClass::Unknown && config.max_unknown_attempts == Some(Bound::At(1))
        {
            "max_unknown_attempts is 1"
        } else if config.max_attempts == Some(Bound::At(1)) {
            "max_attempts is 1"
        } else {
            continue;
        };
        let message = format!("is never used, as {reason}: remove it, or allow a second attempt");
        problems.add(&format!("strategies({class})"), message);
    }
    let own = |class: &ErrorClass| class.is_terminal() || config.strategies.contains_key(class);
    if config.strategy.is_some() && ErrorClass::ALL.iter().all(own) {
        problems.add(
            "strategy",
            "is never used, as every class that is retried has its own: remove it",
        );
    }
}

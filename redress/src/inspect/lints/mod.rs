//! The lints of the doctor.

mod breaker;
mod budget;
mod caps;
mod gate;
mod scope;
mod sessions;
mod strategies;
mod time;

#[cfg(feature = "config")]
pub(crate) use caps::ONCE_NEVER_RETRIES;

use super::{Finding, Level, PolicySnapshot, Schedule};
use crate::classify::ErrorClass;
use crate::drive::CompiledPolicy;
use crate::reason::StopReason;
use crate::strategies::{DelayBounds, Strategy};

/// Looks at everything, errors first. A policy that is not `classified` has the default classifiers.
pub(super) fn run(config: &CompiledPolicy, shared: bool, classified: bool) -> Vec<Finding> {
    let patient = Patient::new(config, shared, classified);
    let mut findings = Findings::default();
    time::lint(&patient, &mut findings);
    caps::lint(&patient, &mut findings);
    scope::lint(&patient, &mut findings);
    sessions::lint(&patient, &mut findings);
    strategies::lint(&patient, &mut findings);
    breaker::lint(&patient, &mut findings);
    budget::lint(&patient, &mut findings);
    gate::lint(&patient, &mut findings);
    findings.0.sort_by_key(|finding| finding.level);
    findings.0
}

/// The policy that is looked at.
struct Patient<'a> {
    config: &'a CompiledPolicy,
    shared: bool,
    classified: bool,
    snapshot: PolicySnapshot,
    /// The slots that choose a delay for some class.
    slots: Vec<StrategySlot<'a>>,
}

/// A strategy and the failures that it is asked about.
struct StrategySlot<'a> {
    setting: String,
    strategy: &'a dyn Strategy,
    /// The class that can be retried most often, if no time passed.
    class: ErrorClass,
    schedule: Schedule,
}

impl<'a> Patient<'a> {
    fn new(config: &'a CompiledPolicy, shared: bool, classified: bool) -> Self {
        let rules = &config.rules;
        let mut slots: Vec<StrategySlot<'a>> = Vec::new();
        // TRANSIENT first: among equals it is the one that people think of.
        let classes = ErrorClass::ALL.into_iter();
        let classes = classes.filter(|class| *class != ErrorClass::Transient);
        for class in std::iter::once(ErrorClass::Transient).chain(classes) {
            let Ok(strategy) = rules.next_delay(class, 1, 1) else {
                continue;
            };
            let setting = if rules.slot(class).own {
                format!("strategies({class})")
            } else {
                "strategy".to_owned()
            };
            let slot = StrategySlot {
                setting,
                strategy,
                class,
                schedule: Schedule::of(config, class),
            };
            match slots.iter_mut().find(|other| other.setting == slot.setting) {
                Some(other) if other.attempts() < slot.attempts() => *other = slot,
                Some(_) => {}
                None => slots.push(slot),
            }
        }
        Self {
            config,
            shared,
            classified,
            snapshot: PolicySnapshot::of(config),
            slots,
        }
    }

    /// Returns `true` if a failure of `class` can be retried, given enough time.
    fn retries(&self, class: ErrorClass) -> bool {
        self.config.rules.next_delay(class, 1, 1).is_ok()
    }
}

impl StrategySlot<'_> {
    /// Counts the attempts that can happen.
    fn attempts(&self) -> usize {
        self.schedule.attempts().len()
    }

    /// Returns `true` if even the first delay ends the call.
    fn never_retries(&self) -> bool {
        self.attempts() == 1 && self.schedule.ends() == Some(StopReason::DeadlineExceeded)
    }

    /// Lists the bounds of the delays before the attempts that can happen; empty if they are
    /// unknown.
    fn delays(&self) -> Vec<DelayBounds> {
        let mut previous = None;
        let retries = self.schedule.attempts().iter().skip(1);
        let bounds = retries.map_while(|planned| {
            previous = self
                .strategy
                .delay_bounds(planned.attempt.saturating_sub(1), previous);
            previous
        });
        bounds.collect()
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

/// The text of a finding: the problem, its consequence, the fix.
struct Text {
    message: String,
    reason: String,
    fix: String,
}

impl Findings {
    fn error(&mut self, code: &'static str, setting: impl Into<String>, text: Text) {
        self.add(Level::Error, code, setting.into(), text);
    }

    fn warning(&mut self, code: &'static str, setting: impl Into<String>, text: Text) {
        self.add(Level::Warning, code, setting.into(), text);
    }

    fn add(&mut self, level: Level, code: &'static str, setting: String, text: Text) {
        let Text {
            message,
            reason,
            fix,
        } = text;
        self.0.push(Finding {
            level,
            code,
            setting,
            message,
            reason,
            fix,
        });
    }
}

/// Writes classes one after the other.
fn list(classes: impl IntoIterator<Item = ErrorClass>) -> String {
    let names: Vec<_> = classes.into_iter().map(ErrorClass::as_str).collect();
    names.join(", ")
}

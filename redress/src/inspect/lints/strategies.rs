use super::{Findings, Patient, StrategySlot, Text, list};
use crate::classify::ErrorClass;
use crate::reason::StopReason;
use crate::strategies::{DelayBounds, length};

/// Looks at how long calls wait between attempts.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    for slot in &patient.slots {
        if slot.never_retries() {
            never_retries(patient, slot, findings);
            continue;
        }
        if !hot_loop(slot, findings) {
            no_jitter(slot, findings);
        }
        bunch(slot, findings);
    }
    unused(patient, findings);
    permanent(patient, findings);
}

/// The first delay already ends the call.
fn never_retries(patient: &Patient<'_>, slot: &StrategySlot<'_>, findings: &mut Findings) {
    let delay = slot.strategy.delay_bounds(1, None);
    let shortest = delay
        .map(DelayBounds::shortest)
        .map_or_else(String::new, length);
    let (reaches, fix) = match patient.snapshot.deadline {
        Some(deadline) => (
            format!("reaches the deadline of {}", length(deadline)),
            format!("wait less than {}, or raise the deadline", length(deadline)),
        ),
        None => (
            "never ends".to_owned(),
            "wait for a time that ends".to_owned(),
        ),
    };
    findings.error(
        "delay-beyond-deadline",
        slot.setting.clone(),
        Text {
            message: format!("the first delay of {shortest} {reaches}"),
            reason: "a call that would have to wait so long stops instead: nothing is ever retried"
                .to_owned(),
            fix,
        },
    );
}

/// Finds an unlimited number of attempts without delay. Returns `true` if it does.
fn hot_loop(slot: &StrategySlot<'_>, findings: &mut Findings) -> bool {
    let delays = slot.delays();
    let endless = slot.schedule.ends().is_none() && !delays.is_empty();
    if !endless || delays.iter().any(|delay| !delay.longest().is_zero()) {
        return false;
    }
    findings.error(
        "hot-loop",
        slot.setting.clone(),
        Text {
            message: "any number of attempts follow each other without delay".to_owned(),
            reason: "a failing call takes a whole processor, and floods what it calls".to_owned(),
            fix: "set max_attempts, or wait between attempts".to_owned(),
        },
    );
    true
}

/// Callers that failed together come back together.
fn no_jitter(slot: &StrategySlot<'_>, findings: &mut Findings) {
    let described = slot.strategy.describe();
    // What lost a race may try again at once: that is what `instant` is for.
    let race = slot.class == ErrorClass::Concurrency && described.name() == "instant";
    if described.has_jitter() != Some(false) || race {
        return;
    }
    findings.warning(
        "no-jitter",
        slot.setting.clone(),
        Text {
            message: format!("{described} has no jitter"),
            reason: "callers that failed together come back together, again and again".to_owned(),
            fix: "use decorrelated_jitter, equal_jitter or full_jitter".to_owned(),
        },
    );
}

/// So many delays of the same length are not worth a word.
const FEW: usize = 3;

/// Most delays are the longest, or nearly.
fn bunch(slot: &StrategySlot<'_>, findings: &mut Findings) {
    let delays = slot.delays();
    let (Some(first), Some(last)) = (delays.first(), delays.last()) else {
        return;
    };
    let top = slot.strategy.delay_bounds(u32::MAX, Some(*last));
    let Some(top) = top.map(DelayBounds::longest) else {
        return;
    };
    // What does not grow was not meant to; what has no end must end up there.
    if first.longest() >= top || slot.schedule.ends().is_none() {
        return;
    }
    let bunched = |delay: &&DelayBounds| delay.longest() == top && delay.shortest() >= top / 2;
    let count = delays.iter().filter(bunched).count();
    let all = delays.len();
    if count < FEW || count.saturating_mul(2) <= all {
        return;
    }
    findings.warning(
        "delays-bunch",
        slot.setting.clone(),
        Text {
            message: format!("{count} of {all} delays are at max, {}", length(top)),
            reason: format!(
                "the backoff stops growing early: however long an outage lasts, callers come back every {} or sooner",
                length(top)
            ),
            fix: "raise max, lower base or max_attempts, or use decorrelated_jitter, which spreads over the whole range"
                .to_owned(),
        },
    );
}

/// Strategies that no failure reaches.
fn unused(patient: &Patient<'_>, findings: &mut Findings) {
    let rules = &patient.config.rules;
    let snapshot = &patient.snapshot;
    for (class, _) in &snapshot.class_strategies {
        let reason = match rules.next_delay(*class, 1, 1).err() {
            None => continue,
            Some(StopReason::MaxAttemptsPerClass) => {
                "the cap of the class ends a call at its first such failure".to_owned()
            }
            Some(StopReason::MaxUnknownAttempts) => {
                "max_unknown_attempts ends a call at its first such failure".to_owned()
            }
            Some(_) => "max_attempts allows no second attempt".to_owned(),
        };
        findings.warning(
            "unused-strategy",
            format!("strategies({class})"),
            Text {
                message: format!("the strategy of {class} is never asked"),
                reason,
                fix: "leave the strategy out, or raise the cap".to_owned(),
            },
        );
    }
    let asked = ErrorClass::ALL.into_iter().filter(|c| !c.is_terminal());
    let mut asked = asked.filter(|class| !rules.slot(*class).own);
    if snapshot.default_strategy.is_some() && asked.next().is_none() {
        findings.warning(
            "unused-strategy",
            "strategy",
            Text {
                message: "the default strategy is never asked".to_owned(),
                reason: format!(
                    "every class that is retried has a strategy of its own, and {} end the call without one",
                    list(ErrorClass::ALL.into_iter().filter(|c| c.is_terminal()))
                ),
                fix: "leave it out, or those that should be like it".to_owned(),
            },
        );
    }
}

/// Finds that failures which can never succeed are retried.
fn permanent(patient: &Patient<'_>, findings: &mut Findings) {
    if patient.retries(ErrorClass::Permanent) {
        findings.warning(
            "retries-permanent",
            "strategies(PERMANENT)",
            Text {
                message: "failures of class PERMANENT are retried".to_owned(),
                reason: "the class says that the same call can never succeed".to_owned(),
                fix: "leave this strategy out, or give what may succeed another class".to_owned(),
            },
        );
    }
}

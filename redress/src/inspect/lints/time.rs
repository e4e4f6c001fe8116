use std::time::Duration;

use super::{Findings, Patient, StrategySlot, Text, list};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::reason::StopReason;
use crate::strategies::{DelayBounds, length};

/// Looks at what the deadline leaves.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    unbounded(patient, findings);
    too_short(patient, findings);
    if let Some(deadline) = patient.snapshot.deadline
        && !no_room(patient, deadline, findings)
    {
        beyond(patient, deadline, findings);
    }
}

/// Nothing ends a call.
fn unbounded(patient: &Patient<'_>, findings: &mut Findings) {
    let rules = &patient.config.rules;
    // A session is meant to go on; what ends it is looked at by itself.
    if rules.deadline.is_some() || rules.max_attempts.is_some() || rules.session.given {
        return;
    }
    let uncapped = |class: &ErrorClass| {
        patient.retries(*class) && rules.class_limit(rules.slot(*class), u32::MAX).is_none()
    };
    let endless: Vec<_> = ErrorClass::ALL.into_iter().filter(uncapped).collect();
    if endless.is_empty() {
        return;
    }
    findings.error(
        "unbounded",
        "max_attempts",
        Text {
            message:
                "a call may go on for ever: there is neither a deadline nor a number of attempts"
                    .to_owned(),
            reason: format!(
                "while failures are {}, the caller waits as long as the outage lasts",
                list(endless)
            ),
            fix: "set a deadline, or max_attempts".to_owned(),
        },
    );
}

/// No attempt over a network can succeed in so little time.
fn too_short(patient: &Patient<'_>, findings: &mut Findings) {
    let Some(timeout) = patient.snapshot.attempt_timeout else {
        return;
    };
    if timeout >= defaults::SHORTEST_ATTEMPT {
        return;
    }
    findings.warning(
        "attempt-timeout-too-short",
        "attempt_timeout",
        Text {
            message: format!("{} is over before any answer", length(timeout)),
            reason: "every attempt is cut off: the operation never succeeds".to_owned(),
            fix: "set it above the slowest good answer; a number without a unit is seconds"
                .to_owned(),
        },
    );
}

/// Finds that no time is left after an attempt that timed out. Returns `true` if it does.
fn no_room(patient: &Patient<'_>, deadline: Duration, findings: &mut Findings) -> bool {
    let Some(timeout) = patient.snapshot.attempt_timeout else {
        return false;
    };
    let Ok(strategy) = patient.config.rules.next_delay(ErrorClass::Transient, 1, 1) else {
        return false;
    };
    let delay = strategy.delay_bounds(1, None);
    let shortest = delay.map_or(Duration::ZERO, DelayBounds::shortest);
    if shortest >= deadline || timeout.saturating_add(shortest) < deadline {
        return false;
    }
    let message = format!(
        "{} and the shortest delay of {} reach the deadline of {}",
        length(timeout),
        length(shortest),
        length(deadline)
    );
    let room = rounded(deadline.saturating_sub(shortest) / 2);
    let longer = timeout.saturating_add(shortest).saturating_mul(2);
    let lower = (!room.is_zero()).then(|| format!("lower attempt_timeout to {}", length(room)));
    findings.error(
        "no-room-to-retry",
        "attempt_timeout",
        Text {
            message,
            reason: "an attempt that hangs takes all the time there is: it is never retried"
                .to_owned(),
            fix: one_of([lower, raise(longer)]),
        },
    );
    true
}

/// The attempts that are allowed do not fit into the deadline.
fn beyond(patient: &Patient<'_>, deadline: Duration, findings: &mut Findings) {
    if patient.snapshot.max_attempts.is_none() {
        // Until the deadline is what is meant.
        return;
    }
    let slots = || patient.slots.iter().filter(|slot| !slot.never_retries());
    let cut = slots().filter(|slot| slot.schedule.ends() == Some(StopReason::DeadlineExceeded));
    if let Some(slot) = cut.min_by_key(|slot| slot.attempts()) {
        unreachable(patient, slot, deadline, findings);
        return;
    }
    let total = |slot: &&StrategySlot<'_>| Worst::of(slot, patient).map(|worst| worst.total);
    let Some(slot) = slots().max_by_key(total) else {
        return;
    };
    if let Some(worst) = Worst::of(slot, patient)
        && (worst.total > deadline || !worst.fits)
    {
        over_time(patient, &worst, slot, deadline, findings);
    }
}

/// The course of a call in which everything takes as long as it can.
#[derive(Debug, Clone, Copy)]
struct Worst {
    attempts: u32,
    timeouts: Duration,
    delays: Duration,
    total: Duration,
    /// The last attempt starts before the deadline.
    fits: bool,
}

impl Worst {
    /// Delays of which nothing is known count as none.
    fn of(slot: &StrategySlot<'_>, patient: &Patient<'_>) -> Option<Self> {
        let deadline = patient.snapshot.deadline?;
        let last = slot.schedule.attempts().last()?;
        let timeout = patient.snapshot.attempt_timeout.unwrap_or_default();
        let timeouts = timeout.saturating_mul(last.attempt);
        let before = timeout.saturating_mul(last.attempt.saturating_sub(1));
        let start = last.latest.unwrap_or(before);
        Some(Self {
            attempts: last.attempt,
            timeouts,
            delays: start.saturating_sub(before),
            total: start.saturating_add(timeout),
            fits: start < deadline,
        })
    }
}

fn over_time(
    patient: &Patient<'_>,
    case: &Worst,
    worst: &StrategySlot<'_>,
    deadline: Duration,
    findings: &mut Findings,
) {
    let Worst {
        attempts,
        timeouts,
        delays,
        total,
        fits,
    } = *case;
    let starts = worst.schedule.attempts().iter();
    let certain = starts.filter(|planned| planned.certain).count();
    let (setting, takes) = match patient.snapshot.attempt_timeout {
        Some(timeout) => (
            "attempt_timeout",
            format!(
                "{attempts} attempts of {} and delays of {} take {}",
                length(timeout),
                length(delays),
                length(total)
            ),
        ),
        None => (
            "max_attempts",
            format!(
                "the delays before {attempts} attempts take {}",
                length(delays)
            ),
        ),
    };
    let reason = if fits {
        format!("attempt {attempts} is cut short when those before it time out")
    } else {
        format!(
            "only {certain} of the {attempts} attempts are sure to start, whatever max_attempts says"
        )
    };
    let spare = rounded(deadline.saturating_sub(delays) / attempts.max(1));
    let shorten = !timeouts.is_zero() && !spare.is_zero();
    // Of more attempts than a schedule lists, only a part is known: no advice that counts on all.
    let all = worst.schedule.ends().is_some();
    let shorten = shorten && all;
    let shorten = shorten.then(|| format!("lower attempt_timeout to {}", length(spare)));
    let timeout = patient.snapshot.attempt_timeout.unwrap_or_default();
    let fit = worst.schedule.attempts().iter().filter(|planned| {
        let ends = planned.latest.map(|latest| latest.saturating_add(timeout));
        planned.certain && ends.is_some_and(|end| end <= deadline)
    });
    let fitting = fit.count();
    // One attempt is not a retry, so it is not advised.
    let fewer = (fitting > 1).then(|| format!("lower max_attempts to {fitting}"));
    findings.warning(
        "beyond-deadline",
        setting,
        Text {
            message: format!(
                "in the worst case {}{takes}, beyond the deadline of {}",
                if all { "" } else { "the first " },
                length(deadline)
            ),
            reason,
            fix: one_of([shorten, fewer, raise(total).filter(|_| all)]),
        },
    );
}

fn unreachable(
    patient: &Patient<'_>,
    slot: &StrategySlot<'_>,
    deadline: Duration,
    findings: &mut Findings,
) {
    let (possible, class) = (slot.attempts(), slot.class);
    let snapshot = &patient.snapshot;
    let unknown = snapshot.max_unknown_attempts;
    let unknown = unknown.filter(|_| class == ErrorClass::Unknown);
    let caps = [
        ("max_attempts".to_owned(), snapshot.max_attempts),
        ("max_unknown_attempts".to_owned(), unknown),
        (
            format!("max_class_attempts({class})"),
            snapshot.max_class_attempts(class),
        ),
    ];
    let caps = caps.into_iter().filter_map(|(cap, at)| Some((cap, at?)));
    let Some((setting, allowed)) = caps.min_by_key(|(_, at)| *at) else {
        return;
    };
    findings.warning(
        "unreachable-cap",
        setting,
        Text {
            message: format!(
                "a call that fails as {class} makes {possible} attempts at most, not {allowed}"
            ),
            reason: format!(
                "even if every attempt fails at once, the shortest delays reach the deadline of {} first",
                length(deadline)
            ),
            fix: format!(
                "lower it to {possible}, raise the deadline, or shorten the delays"
            ),
        },
    );
}

fn raise(above: Duration) -> Option<String> {
    // There is nothing above the longest time.
    (above < Duration::MAX).then(|| format!("raise the deadline above {}", length(above)))
}

/// Joins the ways out that there are.
fn one_of<const N: usize>(fixes: [Option<String>; N]) -> String {
    let fixes: Vec<_> = fixes.into_iter().flatten().collect();
    if fixes.is_empty() {
        "shorten the delays and the timeout, or set no deadline".to_owned()
    } else {
        fixes.join(", or ")
    }
}

/// Leaves out digits that are not worth writing: parts of a millisecond, and beyond ten seconds
/// parts of a second.
fn rounded(time: Duration) -> Duration {
    if time >= Duration::from_secs(10) {
        Duration::from_secs(time.as_secs())
    } else {
        Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}

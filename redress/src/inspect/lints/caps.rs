use super::{Findings, Patient, Text, list};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::reason::StopReason;

/// The code of the finding about `once` with the default classifier.
pub(crate) const ONCE_NEVER_RETRIES: &str = "once-never-retries";

/// Looks at what bounds the attempts, class by class.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    unknown(patient, findings);
    for (class, cap) in &patient.snapshot.max_class_attempts {
        unreachable(patient, *class, *cap, findings);
    }
    unreachable_unknown(patient, findings);
    no_strategy(patient, findings);
    once(patient, findings);
}

/// Finds that calls with UNKNOWN failures are not stopped early.
fn unknown(patient: &Patient<'_>, findings: &mut Findings) {
    let snapshot = &patient.snapshot;
    let class = ErrorClass::Unknown;
    let capped = snapshot.max_unknown_attempts.is_some()
        || snapshot.max_class_attempts(class).is_some()
        || snapshot
            .max_attempts
            .is_some_and(|n| n <= defaults::MAX_UNKNOWN_ATTEMPTS);
    // A session that is not understood backs off as any other.
    if capped || !patient.retries(class) || snapshot.session.is_some() {
        return;
    }
    let times = snapshot.max_attempts.map_or_else(
        || "until something else stops the call".to_owned(),
        |attempts| format!("{attempts} times"),
    );
    findings.warning(
        "unknown-uncapped",
        "max_unknown_attempts",
        Text {
            message: format!("failures that nobody understands are tried {times}"),
            reason: "an UNKNOWN failure is as likely a bug as a blip: repeating it costs time and may repeat its damage".to_owned(),
            fix: format!(
                "set max_unknown_attempts to {}, or classify these errors",
                defaults::MAX_UNKNOWN_ATTEMPTS
            ),
        },
    );
}

/// Something else always stops the call before the cap does.
fn unreachable(patient: &Patient<'_>, class: ErrorClass, cap: u32, findings: &mut Findings) {
    let snapshot = &patient.snapshot;
    let rules = &patient.config.rules;
    let by = |what: &str| Some(format!("{what} ends the call first"));
    let first = match (rules.next_delay(class, 1, 1).err(), snapshot.max_attempts) {
        _ if cap == 1 => None,
        (Some(StopReason::NonRetryableClass), _) => by("the first failure"),
        (Some(StopReason::NoStrategy), _) => by("the lack of a strategy"),
        (_, Some(attempts)) if attempts < cap => by(&format!("max_attempts ({attempts})")),
        _ => snapshot
            .max_unknown_attempts
            .filter(|unknown| class == ErrorClass::Unknown && *unknown < cap)
            .and_then(|unknown| by(&format!("max_unknown_attempts ({unknown})"))),
    };
    if let Some(reason) = first {
        findings.warning(
            "unreachable-cap",
            format!("max_class_attempts({class})"),
            Text {
                message: format!("a call never sees {cap} failures of class {class}"),
                reason,
                fix: "lower the cap, leave it out, or raise what comes first".to_owned(),
            },
        );
    }
}

fn unreachable_unknown(patient: &Patient<'_>, findings: &mut Findings) {
    let snapshot = &patient.snapshot;
    let Some(cap) = snapshot.max_unknown_attempts else {
        return;
    };
    // The default is not a mistake.
    if cap <= defaults::MAX_UNKNOWN_ATTEMPTS {
        return;
    }
    let class_cap = snapshot.max_class_attempts(ErrorClass::Unknown);
    let reason = match (snapshot.max_attempts, class_cap) {
        (_, Some(own)) if own <= cap => format!("the cap of the class ({own})"),
        (Some(attempts), _) if attempts < cap => format!("max_attempts ({attempts})"),
        _ => return,
    };
    findings.warning(
        "unreachable-cap",
        "max_unknown_attempts",
        Text {
            message: format!("a call is never stopped by {cap} failures of class UNKNOWN"),
            reason: format!("{reason} ends the call first"),
            fix: "lower it, leave it out, or raise what comes first".to_owned(),
        },
    );
}

/// Classes that are worth a retry have nothing to retry with.
fn no_strategy(patient: &Patient<'_>, findings: &mut Findings) {
    let rules = &patient.config.rules;
    let ends =
        |class: &ErrorClass| rules.next_delay(*class, 1, 1).err() == Some(StopReason::NoStrategy);
    let classes: Vec<_> = ErrorClass::ALL.into_iter().filter(ends).collect();
    if classes.is_empty() || rules.is_last(1) {
        return;
    }
    findings.warning(
        "no-strategy",
        "strategy",
        Text {
            message: format!("failures of class {} end as NO_STRATEGY", list(classes)),
            reason: "there is no default strategy, as soon as a class has one of its own"
                .to_owned(),
            fix: "set a default strategy, or cap a class at 1 attempt if it shall not be retried"
                .to_owned(),
        },
    );
}

/// Nothing says of a failure that it is unsent, which alone is retried.
fn once(patient: &Patient<'_>, findings: &mut Findings) {
    let rules = &patient.config.rules;
    if !rules.once || patient.classified || rules.is_last(1) {
        return;
    }
    findings.warning(
        ONCE_NEVER_RETRIES,
        "once",
        Text {
            message: "no failure of the operation itself is retried".to_owned(),
            reason: "the default classifier says only of refusals, of a breaker or of a call without an attempt, that nothing can have been applied; only `#[retry(policy = ...)]` asks the error's own `Classify`".to_owned(),
            fix: "give the policy a classifier that says `unsent()`, such as DefaultClassifier.knows::<E>(), or set max_attempts to 1 if this is meant".to_owned(),
        },
    );
}

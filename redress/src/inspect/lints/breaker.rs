use std::time::Duration;

use super::{Findings, Patient, Text, list};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::inspect::{BreakerSettings, Schedule};
use crate::strategies::{DelayBounds, length};

/// Looks at when the circuit breaker opens and closes.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    let Some(breaker) = &patient.snapshot.breaker else {
        return;
    };
    let never = never_opens(breaker, findings);
    trips_on_caller(breaker, findings);
    unused_rule(breaker, findings);
    if !never {
        opens_late(patient, breaker, findings);
        rate_too_high(breaker, findings);
    }
    stays_open(breaker, findings);
    lease(patient, breaker, findings);
    never_slow(patient, breaker, findings);
}

/// Finds a breaker that no failure can open. Returns `true` if it does.
fn never_opens(breaker: &BreakerSettings, findings: &mut Findings) -> bool {
    let mut never = false;
    if breaker.metrics_only {
        findings.warning(
            "breaker-never-opens",
            "breaker.metrics_only",
            Text {
                message: "the breaker counts and never refuses a call".to_owned(),
                reason: "metrics_only leaves the dependency unprotected".to_owned(),
                fix: "leave metrics_only out once the thresholds have been seen to be right"
                    .to_owned(),
            },
        );
    }
    for (setting, failures) in thresholds(breaker) {
        let needed = f64::from(failures) / breaker.window.as_secs_f64();
        if failures > 1 && needed > defaults::FAILURES_PER_SECOND {
            never = true;
            findings.error(
                "breaker-never-opens",
                setting,
                Text {
                    message: format!(
                        "{failures} failures within {} never happen",
                        length(breaker.window)
                    ),
                    reason: format!("that takes {needed:.0} failures a second"),
                    fix: "raise the window, or lower the threshold".to_owned(),
                },
            );
        }
    }
    never
}

/// Lists the counts of failures within the window that open the breaker.
fn thresholds(breaker: &BreakerSettings) -> Vec<(String, u32)> {
    let all = breaker.failure_threshold;
    let all = all.map(|failures| ("breaker.failure_threshold".to_owned(), failures));
    let own = breaker.class_thresholds.iter();
    let own = own.map(|(class, n)| (format!("breaker.class_threshold({class})"), *n));
    let rate = breaker.failure_rate;
    let rate = rate.map(|(_, calls)| ("breaker.failure_rate".to_owned(), calls));
    all.into_iter().chain(own).chain(rate).collect()
}

fn has_own(breaker: &BreakerSettings, class: ErrorClass) -> bool {
    breaker.class_thresholds.contains_key(&class)
}

fn trips_on_caller(breaker: &BreakerSettings, findings: &mut Findings) {
    let blamed: Vec<_> = breaker
        .trip_on
        .iter()
        .copied()
        // A class with a threshold of its own was chosen on purpose.
        .filter(|class| !defaults::BREAKER_TRIP_ON.contains(class) && !has_own(breaker, *class))
        .collect();
    if blamed.is_empty() {
        return;
    }
    let reasons: Vec<_> = blamed.iter().map(|class| not_its_fault(*class)).collect();
    findings.warning(
        "breaker-trips-on-caller",
        "breaker.trip_on",
        Text {
            message: format!("the breaker opens on {}", list(blamed)),
            reason: format!(
                "that is not the dependency's fault, and refuses everybody's calls: {}",
                reasons.join("; ")
            ),
            fix: format!(
                "leave trip_on at {}, or give the class a threshold of its own",
                list(defaults::BREAKER_TRIP_ON)
            ),
        },
    );
}

const fn not_its_fault(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Auth => "AUTH is one caller's expired credentials",
        ErrorClass::Permission => "PERMISSION is one caller's missing right",
        ErrorClass::Permanent => "PERMANENT is a wrong request",
        ErrorClass::Concurrency => "CONCURRENCY is a lost race between callers",
        ErrorClass::RateLimit => "RATE_LIMIT says when to come back",
        ErrorClass::Unknown => "UNKNOWN may be a bug of the caller",
        ErrorClass::ServerError => "SERVER_ERROR is the dependency's own",
        ErrorClass::Transient => "TRANSIENT is the way to the dependency",
    }
}

/// A rule for all classes together, where every class counts by itself.
fn unused_rule(breaker: &BreakerSettings, findings: &mut Findings) {
    if !breaker.trip_on.iter().all(|class| has_own(breaker, *class)) {
        return;
    }
    let count = breaker.failure_threshold;
    let rules = [
        // The default is not a mistake.
        (
            "failure_threshold",
            count.is_some_and(|n| n != defaults::BREAKER_FAILURES),
        ),
        ("failure_rate", breaker.failure_rate.is_some()),
        (
            "consecutive_failures",
            breaker.consecutive_failures.is_some(),
        ),
    ];
    for (rule, set) in rules {
        if set {
            findings.warning(
                "breaker-rule-unused",
                format!("breaker.{rule}"),
                Text {
                    message: format!("{rule} never counts a failure"),
                    reason:
                        "every class of trip_on has a threshold of its own, and counts only there"
                            .to_owned(),
                    fix: format!("leave {rule} out, or take the threshold of a class away"),
                },
            );
        }
    }
}

/// One caller alone cannot open it.
fn opens_late(patient: &Patient<'_>, breaker: &BreakerSettings, findings: &mut Findings) {
    let Some(threshold) = breaker.failure_threshold else {
        return;
    };
    if breaker.observe_attempts {
        return;
    }
    let counted = breaker.trip_on.iter();
    let counted = counted.filter(|class| !has_own(breaker, **class));
    let fails_after = counted.filter_map(|class| {
        let schedule = Schedule::of(patient.config, *class);
        Some(schedule.attempts().last()?.earliest)
    });
    let Some(fails_after) = fails_after.min() else {
        return;
    };
    let all = fails_after.saturating_mul(threshold.saturating_sub(1));
    if all <= breaker.window {
        return;
    }
    let each = breaker.window.as_nanos() / fails_after.as_nanos().max(1);
    let callers = u128::from(threshold).div_ceil(each.saturating_add(1));
    findings.warning(
        "breaker-opens-late",
        "breaker.failure_threshold",
        Text {
            message: format!(
                "the calls of one caller do not open the breaker: {threshold} failures lie {} apart at least, the window is {}",
                length(all),
                length(breaker.window)
            ),
            reason: format!(
                "calls are counted, not attempts, and with all its attempts a call takes {} at least to fail: {callers} or more callers must fail at the same time",
                length(fails_after)
            ),
            fix: "observe attempts, raise the window, or lower the threshold".to_owned(),
        },
    );
}

/// One success among many failures keeps it closed.
fn rate_too_high(breaker: &BreakerSettings, findings: &mut Findings) {
    let Some((rate, minimum)) = breaker.failure_rate else {
        return;
    };
    let by_count = breaker.failure_threshold.or(breaker.consecutive_failures);
    let counts_none = breaker.trip_on.iter().all(|class| has_own(breaker, *class));
    // As the breaker divides, so that a share that is met exactly is reached.
    let at_minimum = f64::from(minimum.saturating_sub(1)) / f64::from(minimum);
    if by_count.is_some() || counts_none || rate < defaults::HIGH_FAILURE_RATE || at_minimum >= rate
    {
        return;
    }
    let window = length(breaker.window);
    let lower = "lower failure_rate, such as to 0.5";
    let text = match failures_beside_one_success(rate) {
        None => Text {
            message: format!(
                "one success within {window} keeps the breaker closed, however many calls fail"
            ),
            reason: format!(
                "a failure rate of {rate} is reached only while no call at all succeeds, and in most outages some do"
            ),
            fix: format!("{lower}, or count failures in a row: consecutive_failures"),
        },
        Some(failures) => Text {
            message: format!(
                "after one success within {window} it takes {failures} failures to open the breaker, although {minimum} calls are said to be enough"
            ),
            reason: format!(
                "a failure rate of {rate} leaves no room for a success among {minimum} calls, and in most outages some succeed"
            ),
            fix: format!(
                "{lower}, or raise minimum_calls to {}",
                failures.saturating_add(1)
            ),
        },
    };
    findings.warning("breaker-rate-too-high", "breaker.failure_rate", text);
}

/// Returns how many failures reach the rate together with one success; `None` if no number does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "it saturates, and is compared as the breaker compares"
)]
fn failures_beside_one_success(rate: f64) -> Option<u64> {
    if rate >= 1.0 {
        return None;
    }
    let reaches = |failures: u64| failures as f64 / failures.saturating_add(1) as f64 >= rate;
    let about = (rate / (1.0 - rate)).round() as u64;
    let mut near = about.saturating_sub(1)..=about.saturating_add(2);
    near.find(|failures| reaches(*failures))
}

/// Finds a breaker that stays open when the dependency is back.
fn stays_open(breaker: &BreakerSettings, findings: &mut Findings) {
    let shortest = breaker.recovery_bounds.map(DelayBounds::shortest);
    let Some(shortest) = shortest.filter(|time| *time > defaults::LONG_RECOVERY) else {
        return;
    };
    findings.warning(
        "breaker-stays-open",
        "breaker.recovery",
        Text {
            message: format!(
                "once open, the breaker refuses every call {}",
                for_time(shortest)
            ),
            reason:
                "a short outage becomes a long one: no probe finds out that the dependency is back"
                    .to_owned(),
            fix: format!(
                "recover after less, such as {}, unless somebody resets it by hand",
                length(defaults::BREAKER_RECOVERY)
            ),
        },
    );
}

fn for_time(time: Duration) -> String {
    if time == Duration::MAX {
        length(time)
    } else {
        format!("for {}", length(time))
    }
}

/// Probes that take long lose their slot before they have a verdict.
fn lease(patient: &Patient<'_>, breaker: &BreakerSettings, findings: &mut Findings) {
    let snapshot = &patient.snapshot;
    let (what, longest) = if breaker.observe_attempts {
        ("an attempt", snapshot.attempt_timeout)
    } else {
        ("a call", snapshot.deadline)
    };
    let Some(longest) = longest.filter(|longest| *longest > breaker.probe_lease) else {
        return;
    };
    findings.warning(
        "breaker-short-lease",
        "breaker.probe_lease",
        Text {
            message: format!(
                "a probe loses its slot after {}, while {what} may take {}",
                length(breaker.probe_lease),
                length(longest)
            ),
            reason: "what a slow probe finds out decides nothing: more probes follow it, and the breaker stays half-open"
                .to_owned(),
            fix: format!("raise probe_lease to {} or more", length(longest)),
        },
    );
}

/// Attempts are cut off before they are slow.
fn never_slow(patient: &Patient<'_>, breaker: &BreakerSettings, findings: &mut Findings) {
    let Some((slow, _)) = breaker.slow_call else {
        return;
    };
    let snapshot = &patient.snapshot;
    let (setting, limit) = match (snapshot.attempt_timeout, snapshot.deadline) {
        (Some(timeout), _) => ("attempt_timeout", timeout),
        (None, Some(deadline)) => ("deadline", deadline),
        (None, None) => return,
    };
    if slow <= limit {
        return;
    }
    let (slow, limit) = (length(slow), length(limit));
    findings.warning(
        "breaker-never-slow",
        "breaker.slow_call",
        Text {
            message: format!("no attempt takes {slow}: {setting} cuts it off after {limit}"),
            reason: "the rule about slow calls never counts one".to_owned(),
            fix: format!("lower slow_call below {limit}, or raise {setting}"),
        },
    );
}

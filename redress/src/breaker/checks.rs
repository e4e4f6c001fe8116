use std::time::Duration;

use super::CircuitBreakerBuilder;
use crate::defaults::{BREAKER_MAX_COUNT, BREAKER_MAX_PROBES};
use crate::delay::Delay;
use crate::problems::Problems;

/// Reports every mistake in a breaker's settings.
#[inline]
pub(super) fn check(builder: &CircuitBreakerBuilder, problems: &mut Problems) {
    count(problems, "failure_threshold", builder.failure_threshold);
    for (class, threshold) in builder.class_thresholds.iter() {
        count(problems, &format!("class_threshold({class})"), *threshold);
    }
    rate(builder, problems);
    at_least_one(problems, "consecutive_failures", builder.consecutive);
    time(problems, "window", builder.window);
    recovery(builder, problems);
    at_least_one(problems, "half_open_probes", Some(builder.probes));
    if builder.probes > BREAKER_MAX_PROBES {
        let probes = builder.probes;
        let message = format!("is {probes}: give at most {BREAKER_MAX_PROBES}");
        problems.add("half_open_probes", message);
    }
    time(problems, "probe_lease", builder.lease);
    let successes = Some(builder.success_threshold);
    at_least_one(problems, "success_threshold", successes);
    if let Some(ramp) = builder.ramp {
        time(problems, "ramp", ramp);
    }
    let mut own = builder.class_thresholds.iter();
    if builder.trip_on.as_ref().is_some_and(Vec::is_empty) && !own.any(|(_, n)| n.is_some()) {
        problems.add(
            "trip_on",
            "names no class, so nothing could open it: name one, or use metrics_only()",
        );
    }
}

#[inline]
fn count(problems: &mut Problems, setting: &str, failures: Option<u32>) {
    at_least_one(problems, setting, failures);
    if let Some(failures) = failures.filter(|failures| *failures > BREAKER_MAX_COUNT) {
        problems.add(
            setting,
            format!("is {failures}: give at most {BREAKER_MAX_COUNT}, or use failure_rate"),
        );
    }
}

#[inline]
fn at_least_one(problems: &mut Problems, setting: &str, number: Option<u32>) {
    if number == Some(0) {
        problems.add(setting, "must be at least 1");
    }
}

#[inline]
fn rate(builder: &CircuitBreakerBuilder, problems: &mut Problems) {
    let Some(rate) = builder.rate else {
        return;
    };
    let share = rate.share;
    // Also refuses NaN.
    if !(share > 0.0 && share <= 1.0) {
        let percent = if share > 1.0 && share <= 100.0 {
            format!(": write {} for {share}%", share / 100.0)
        } else {
            String::new()
        };
        problems.add(
            "failure_rate",
            format!("is {share}: give a share above 0 and at most 1{percent}"),
        );
    }
    if rate.minimum == 0 {
        problems.add("failure_rate.minimum_calls", "must be at least 1");
    }
}

#[inline]
fn recovery(builder: &CircuitBreakerBuilder, problems: &mut Problems) {
    if let Some(timeout) = builder.recovery_timeout {
        time(problems, "recovery_timeout", timeout);
        if builder.recovery_strategy.is_some() {
            problems.add(
                "recovery_timeout",
                "has no effect beside recovery_strategy: give one of them",
            );
        }
    }
    if let Some(strategy) = &builder.recovery_strategy {
        problems.within("recovery_strategy", |problems| strategy.check(problems));
    }
}

#[inline]
fn time(problems: &mut Problems, setting: &str, time: Delay) {
    match time.checked() {
        Ok(Duration::ZERO) => problems.add(setting, "must be longer than zero"),
        Err(seconds) => problems.add(
            setting,
            format!("{seconds} s is no length of time: give a Duration or seconds"),
        ),
        Ok(_) => {}
    }
}

use super::CircuitBreakerBuilder;
use crate::defaults::{BREAKER_MAX_COUNT, BREAKER_MAX_PROBES};
use crate::problems::Problems;

/// Reports every mistake in a breaker's settings.
#[inline]
pub(super) fn check(builder: &CircuitBreakerBuilder, problems: &mut Problems) {
    let settings = &builder.settings;
    let time = |problems: &mut Problems, setting, time| {
        builder.times.check(problems, setting, time, None);
    };
    if let Some(failures) = settings.failure_threshold {
        count(problems, "failure_threshold", failures);
    }
    for (class, failures) in &settings.class_thresholds {
        count(problems, &format!("class_threshold({class})"), *failures);
    }
    if let Some((share, minimum)) = settings.failure_rate {
        rate(problems, share, minimum);
    }
    if let Some((slow, share)) = settings.slow_call {
        time(problems, "slow_call", slow);
        check_share(problems, "slow_call.share", share);
    }
    if let Some(k) = settings.proportional {
        proportional(problems, k);
    }
    if let Some(failures) = settings.consecutive_failures {
        at_least_one(problems, "consecutive_failures", failures);
    }
    time(problems, "window", settings.window);
    if let Some(timeout) = settings.recovery_timeout {
        time(problems, "recovery_timeout", timeout);
    }
    recovery(builder, problems);
    probes(problems, settings.half_open_probes);
    time(problems, "probe_lease", settings.probe_lease);
    at_least_one(problems, "success_threshold", settings.success_threshold);
    if let Some(ramp) = settings.ramp {
        time(problems, "ramp", ramp);
    }
    let by_class = !settings.trip_on.is_empty() || !settings.class_thresholds.is_empty();
    if !by_class && settings.slow_call.is_none() {
        problems.add(
            "trip_on",
            "names no class, so nothing could open it: name one, or use metrics_only()",
        );
    }
}

#[inline]
fn count(problems: &mut Problems, setting: &str, failures: u32) {
    at_least_one(problems, setting, failures);
    if failures > BREAKER_MAX_COUNT {
        problems.add(
            setting,
            format!("is {failures}: give at most {BREAKER_MAX_COUNT}, or use failure_rate"),
        );
    }
}

#[inline]
fn at_least_one(problems: &mut Problems, setting: &str, number: u32) {
    if number == 0 {
        problems.add(setting, "must be at least 1");
    }
}

#[inline]
fn check_share(problems: &mut Problems, setting: &str, share: f64) {
    // Also refuses NaN.
    if !(share > 0.0 && share <= 1.0) {
        let percent = if share > 1.0 && share <= 100.0 {
            format!(": write {} for {share}%", share / 100.0)
        } else {
            String::new()
        };
        problems.add(
            setting,
            format!("is {share}: give a share above 0 and at most 1{percent}"),
        );
    }
}

#[inline]
fn proportional(problems: &mut Problems, k: f64) {
    if !(k >= 1.0 && k.is_finite()) {
        problems.add(
            "proportional",
            format!("is {k}: give how many times more requests than accepted ones go, such as 2"),
        );
    }
}

#[inline]
fn rate(problems: &mut Problems, share: f64, minimum: u32) {
    check_share(problems, "failure_rate", share);
    if minimum == 0 {
        problems.add("failure_rate.minimum_calls", "must be at least 1");
    }
}

#[inline]
fn recovery(builder: &CircuitBreakerBuilder, problems: &mut Problems) {
    let Some(strategy) = &builder.recovery_strategy else {
        return;
    };
    if builder.settings.recovery_timeout.is_some() {
        problems.add(
            "recovery_timeout",
            "has no effect beside recovery_strategy: give one of them",
        );
    }
    problems.within("recovery_strategy", |problems| strategy.check(problems));
}

#[inline]
fn probes(problems: &mut Problems, probes: u32) {
    at_least_one(problems, "half_open_probes", probes);
    if probes > BREAKER_MAX_PROBES {
        let message = format!("is {probes}: give at most {BREAKER_MAX_PROBES}");
        problems.add("half_open_probes", message);
    }
}

//! The settings with which a policy cannot be built.

use std::time::Duration;

use super::settings::Settings;
use crate::defaults;
use crate::engine::Rules;
use crate::problems::Problems;
use crate::strategies::length;

/// Reports every mistake in the settings of a policy.
pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    let rules = &settings.rules;
    if let Some(strategy) = &rules.default_strategy {
        problems.within("strategy", |problems| strategy.check(problems));
    }
    for (class, strategy) in rules.class_strategies.iter() {
        if let Some(strategy) = strategy {
            let setting = format!("strategies({class})");
            problems.within(&setting, |problems| strategy.check(problems));
        }
    }
    if let Some(budget) = &rules.budget {
        problems.within("budget", |problems| budget.check(problems));
    }
    let mut time = |setting, time: Option<Duration>, instead| {
        if let Some(time) = time {
            settings.times.check(problems, setting, time, Some(instead));
        }
    };
    time("deadline", rules.deadline, "no_deadline()");
    let leave_out = "leave it out for no timeout";
    time("attempt_timeout", rules.attempt_timeout, leave_out);
    sessions(settings, problems);
    if settings.max_detached_threads == 0 {
        let message = "must be at least 1: a detached attempt needs a thread";
        problems.add("max_detached_threads", message);
    }
    at_least_one(problems, "max_attempts", rules.max_attempts);
    at_least_one(problems, "max_unknown_attempts", rules.max_unknown_attempts);
    for (class, cap) in rules.class_caps.iter() {
        at_least_one(problems, &format!("max_class_attempts({class})"), *cap);
    }
    timeout_beyond_deadline(rules, problems);
}

fn sessions(settings: &Settings, problems: &mut Problems) {
    let rules = &settings.rules.session;
    let mut time = |setting, time, instead| settings.times.check(problems, setting, time, instead);
    time("healthy_after", rules.healthy_after, None);
    if let Some(timeout) = rules.stall_timeout {
        time("stall_timeout", timeout, Some("leave it out for none"));
    }
    time("restart_window", rules.restart_window, None);
    match rules.max_restarts {
        Some(0) => problems.add(
            "max_restarts",
            "must be at least 1: for no restart at all, max_attempts(1) ends with the first session",
        ),
        Some(restarts) if restarts > defaults::SESSION_MAX_RESTARTS => problems.add(
            "max_restarts",
            format!(
                "is {restarts}, and at most {}: the time of each is kept",
                defaults::SESSION_MAX_RESTARTS
            ),
        ),
        _ => {}
    }
}

fn at_least_one(problems: &mut Problems, setting: &str, cap: Option<u32>) {
    if cap == Some(0) {
        problems.add(
            setting,
            "must be at least 1: caps count attempts, the first included",
        );
    }
}

/// The deadline cuts an attempt off first: the timeout would never do so.
fn timeout_beyond_deadline(rules: &Rules, problems: &mut Problems) {
    let (Some(timeout), Some(deadline)) = (rules.attempt_timeout, rules.deadline) else {
        return;
    };
    if timeout < deadline || deadline.is_zero() {
        return;
    }
    let default = if deadline == defaults::DEADLINE {
        ", the default"
    } else {
        ""
    };
    let (timeout, deadline) = (length(timeout), length(deadline));
    let message = format!(
        "is {timeout}, and must be below deadline, which is {deadline}{default}: shorten it, or raise deadline"
    );
    problems.add("attempt_timeout", message);
}

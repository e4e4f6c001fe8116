//! The doctor's findings: for each, a policy that has it and one that does not.

mod breaker;
mod caps;
mod gate;
mod sessions;
mod strategies;
mod time;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use redress::inspect::Finding;
use redress::strategies::{adaptive, exponential, fixed};
use redress::{Budget, CircuitBreaker, ErrorClass, Policy, PolicyBuilder};

const SECOND: Duration = Duration::from_secs(1);

fn findings(builder: PolicyBuilder) -> Vec<Finding> {
    builder.build().expect("the settings are valid").lint()
}

fn codes(builder: PolicyBuilder) -> Vec<(&'static str, String)> {
    let findings = findings(builder);
    let codes = findings.iter().map(|f| (f.code(), f.setting().to_owned()));
    codes.collect()
}

#[track_caller]
fn assert_finds(builder: PolicyBuilder, code: &str, setting: &str) -> Finding {
    let findings = findings(builder);
    let found = findings
        .iter()
        .find(|f| f.code() == code && f.setting() == setting);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {code} on {setting} in {findings:#?}"))
}

#[track_caller]
fn assert_clean(builder: PolicyBuilder) {
    assert_eq!(codes(builder), []);
}

fn builder() -> PolicyBuilder {
    Policy::builder()
}

fn with_breaker(breaker: redress::breaker::CircuitBreakerBuilder) -> PolicyBuilder {
    let breaker = breaker.build().expect("the settings are valid");
    builder()
        .circuit_breaker(breaker)
        .budget(Budget::success_ratio(0.1))
}

#[test]
fn the_defaults_and_the_recommended_policy_are_clean() {
    assert_eq!(Policy::new().lint(), []);
    assert_eq!(Policy::recommended().lint(), []);
    assert_eq!(Policy::recommended().lint_shared(), []);
    assert_clean(builder().recommended().attempt_timeout(2));
}

#[test]
fn the_guide_lists_every_code_and_no_other() {
    let guide = include_str!("../../../redress/docs/doctor.md");
    let (_, lists) = guide.split_once("# What it finds").expect("it has them");
    let listed = lists.lines().filter_map(|line| line.strip_prefix("| `"));
    let first_cells = listed.filter_map(|row| row.split('|').next());
    let codes = first_cells.flat_map(|cell| cell.split('`').step_by(2));
    let listed: BTreeSet<_> = codes.filter(|code| !code.trim().is_empty()).collect();

    let mut found = BTreeSet::new();
    let source = |dir: &str| Path::new("../redress/src").join(dir);
    let lints = std::fs::read_dir(source("inspect/lints")).expect("it is there");
    let lints = lints.map(|file| file.expect("it can be read").path());
    for file in lints.chain([source("config/lint.rs")]) {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let texts: Vec<_> = text.split('"').collect();
        for pair in texts.windows(2) {
            let (before, word) = (pair[0].trim_end(), pair[1]);
            // Words in lower case, joined by hyphens, or the first argument of a finding.
            let is_code = word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
                && word.split('-').all(|part| !part.is_empty())
                && (word.contains('-')
                    || before.ends_with("findings.error(")
                    || before.ends_with("findings.warning("));
            if is_code {
                found.insert(word.to_owned());
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    assert_eq!(
        found.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        listed
    );
}

#[test]
fn errors_come_before_warnings() {
    let levels: Vec<_> = findings(builder().strategy(fixed(1)).attempt_timeout(59.5))
        .iter()
        .map(Finding::level)
        .collect();
    assert!(levels.is_sorted() && levels.len() == 2, "{levels:?}");
}

#[test]
fn nothing_panics_at_the_longest_and_the_shortest_times() {
    let times = [Duration::from_nanos(1), SECOND, Duration::MAX];
    for deadline in times {
        for timeout in times {
            for delay in times {
                let breaker = CircuitBreaker::builder()
                    .window(delay)
                    .failure_threshold(3)
                    .probe_lease(timeout);
                let built = with_breaker(breaker)
                    .deadline(deadline)
                    .attempt_timeout(timeout)
                    .strategy(exponential(delay, Duration::MAX).factor(f64::MAX))
                    .class_strategy(ErrorClass::RateLimit, adaptive(fixed(delay)))
                    .max_attempts(u32::MAX)
                    .max_class_attempts(ErrorClass::Transient, u32::MAX)
                    .build();
                if timeout >= deadline {
                    assert!(built.is_err(), "{timeout:?} of {deadline:?}");
                    continue;
                }
                let policy = built.unwrap();
                for finding in policy.lint_shared() {
                    let texts = [finding.message(), finding.reason(), finding.fix()];
                    assert!(texts.iter().all(|text| !text.is_empty()), "{finding:?}");
                }
                for class in ErrorClass::ALL {
                    let schedule = policy.schedule(class);
                    assert!(schedule.to_string().starts_with("attempt"));
                    let starts = schedule.attempts().iter().map(|planned| planned.earliest);
                    assert!(starts.is_sorted() && !schedule.attempts().is_empty());
                }
                assert!(policy.snapshot().to_string().contains("deadline"));
            }
        }
    }
}

//! Findings about deadlines and timeouts.

use std::time::Duration;

use redress::inspect::Level;
use redress::strategies::{equal_jitter, full_jitter};
use redress::{BackoffContext, ErrorClass, PolicyBuilder};

use super::{SECOND, assert_clean, assert_finds, builder, codes, findings};

#[test]
fn a_call_without_end_is_an_error() {
    let endless = || builder().no_deadline().unlimited_attempts();
    let finding = assert_finds(endless(), "unbounded", "max_attempts");
    assert_eq!(finding.level(), Level::Error);
    assert!(
        finding
            .reason()
            .contains("RATE_LIMIT, SERVER_ERROR, TRANSIENT")
    );
    assert_clean(builder().no_deadline());
    assert_clean(builder().unlimited_attempts());
    let capped = ErrorClass::ALL
        .into_iter()
        .filter(|class| !class.is_terminal());
    assert_clean(capped.fold(endless(), |builder, class| {
        builder.max_class_attempts(class, 2)
    }));
}

#[test]
fn a_timeout_that_nothing_can_meet_is_named() {
    let lost_unit = builder().attempt_timeout(Duration::from_nanos(30));
    let finding = assert_finds(lost_unit, "attempt-timeout-too-short", "attempt_timeout");
    assert_eq!(finding.level(), Level::Warning);
    assert_clean(builder().attempt_timeout(0.001));
}

#[test]
fn a_timeout_that_leaves_no_room_is_an_error() {
    for timeout in [59.75, 59.9, 59.999] {
        let builder = builder().attempt_timeout(timeout);
        let finding = assert_finds(builder, "no-room-to-retry", "attempt_timeout");
        assert_eq!(finding.level(), Level::Error);
        assert!(finding.fix().contains("29s"), "{finding}");
    }
    let found = codes(builder().attempt_timeout(59.7));
    assert!(found.iter().all(|(code, _)| *code != "no-room-to-retry"));
    assert_clean(builder().attempt_timeout(59.9).max_attempts(1));
}

#[test]
fn what_multiplies_beyond_the_deadline_is_shown_with_its_figures() {
    let slow = || builder().strategy(equal_jitter(4).base(4));
    let finding = assert_finds(
        slow().attempt_timeout(15),
        "beyond-deadline",
        "attempt_timeout",
    );
    assert_eq!(finding.level(), Level::Warning);
    assert_eq!(
        finding.message(),
        "in the worst case 6 attempts of 15s and delays of 20s take 110s, beyond the deadline of 60s"
    );
    assert_eq!(
        finding.reason(),
        "only 4 of the 6 attempts are sure to start, whatever max_attempts says"
    );
    assert_eq!(
        finding.fix(),
        "lower attempt_timeout to 6.666s, or lower max_attempts to 3, or raise the deadline above 110s"
    );
    assert_clean(slow().attempt_timeout(6.666));
    assert_clean(slow().attempt_timeout(15).max_attempts(3));
    assert_clean(slow().attempt_timeout(15).deadline(110));
    // No number of attempts is set, so the deadline is meant to end the call.
    assert_clean(slow().attempt_timeout(15).unlimited_attempts());
}

#[test]
fn a_last_attempt_that_is_cut_short_is_told_from_one_that_may_not_start() {
    let policy = builder().attempt_timeout(25).max_attempts(3).deadline(60);
    let finding = assert_finds(policy, "beyond-deadline", "attempt_timeout");
    assert_eq!(
        finding.reason(),
        "attempt 3 is cut short when those before it time out"
    );
    assert!(finding.fix().contains("lower max_attempts to 2"));
}

#[test]
fn delays_alone_can_be_beyond_the_deadline() {
    let policy = builder().strategy(full_jitter(30).base(10));
    let finding = assert_finds(policy, "beyond-deadline", "max_attempts");
    assert!(finding.message().contains("take 120s"), "{finding}");
    assert_clean(builder().strategy(full_jitter(10).base(10)));
}

#[test]
fn timeouts_count_where_the_delays_are_unknown() {
    let closure = |_: &BackoffContext<'_>| SECOND;
    let policy = builder().strategy(closure).attempt_timeout(20);
    assert_finds(policy, "beyond-deadline", "attempt_timeout");
    assert_clean(builder().strategy(closure).attempt_timeout(2));
}

#[test]
fn a_number_of_attempts_that_the_deadline_never_allows_is_named() {
    let policy = || builder().strategy(equal_jitter(10).base(10));
    let finding = assert_finds(
        policy().max_attempts(100),
        "unreachable-cap",
        "max_attempts",
    );
    assert!(
        finding
            .message()
            .contains("makes 12 attempts at most, not 100"),
        "{finding}"
    );
    assert_clean(policy().max_attempts(6));
    let rate_limit = ErrorClass::RateLimit;
    let own = || {
        builder()
            .class_strategy(rate_limit, equal_jitter(30).base(30))
            .strategy(equal_jitter(5))
    };
    assert_finds(
        own().max_class_attempts(rate_limit, 5),
        "unreachable-cap",
        "max_class_attempts(RATE_LIMIT)",
    );
    assert_clean(own().max_class_attempts(rate_limit, 2));
    let unknown = ErrorClass::Unknown;
    let own = builder()
        .class_strategy(unknown, equal_jitter(30).base(30))
        .strategy(equal_jitter(5))
        .max_unknown_attempts(5);
    assert_finds(own, "unreachable-cap", "max_unknown_attempts");
}

/// Parses a duration in the notation of the findings.
fn read(text: &str) -> Duration {
    for (unit, length) in [("ms", 0.001), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Duration::from_secs_f64(number.parse::<f64>().unwrap() * length);
        }
    }
    panic!("not a duration: {text}");
}

#[test]
fn every_fix_for_what_is_beyond_the_deadline_mends_it() {
    let is_beyond = |policy: PolicyBuilder| {
        let found = findings(policy).into_iter();
        found.clone().find(|f| f.code() == "beyond-deadline")
    };
    let mut mended = [0, 0, 0];
    for deadline in [1.0, 7.5, 30.0, 60.0] {
        for timeout in [0.1, 0.9, 5.0, 14.0, 29.0] {
            for max in [0.2, 3.0, 20.0] {
                for attempts in [2, 3, 6, 11] {
                    let policy = |deadline: Duration, timeout: Duration, attempts| {
                        let builder = builder().strategy(full_jitter(max)).deadline(deadline);
                        builder.attempt_timeout(timeout).max_attempts(attempts)
                    };
                    let deadline = Duration::from_secs_f64(deadline);
                    let timeout = Duration::from_secs_f64(timeout);
                    if timeout >= deadline {
                        continue;
                    }
                    let Some(finding) = is_beyond(policy(deadline, timeout, attempts)) else {
                        continue;
                    };
                    for fix in finding.fix().split(", or ") {
                        let value = fix.rsplit(' ').next().unwrap();
                        let (n, fixed) = if fix.starts_with("lower attempt_timeout to") {
                            (0, policy(deadline, read(value), attempts))
                        } else if fix.starts_with("lower max_attempts to") {
                            (1, policy(deadline, timeout, value.parse().unwrap()))
                        } else {
                            assert!(fix.starts_with("raise the deadline above"), "{fix}");
                            (2, policy(read(value) + SECOND / 1000, timeout, attempts))
                        };
                        mended[n] += 1;
                        assert_eq!(is_beyond(fixed), None, "{fix} for {finding}");
                    }
                }
            }
        }
    }
    assert!(mended.iter().all(|times| *times > 10), "{mended:?}");
}

#[test]
fn a_timeout_that_the_deadline_forestalls_is_refused() {
    let refused = |builder: PolicyBuilder| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        error.to_string()
    };
    let timeout = || builder().attempt_timeout(5);
    assert_eq!(
        refused(timeout().deadline(5)),
        "invalid configuration: attempt_timeout: is 5s, and must be below deadline, which is 5s: \
         shorten it, or raise deadline"
    );
    assert!(refused(builder().attempt_timeout(61)).contains("which is 60s, the default:"));
    assert!(timeout().deadline(5.001).build().is_ok());
    assert!(timeout().no_deadline().build().is_ok());
    // One mistake is not named twice.
    assert!(refused(timeout().deadline(0)).contains("deadline: must be longer than zero"));
}

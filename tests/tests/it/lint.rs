//! What the doctor finds, one policy that has it and one that has not.

use std::sync::Arc;
use std::time::Duration;

use redress::inspect::{Finding, Level};
use redress::strategies::{
    adaptive, decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant,
    retry_after_or, token_backoff,
};
use redress::testing::{DeterministicStrategy, seed_jitter};
use redress::{
    BackoffContext, Budget, CircuitBreaker, Classification, ErrorClass, Policy, PolicyBuilder,
    StopReason, Strategy,
};

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

#[test]
fn the_defaults_and_the_recommended_policy_are_clean() {
    assert_eq!(Policy::new().lint(), []);
    assert_eq!(Policy::recommended().lint(), []);
    assert_eq!(Policy::recommended().lint_shared(), []);
    assert_clean(builder().recommended().attempt_timeout(2));
}

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
fn a_timeout_that_leaves_no_room_is_an_error() {
    for timeout in [59.75, 60.0, 61.0] {
        let builder = builder().attempt_timeout(timeout);
        let finding = assert_finds(builder, "no-room-to-retry", "attempt_timeout");
        assert_eq!(finding.level(), Level::Error);
        assert!(finding.fix().contains("29s"), "{finding}");
    }
    let found = codes(builder().attempt_timeout(59.7));
    assert!(found.iter().all(|(code, _)| *code != "no-room-to-retry"));
    assert_clean(builder().attempt_timeout(90).max_attempts(1));
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
    // Nothing is said of a number of attempts, so the deadline is what is meant.
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

#[test]
fn a_delay_that_always_reaches_the_deadline_is_an_error() {
    let finding = assert_finds(
        builder().strategy(fixed(60)),
        "delay-beyond-deadline",
        "strategy",
    );
    assert_eq!(finding.level(), Level::Error);
    let for_ever = builder().no_deadline().strategy(fixed(Duration::MAX));
    let finding = assert_finds(for_ever, "delay-beyond-deadline", "strategy");
    assert_eq!(finding.message(), "the first delay of for ever never ends");
    let found = codes(builder().strategy(fixed(59)));
    assert!(
        found
            .iter()
            .all(|(code, _)| *code != "delay-beyond-deadline")
    );
    let hours = token_backoff(7200).base(7200);
    let own = builder()
        .strategy(equal_jitter(5))
        .class_strategy(ErrorClass::RateLimit, hours);
    assert_finds(own, "delay-beyond-deadline", "strategies(RATE_LIMIT)");
}

#[test]
fn attempts_without_number_and_delay_are_an_error() {
    let hot = builder().strategy(instant()).unlimited_attempts();
    assert_eq!(
        assert_finds(hot, "hot-loop", "strategy").level(),
        Level::Error
    );
    let found = codes(builder().strategy(instant()));
    assert_eq!(found, [("no-jitter", "strategy".to_owned())]);
}

#[test]
fn every_strategy_without_jitter_is_named_with_its_settings() {
    let finding = assert_finds(builder().strategy(fixed(1)), "no-jitter", "strategy");
    assert_eq!(finding.message(), "fixed(delay = 1s) has no jitter");
    for strategy in [exponential(0.1, 5), exponential(1, 10)] {
        assert_finds(
            builder().strategy(retry_after_or(strategy.clone())),
            "no-jitter",
            "strategy",
        );
        assert_finds(
            builder().strategy(adaptive(strategy)),
            "no-jitter",
            "strategy",
        );
    }
    let own = builder()
        .strategy(equal_jitter(5))
        .class_strategy(ErrorClass::ServerError, fixed(1));
    assert_finds(own, "no-jitter", "strategies(SERVER_ERROR)");
}

#[test]
fn what_has_jitter_or_is_unknown_or_lost_a_race_is_fine() {
    assert_clean(builder().strategy(decorrelated_jitter(5)));
    assert_clean(builder().strategy(adaptive(equal_jitter(5))));
    assert_clean(builder().strategy(|_: &BackoffContext<'_>| 1));
    let race = builder()
        .strategy(full_jitter(5))
        .class_strategy(ErrorClass::Concurrency, instant());
    assert_clean(race);
    assert_clean(builder().strategy(fixed(1)).max_attempts(1));
}

#[test]
fn delays_that_bunch_at_max_are_counted() {
    let finding = assert_finds(
        builder().strategy(equal_jitter(1)),
        "delays-bunch",
        "strategy",
    );
    assert_eq!(finding.message(), "3 of 5 delays are at max, 1s");
    assert_finds(
        builder().strategy(exponential(1, 2)),
        "delays-bunch",
        "strategy",
    );
    assert_clean(builder().strategy(equal_jitter(2)));
    assert_clean(builder().strategy(equal_jitter(8).base(4)).max_attempts(4));
    // These spread over the whole range, or were not meant to grow.
    assert_clean(builder().strategy(full_jitter(0.5)));
    assert_clean(builder().strategy(decorrelated_jitter(0.5)));
    assert_clean(builder().strategy(equal_jitter(1).base(1)));
}

#[test]
fn unknown_errors_without_a_cap_are_named() {
    let finding = assert_finds(
        builder().unlimited_unknown_attempts(),
        "unknown-uncapped",
        "max_unknown_attempts",
    );
    assert_eq!(
        finding.message(),
        "failures that nobody understands are tried 6 times"
    );
    let unknown = ErrorClass::Unknown;
    assert_clean(
        builder()
            .unlimited_unknown_attempts()
            .max_class_attempts(unknown, 3),
    );
    assert_clean(builder().unlimited_unknown_attempts().max_attempts(2));
}

#[test]
fn caps_that_something_else_forestalls_are_named() {
    let capped = |class, cap| builder().max_class_attempts(class, cap);
    let setting = "max_class_attempts(TRANSIENT)";
    let finding = assert_finds(capped(ErrorClass::Transient, 7), "unreachable-cap", setting);
    assert_eq!(finding.reason(), "max_attempts (6) ends the call first");
    assert_clean(capped(ErrorClass::Transient, 6));
    assert_finds(
        capped(ErrorClass::Auth, 2),
        "unreachable-cap",
        "max_class_attempts(AUTH)",
    );
    assert_clean(capped(ErrorClass::Auth, 1));
    assert_finds(
        capped(ErrorClass::Unknown, 3),
        "unreachable-cap",
        "max_class_attempts(UNKNOWN)",
    );
    assert_finds(
        builder().max_unknown_attempts(7),
        "unreachable-cap",
        "max_unknown_attempts",
    );
    assert_clean(builder().max_unknown_attempts(6));
    let own = capped(ErrorClass::Unknown, 3).max_unknown_attempts(4);
    assert_finds(own, "unreachable-cap", "max_unknown_attempts");
}

#[test]
fn classes_that_end_as_no_strategy_are_listed() {
    let only = || builder().class_strategy(ErrorClass::RateLimit, token_backoff(30).base(1));
    let finding = assert_finds(only(), "no-strategy", "strategy");
    assert_eq!(
        finding.message(),
        "failures of class CONCURRENCY, SERVER_ERROR, TRANSIENT, UNKNOWN end as NO_STRATEGY"
    );
    assert_clean(only().strategy(equal_jitter(5)).deadline(200));
    let meant = [
        ErrorClass::Concurrency,
        ErrorClass::ServerError,
        ErrorClass::Transient,
    ];
    let meant = meant.into_iter().fold(only(), |builder, class| {
        builder.max_class_attempts(class, 1)
    });
    assert_clean(meant.max_unknown_attempts(1).deadline(200));
}

#[test]
fn strategies_that_are_never_asked_are_named() {
    let own = || {
        builder()
            .strategy(equal_jitter(5))
            .class_strategy(ErrorClass::Unknown, equal_jitter(5))
    };
    for unused in [
        own().max_class_attempts(ErrorClass::Unknown, 1),
        own().max_unknown_attempts(1),
        own().max_attempts(1),
    ] {
        assert_finds(unused, "unused-strategy", "strategies(UNKNOWN)");
    }
    assert_clean(own());
    let retried = ErrorClass::ALL
        .into_iter()
        .filter(|class| !class.is_terminal());
    let all = retried.fold(builder(), |builder, class| {
        builder.class_strategy(class, equal_jitter(5))
    });
    assert_finds(all.strategy(equal_jitter(5)), "unused-strategy", "strategy");
}

#[test]
fn retries_of_what_can_never_succeed_are_named() {
    let own = |class| {
        builder()
            .strategy(equal_jitter(5))
            .class_strategy(class, equal_jitter(5))
    };
    assert_finds(
        own(ErrorClass::Permanent),
        "retries-permanent",
        "strategies(PERMANENT)",
    );
    assert_clean(own(ErrorClass::Auth));
}

fn with_breaker(breaker: redress::CircuitBreakerBuilder) -> PolicyBuilder {
    let breaker = breaker.build().expect("the settings are valid");
    builder()
        .circuit_breaker(breaker)
        .budget(Budget::success_ratio(0.1))
}

#[test]
fn a_breaker_that_never_opens_is_named() {
    let breaker = CircuitBreaker::builder;
    let counts = with_breaker(breaker().metrics_only());
    let finding = assert_finds(counts, "breaker-never-opens", "breaker.metrics_only");
    assert_eq!(finding.level(), Level::Warning);
    let instant = with_breaker(
        breaker()
            .window(Duration::from_micros(1))
            .observe_attempts(),
    );
    let finding = assert_finds(instant, "breaker-never-opens", "breaker.failure_threshold");
    assert_eq!(finding.level(), Level::Error);
    let rate = breaker()
        .failure_rate(0.5, u32::MAX)
        .window(60)
        .observe_attempts();
    assert_finds(
        with_breaker(rate),
        "breaker-never-opens",
        "breaker.failure_rate",
    );
    assert_clean(with_breaker(breaker()));
}

#[test]
fn a_breaker_that_opens_on_what_is_not_the_dependencys_fault_is_named() {
    let breaker = CircuitBreaker::builder;
    for class in ErrorClass::ALL {
        let trips = breaker().trip_on([ErrorClass::Transient, class]);
        let own = breaker().class_threshold(class, 3);
        assert_clean(with_breaker(own));
        if matches!(class, ErrorClass::Transient | ErrorClass::ServerError) {
            assert_clean(with_breaker(trips));
        } else {
            let finding = assert_finds(
                with_breaker(trips),
                "breaker-trips-on-caller",
                "breaker.trip_on",
            );
            assert!(finding.reason().contains(class.as_str()), "{finding}");
        }
    }
}

#[test]
fn a_rule_of_the_breaker_that_counts_nothing_is_named() {
    let breaker = || {
        CircuitBreaker::builder()
            .trip_on([])
            .class_threshold(ErrorClass::Auth, 2)
    };
    let rate = with_breaker(breaker().failure_rate(0.5, 20));
    assert_finds(rate, "breaker-rule-unused", "breaker.failure_rate");
    let row = with_breaker(breaker().consecutive_failures(5));
    assert_finds(row, "breaker-rule-unused", "breaker.consecutive_failures");
    let count = with_breaker(breaker().failure_threshold(9));
    assert_finds(count, "breaker-rule-unused", "breaker.failure_threshold");
    assert_clean(with_breaker(breaker()));
}

#[test]
fn a_breaker_that_one_caller_alone_never_opens_is_named() {
    let slow = || with_breaker(CircuitBreaker::builder()).strategy(equal_jitter(16).base(16));
    let finding = assert_finds(
        slow().max_attempts(3),
        "breaker-opens-late",
        "breaker.failure_threshold",
    );
    assert!(
        finding
            .message()
            .contains("5 failures lie 64s apart at least, the window is 60s"),
        "{finding}"
    );
    assert!(finding.reason().contains("2 or more callers"), "{finding}");
    assert_clean(slow().max_attempts(2));
    let attempts = with_breaker(CircuitBreaker::builder().observe_attempts());
    assert_clean(attempts.strategy(equal_jitter(16).base(16)).max_attempts(3));
    // What is not retried fails at once; what is retried with another strategy has its schedule.
    let auth = CircuitBreaker::builder().trip_on([ErrorClass::Transient, ErrorClass::Auth]);
    let auth = with_breaker(auth)
        .strategy(equal_jitter(16).base(16))
        .max_attempts(3);
    assert_eq!(
        codes(auth),
        [("breaker-trips-on-caller", "breaker.trip_on".to_owned())]
    );
    let server = CircuitBreaker::builder().trip_on([ErrorClass::ServerError]);
    let server = with_breaker(server)
        .strategy(equal_jitter(16).base(16))
        .max_attempts(3);
    assert_finds(server, "breaker-opens-late", "breaker.failure_threshold");
}

#[test]
fn a_breaker_that_stays_open_for_long_is_named() {
    let recovery = |strategy| CircuitBreaker::builder().recovery_strategy(strategy);
    let for_ever = with_breaker(recovery(fixed(Duration::MAX)));
    let finding = assert_finds(for_ever, "breaker-stays-open", "breaker.recovery");
    assert!(finding.message().ends_with("refuses every call for ever"));
    let hour = with_breaker(recovery(fixed(3600)));
    let finding = assert_finds(hour, "breaker-stays-open", "breaker.recovery");
    assert!(finding.message().ends_with("refuses every call for 3600s"));
    assert_clean(with_breaker(
        CircuitBreaker::builder().recovery_timeout(600),
    ));
}

#[test]
fn a_probe_that_loses_its_slot_before_it_is_over_is_named() {
    let slow = with_breaker(CircuitBreaker::builder()).deadline(121);
    assert_finds(slow, "breaker-short-lease", "breaker.probe_lease");
    assert_clean(with_breaker(CircuitBreaker::builder()).deadline(120));
    let attempts = CircuitBreaker::builder().observe_attempts().probe_lease(5);
    assert_clean(with_breaker(attempts).attempt_timeout(5).deadline(600));
}

#[test]
fn a_budget_that_never_allows_a_retry_is_an_error() {
    let with = |budget| builder().budget(budget);
    let none = assert_finds(
        with(Budget::rolling(0, 60)),
        "budget-allows-none",
        "budget.max_retries",
    );
    assert_eq!(none.level(), Level::Error);
    let none = with(Budget::success_ratio(0.1).reserve(0));
    assert_finds(none, "budget-allows-none", "budget.reserve");
    assert_clean(with(Budget::rolling(1, 60)));
    assert_clean(with(Budget::rolling(0, 60)).max_attempts(1));
    assert_clean(with(Budget::rolling(0, 60).cost(ErrorClass::Transient, 0)));
}

#[test]
fn a_shared_policy_needs_a_budget() {
    let finding = &Policy::new().lint_shared()[0];
    assert_eq!(
        (finding.level(), finding.code()),
        (Level::Warning, "no-budget")
    );
    let guarded = builder().circuit_breaker(CircuitBreaker::new());
    assert_finds(guarded, "no-budget", "budget");
    let once = builder().max_attempts(1).build().unwrap();
    assert_eq!(once.lint_shared(), []);
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
fn the_schedule_of_decorrelated_jitter_is_exact_at_both_ends() {
    let policy = builder().strategy(decorrelated_jitter(5)).build().unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let seconds = |time: Duration| time.as_secs_f64();
    let rows = schedule.attempts().iter();
    let rows: Vec<_> = rows
        .map(|a| {
            (
                seconds(a.earliest),
                seconds(a.expected.unwrap()),
                seconds(a.latest.unwrap()),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (0.0, 0.0, 0.0),
            (0.25, 0.5, 0.75),
            (0.5, 1.375, 3.0),
            (0.75, 2.8125, 8.0),
            (1.0, 5.09375, 13.0),
            (1.25, 7.71875, 18.0),
        ]
    );
    assert_eq!(schedule.ends(), Some(StopReason::MaxAttemptsGlobal));
    assert!(schedule.attempts().iter().all(|planned| planned.certain));
}

#[test]
fn a_schedule_is_cut_where_no_attempt_can_start_any_more() {
    let policy = builder()
        .strategy(fixed(20))
        .attempt_timeout(15)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let attempts = schedule.attempts();
    assert_eq!(attempts.len(), 3);
    assert_eq!(schedule.ends(), Some(StopReason::DeadlineExceeded));
    assert_eq!(attempts[1].latest, Some(35 * SECOND));
    assert_eq!(
        (attempts[2].earliest, attempts[2].latest),
        (40 * SECOND, Some(70 * SECOND))
    );
    assert!(attempts[1].certain && !attempts[2].certain);
    assert_eq!(schedule.worst_case(), Some(85 * SECOND));
}

#[test]
fn a_schedule_knows_what_ends_each_class() {
    let policy = Policy::new();
    let ends = |class| {
        let schedule = policy.schedule(class);
        (schedule.attempts().len(), schedule.ends().unwrap())
    };
    assert_eq!(
        ends(ErrorClass::Unknown),
        (2, StopReason::MaxUnknownAttempts)
    );
    assert_eq!(ends(ErrorClass::Auth), (1, StopReason::NonRetryableClass));
    assert_eq!(
        ends(ErrorClass::RateLimit),
        (6, StopReason::MaxAttemptsGlobal)
    );
}

#[test]
fn a_schedule_of_the_longest_times_saturates() {
    let endless = builder()
        .no_deadline()
        .unlimited_attempts()
        .attempt_timeout(Duration::MAX);
    let policy = endless
        .strategy(exponential(u64::MAX / 2, u64::MAX))
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    assert_eq!(
        schedule.attempts().last().unwrap().latest,
        Some(Duration::MAX)
    );
    let policy = builder()
        .strategy(instant())
        .max_attempts(u32::MAX)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    assert_eq!((schedule.attempts().len(), schedule.ends()), (1000, None));
    assert_eq!(schedule.worst_case(), None);
}

#[test]
fn a_strategy_of_the_callers_leaves_times_open() {
    let policy = builder()
        .strategy(|_: &BackoffContext<'_>| 1)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let second = schedule.attempts()[1];
    assert_eq!(
        (second.earliest, second.expected, second.latest),
        (Duration::ZERO, None, None)
    );
    assert!(!second.certain);
}

#[test]
fn the_delays_of_every_built_in_strategy_lie_in_its_bounds_and_fill_them() {
    let strategies: [(&str, Arc<dyn Strategy>); 8] = [
        ("instant", Arc::new(instant())),
        ("fixed", Arc::new(fixed(3))),
        ("exponential", Arc::new(exponential(0.3, 4))),
        ("full_jitter", Arc::new(full_jitter(4).base(0.3))),
        ("equal_jitter", Arc::new(equal_jitter(4).base(0.3))),
        ("token_backoff", Arc::new(token_backoff(4).base(0.3))),
        (
            "decorrelated_jitter",
            Arc::new(decorrelated_jitter(4).base(0.3)),
        ),
        (
            "retry_after_or",
            Arc::new(retry_after_or(adaptive(decorrelated_jitter(4)))),
        ),
    ];
    seed_jitter(5);
    for (name, strategy) in strategies {
        assert_eq!(strategy.describe().name(), name);
        // The previous delay is the longest so far, which widens what follows the most.
        let (mut bounds, mut previous) = (None, None);
        for failures in 1..=6 {
            bounds = strategy.delay_bounds(failures, bounds);
            let known = bounds.expect("built-in strategies have bounds");
            let transient = Classification::new(ErrorClass::Transient);
            let mut ctx = BackoffContext::first(&transient);
            (ctx.slot_attempt, ctx.prev_sleep) = (failures, previous);
            let drawn: Vec<_> = (0..2000).map(|_| strategy.delay(&ctx).saturate()).collect();
            let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
            assert!(
                known.shortest() <= *least && *most <= known.longest(),
                "{name} {failures}"
            );
            assert!(known.shortest() <= known.expected() && known.expected() <= known.longest());
            if name != "retry_after_or" {
                let slack = (known.longest() - known.shortest()) / 50;
                assert!(*least <= known.shortest() + slack, "{name} {failures}");
                assert!(
                    *most + slack >= known.longest() - slack,
                    "{name} {failures}"
                );
            }
            previous = Some(known.longest());
        }
    }
}

#[test]
fn a_shared_strategy_describes_itself_and_a_closure_is_custom() {
    let shared: Arc<dyn Strategy> = Arc::new(adaptive(token_backoff(30)));
    assert_eq!(
        shared.describe().to_string(),
        "adaptive(token_backoff(base = 250ms, max = 30s, factor = 1.5), window = 60s, \
         target_success = 0.9, min_multiplier = 1, max_multiplier = 5)"
    );
    assert_eq!(shared.describe().has_jitter(), Some(true));
    let closure = |_: &BackoffContext<'_>| 1;
    assert_eq!(closure.describe().to_string(), "custom");
    assert_eq!(
        (
            closure.describe().has_jitter(),
            closure.delay_bounds(1, None)
        ),
        (None, None)
    );
}

#[test]
fn a_snapshot_has_every_setting_in_its_table() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(7)
        .class_threshold(ErrorClass::Auth, 2)
        .failure_rate(0.25, 40)
        .consecutive_failures(9)
        .recovery_strategy(equal_jitter(20).base(10))
        .ramp(3);
    let policy = with_breaker(breaker)
        .budget(Budget::in_flight_share(0.2).cost(ErrorClass::Transient, 2))
        .class_strategy(ErrorClass::RateLimit, token_backoff(30))
        .max_class_attempts(ErrorClass::RateLimit, 3)
        .operation("pay")
        .unlimited_attempts()
        .build()
        .unwrap();
    assert_eq!(
        policy.snapshot().to_string(),
        "\
operation                       pay
deadline                        60s
attempt_timeout                 none
max_attempts                    none
max_unknown_attempts            2
max_class_attempts(RATE_LIMIT)  3
strategy                        none
strategies(RATE_LIMIT)          token_backoff(base = 250ms, max = 30s, factor = 1.5)
breaker.trip_on                 AUTH, SERVER_ERROR, TRANSIENT
breaker.failure_threshold       7
breaker.class_threshold(AUTH)   2
breaker.failure_rate            0.25 of 40 calls at least
breaker.consecutive_failures    9
breaker.window                  60s
breaker.recovery                equal_jitter(base = 10s, max = 20s, factor = 2)
breaker.half_open_probes        1
breaker.probe_lease             120s
breaker.success_threshold       1
breaker.ramp                    3s
breaker.observe_attempts        false
breaker.metrics_only            false
budget.in_flight_share          0.2
budget.min_in_flight            3
budget.cost(TRANSIENT)          2
"
    );
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
                let policy = with_breaker(breaker)
                    .deadline(deadline)
                    .attempt_timeout(timeout)
                    .strategy(exponential(delay, Duration::MAX).factor(f64::MAX))
                    .class_strategy(ErrorClass::RateLimit, adaptive(fixed(delay)))
                    .max_attempts(u32::MAX)
                    .max_class_attempts(ErrorClass::Transient, u32::MAX)
                    .build()
                    .unwrap();
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

#[test]
fn a_deterministic_strategy_has_the_schedule_of_its_list() {
    let strategy = DeterministicStrategy::new([0.5, 1.0]);
    assert_eq!(
        strategy.describe().to_string(),
        "deterministic(delays[0] = 500ms, delays[1] = 1s)"
    );
    let policy = builder()
        .strategy(strategy.clone())
        .max_attempts(4)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let starts = schedule
        .attempts()
        .iter()
        .map(|planned| planned.earliest.as_secs_f64());
    assert_eq!(starts.collect::<Vec<_>>(), [0.0, 0.5, 1.5, 2.5]);
    // Looking asks for nothing.
    assert_eq!(strategy.calls(), []);
}

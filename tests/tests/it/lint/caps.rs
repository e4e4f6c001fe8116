//! Findings about the limits of attempts and retries.

use std::io::Error;

use redress::config::{ConfigFile, Format};
use redress::inspect::Level;
use redress::strategies::{equal_jitter, token_backoff};
use redress::{
    BoxedClassifier, Budget, CircuitBreaker, Classification, DefaultClassifier, ErrorClass,
    Interrupt, Policy,
};

use super::{assert_clean, assert_finds, builder};

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
fn a_policy_that_is_once_needs_a_classifier_that_knows_what_is_unsent() {
    let finding = assert_finds(builder().once(), "once-never-retries", "once");
    assert_eq!(
        finding.message(),
        "no failure of the operation itself is retried"
    );
    assert_clean(builder());
    assert_clean(builder().once().max_attempts(1));
    let classified = || builder().classifier(|_: &Error| Classification::abort());
    assert_eq!(classified().once().build().unwrap().lint(), []);
    let knowing = builder().classifier(DefaultClassifier.knows::<Interrupt>());
    assert_eq!(knowing.once().build().unwrap().lint(), []);
    let by_value = builder().result_classifier(|_: &u8| None::<ErrorClass>);
    assert_eq!(by_value.once().build().unwrap().lint(), []);
    let boxed: Policy<BoxedClassifier<Error>> = classified().once().build().unwrap().boxed();
    assert_eq!(boxed.lint(), []);
    let boxed: Policy<BoxedClassifier<Error>> = builder().once().build().unwrap().boxed();
    assert_eq!(boxed.lint()[0].code(), "once-never-retries");
}

#[test]
fn what_a_policy_heeds_of_its_caller_has_an_effect() {
    let setting = "leave_retries_to_caller";
    let leaves = || builder().leave_retries_to_caller();
    let none = leaves().inherit_deadline().max_attempts(1);
    assert_finds(none, "no-retries-to-leave", setting);
    assert_finds(leaves(), "deadline-not-inherited", setting);
    assert_clean(leaves().inherit_deadline());
    assert_clean(builder().inherit_deadline().max_attempts(1));
}

#[test]
fn a_file_does_not_say_which_classifier_its_policies_get() {
    let text = "[policies.charge]\nrecommended = true\nonce = true\n";
    let file = ConfigFile::parse(Format::Toml, text).unwrap();
    assert!(file.lint().is_empty());
    let charge = file.policy("charge").unwrap();
    assert_eq!(charge.lint()[0].code(), "once-never-retries");
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
    assert_clean(with(Budget::rolling(0, 60).free_hinted_retries()));
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

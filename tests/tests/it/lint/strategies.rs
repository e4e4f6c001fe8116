//! Findings about delays.

use std::time::Duration;

use redress::inspect::Level;
use redress::strategies::{
    adaptive, decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant,
    retry_after_or, token_backoff,
};
use redress::{BackoffContext, ErrorClass};

use super::{assert_clean, assert_finds, builder, codes};

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
    // These delays spread over the whole range, or do not grow at all.
    assert_clean(builder().strategy(full_jitter(0.5)));
    assert_clean(builder().strategy(decorrelated_jitter(0.5)));
    assert_clean(builder().strategy(equal_jitter(1).base(1)));
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

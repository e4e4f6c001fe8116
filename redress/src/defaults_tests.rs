//! The guide's table of defaults has these values and no other.

use std::time::Duration;

use super::*;
use crate::policy::Policy;

/// Writes a time as the guide does.
fn time(time: Duration) -> String {
    format!("{time:?}")
}

/// Lists the rows of the table: setting and default.
fn rows(guide: &str) -> Vec<(&str, &str)> {
    let table = guide
        .lines()
        .skip_while(|line| !line.starts_with("| setting | default |"));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        Some((cells.next()?, cells.next()?))
    })
    .collect()
}

#[test]
fn the_guide_lists_the_defaults_as_they_are() {
    let strategy = Policy::new().snapshot().default_strategy.unwrap();
    let classes = BREAKER_TRIP_ON.map(ErrorClass::as_str).join(", ");
    let expected = [
        ("deadline of a call", time(DEADLINE)),
        ("attempts of a call", MAX_ATTEMPTS.to_string()),
        (
            "UNKNOWN failures of a call",
            MAX_UNKNOWN_ATTEMPTS.to_string(),
        ),
        ("attempt timeout", "none".to_owned()),
        ("strategy", format!("`{strategy}`")),
        ("shortest delay of a jittered strategy (`base`)", time(BASE)),
        ("longest delay (`max`)", time(MAX)),
        ("`factor`", FACTOR.to_string()),
        ("`factor` of `token_backoff`", TOKEN_FACTOR.to_string()),
        ("jitter on a hint", time(RETRY_AFTER_JITTER)),
        ("window of `adaptive`", time(ADAPTIVE_WINDOW)),
        (
            "`target_success` of `adaptive`",
            ADAPTIVE_TARGET_SUCCESS.to_string(),
        ),
        (
            "`min_multiplier` of `adaptive`",
            ADAPTIVE_MIN_MULTIPLIER.to_string(),
        ),
        (
            "`max_multiplier` of `adaptive`",
            ADAPTIVE_MAX_MULTIPLIER.to_string(),
        ),
        ("failures that open a breaker", BREAKER_FAILURES.to_string()),
        ("window of a breaker", time(BREAKER_WINDOW)),
        ("recovery timeout of a breaker", time(BREAKER_RECOVERY)),
        ("classes that open a breaker", classes),
        (
            "calls before slow ones open a breaker without a failure rate",
            BREAKER_SLOW_MINIMUM.to_string(),
        ),
        (
            "largest share of the calls that `proportional` refuses",
            BREAKER_MOST_REFUSED.to_string(),
        ),
        (
            "longest time that a hint holds all callers",
            time(SHARED_HINT_MAX),
        ),
        (
            "UNKNOWN failures that it passes over in silence",
            BREAKER_UNCLASSIFIED.to_string(),
        ),
        ("probes of a half-open breaker", BREAKER_PROBES.to_string()),
        ("lease of a probe", time(BREAKER_PROBE_LEASE)),
        (
            "good probes that close a breaker",
            BREAKER_SUCCESSES.to_string(),
        ),
        (
            "reserve of a budget of successes",
            BUDGET_RESERVE.to_string(),
        ),
        (
            "retries in flight however few calls are",
            BUDGET_MIN_IN_FLIGHT.to_string(),
        ),
        (
            "recommended: failure rate that opens the breaker",
            RECOMMENDED_FAILURE_RATE.to_string(),
        ),
        (
            "recommended: of how many attempts at least",
            RECOMMENDED_MINIMUM_CALLS.to_string(),
        ),
        (
            "recommended: window of the breaker",
            time(RECOMMENDED_WINDOW),
        ),
        (
            "recommended: longest time open, at first",
            time(RECOMMENDED_RECOVERY),
        ),
        (
            "recommended: longest time open, later",
            time(RECOMMENDED_RECOVERY_MAX),
        ),
        (
            "recommended: retries that a success pays for",
            RECOMMENDED_RATIO.to_string(),
        ),
        ("time after which a session is healthy", time(HEALTHY_AFTER)),
        (
            "sessions: first delay, longest delay, factor",
            format!("{SESSION_BASE:?}, {SESSION_MAX:?}, {SESSION_FACTOR}"),
        ),
        (
            "sessions: restarts, in a window of",
            format!("{SESSION_RESTARTS}, {SESSION_WINDOW:?}"),
        ),
        (
            "polling: shortest delay",
            format!("{:?} to {:?}", POLL_MIN.0, POLL_MIN.1),
        ),
        (
            "polling: delay, in hundredths of the time so far",
            format!("{} to {}", POLL_SHARES.0, POLL_SHARES.1),
        ),
        (
            "failures in a row that eject an endpoint",
            ENDPOINT_FAILURES.to_string(),
        ),
        (
            "time for which an endpoint is ejected",
            time(ENDPOINT_RECOVERY),
        ),
        (
            "how much longer an endpoint seems to take after a failure",
            format!("{ENDPOINT_FAILED} times"),
        ),
        (
            "choices of an endpoint, of which one is for the dearer",
            ENDPOINT_EXPLORE.to_string(),
        ),
        (
            "threads of detached attempts",
            MAX_DETACHED_THREADS.to_string(),
        ),
        ("idle time of such a thread", time(DETACHED_IDLE)),
        (
            "quiet time before a watched file is read",
            "50ms".to_owned(),
        ),
        ("look at a watched file without notice", "30s".to_owned()),
        ("bytes kept of a failed response", "65536".to_owned()),
        ("time to read them", "1s".to_owned()),
        ("hosts whose policies a client remembers", "1024".to_owned()),
        (
            "silence that ends an attempt of a download",
            "30s".to_owned(),
        ),
        (
            "longest attempt of reqwest's blocking client",
            "30s".to_owned(),
        ),
    ];
    let guide = include_str!("../docs/pitfalls.md");
    let expected: Vec<_> = expected
        .iter()
        .map(|(setting, value)| (*setting, value.as_str()))
        .collect();
    assert_eq!(rows(guide), expected);
}

#[cfg(feature = "watch")]
#[test]
fn the_times_of_watching_are_those_of_the_guide() {
    assert_eq!(time(WATCH_SETTLE), "50ms");
    assert_eq!(time(WATCH_POLL), "30s");
}

#[cfg(feature = "reqwest-0_13")]
#[test]
fn the_defaults_of_http_are_those_of_the_guide() {
    assert_eq!(HTTP_KEPT_BODY, 65536);
    #[cfg(feature = "http-body-1")]
    assert_eq!(HTTP_REPLAYED_BODY, 65536);
    assert_eq!(time(HTTP_EMPTYING), "1s");
    assert_eq!(HTTP_HOSTS, 1024);
    assert_eq!(time(DOWNLOAD_STALL), "30s");
    #[cfg(feature = "reqwest-0_13-blocking")]
    assert_eq!(time(BLOCKING_TIMEOUT), "30s");
}

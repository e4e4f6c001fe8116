//! The notation of a timeline's event: one line of words, both for what happened and for what a
//! test expects.

use std::time::Duration;

use crate::classify::ErrorClass;
use crate::observe::{EventName, TimelineEvent};
use crate::reason::{Cause, StopReason};

/// Writes all of an event.
pub(super) fn write(event: &TimelineEvent) -> String {
    let mut words = vec![event.name.to_string(), format!("#{}", event.attempt)];
    words.extend(event.class.map(|class| class.to_string()));
    words.extend(event.cause.map(|cause| cause.to_string()));
    if waits(event) {
        words.push(format!("{:?}", event.sleep));
    }
    words.extend(event.stop_reason.map(|reason| reason.to_string()));
    words.push(format!("@{:?}", event.elapsed));
    words.join(" ")
}

fn waits(event: &TimelineEvent) -> bool {
    matches!(event.name, EventName::Retry | EventName::Scheduled) || !event.sleep.is_zero()
}

/// Describes the first word of `line` that does not match `event`, if there is one.
pub(super) fn difference(line: &str, event: &TimelineEvent) -> Option<String> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    if name != event.name.as_str() {
        return Some(differs("event", event.name, name));
    }
    words.find_map(|word| word_difference(word, event))
}

fn word_difference(word: &str, event: &TimelineEvent) -> Option<String> {
    if let Some(attempt) = word.strip_prefix('#') {
        let same = attempt.parse() == Ok(event.attempt);
        return (!same).then(|| differs("attempt", event.attempt, attempt));
    }
    if let Some(elapsed) = word.strip_prefix('@') {
        return time_difference("elapsed", event.elapsed, elapsed);
    }
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return time_difference("sleep", event.sleep, word);
    }
    let class = event.class.map(ErrorClass::as_str);
    let cause = event.cause.map(Cause::as_str);
    let reason = event.stop_reason.map(StopReason::as_str);
    if [class, cause, reason].contains(&Some(word)) {
        return None;
    }
    let none = "none";
    Some(format!(
        "neither the class ({}) nor the cause ({}) nor the stop reason ({}) is {word}",
        class.unwrap_or(none),
        cause.unwrap_or(none),
        reason.unwrap_or(none),
    ))
}

fn time_difference(what: &str, time: Duration, expected: &str) -> Option<String> {
    let (low, high) = expected.split_once("..").unwrap_or((expected, expected));
    match (parse(low), parse(high)) {
        (Some(low), Some(high)) if low <= time && time <= high => None,
        (Some(low), Some(high)) if low <= high => {
            Some(differs(what, format_args!("{time:?}"), expected))
        }
        _ => Some(format!(
            "`{expected}` is not a duration: write 250ms, 1.5s, or 100ms..2s for a range"
        )),
    }
}

fn differs(what: &str, is: impl std::fmt::Display, expected: &str) -> String {
    format!("{what} is {is}, expected {expected}")
}

/// Parses a duration to the nanosecond: the notation of its `Debug`, and minutes and hours.
fn parse(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit);
    let unit: u128 = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = u32::try_from(part.len()).ok()?;
    let part = part.parse::<u128>().ok()?.checked_mul(unit)?;
    let part = part / 10_u128.checked_pow(digits)?;
    let nanos = whole.parse::<u128>().ok()?.checked_mul(unit)?;
    let nanos = nanos.checked_add(part)?;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_output_of_a_duration_is_read_back() {
        let times = [
            Duration::ZERO,
            Duration::new(0, 1),
            Duration::new(0, 1_500),
            Duration::from_micros(250_125),
            Duration::new(3, 141_592_653),
            Duration::MAX,
        ];
        for time in times {
            assert_eq!(parse(&format!("{time:?}")), Some(time));
        }
        assert_eq!(parse("1.5min"), Some(Duration::from_secs(90)));
        assert_eq!(parse("2h"), Some(Duration::from_secs(7200)));
    }

    #[test]
    fn text_that_is_not_a_duration_is_not_read() {
        let huge = format!("{}h", "9".repeat(60));
        for text in [
            "", "5", "s", ".s", "1.s", "1..2", "1.2.3s", "5x", "-1s", &huge,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_event_matches_the_line_that_is_written_for_it() {
        let event = TimelineEvent {
            name: EventName::Retry,
            attempt: 2,
            elapsed: Duration::from_millis(12),
            sleep: Duration::from_secs(7),
            class: Some(ErrorClass::RateLimit),
            stop_reason: None,
            cause: Some(Cause::Error),
        };
        let line = write(&event);
        assert_eq!(line, "retry #2 RATE_LIMIT error 7s @12ms");
        assert_eq!(difference(&line, &event), None);
        for (expected, what) in [
            ("retry", None),
            ("retry 6s..7s @1ms..1s", None),
            ("success", Some("event is retry, expected success")),
            ("retry #3", Some("attempt is 2, expected 3")),
            ("retry #x", Some("attempt is 2, expected x")),
            ("retry 5s", Some("sleep is 7s, expected 5s")),
            ("retry 1s..2s", Some("sleep is 7s, expected 1s..2s")),
            ("retry @1ms", Some("elapsed is 12ms, expected 1ms")),
            (
                "retry 9s..2s",
                Some("`9s..2s` is not a duration: write 250ms, 1.5s, or 100ms..2s for a range"),
            ),
            (
                "retry TRANSIENT",
                Some(
                    "neither the class (RATE_LIMIT) nor the cause (error) nor the stop reason (none) is TRANSIENT",
                ),
            ),
        ] {
            assert_eq!(difference(expected, &event).as_deref(), what, "{expected}");
        }
    }
}

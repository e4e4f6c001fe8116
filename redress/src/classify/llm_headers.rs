//! How long the headers of OpenAI and Anthropic ask to wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{http_date, retry_after};

/// What is limited, by the headers that say how much of it is left and when there will be more.
const BUCKETS: [(&str, &str); 6] = [
    (
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    (
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    (
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    (
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
];

/// Reads what the server asks for in so many words.
#[inline]
pub(super) fn asked<'h>(
    header: &impl Fn(&str) -> Option<&'h str>,
    now: SystemTime,
) -> Option<Duration> {
    header("retry-after-ms")
        .and_then(milliseconds)
        .or_else(|| retry_after(header("retry-after")?, now))
}

/// Reads when the bucket that is empty will not be.
#[inline]
pub(super) fn reset<'h>(
    header: &impl Fn(&str) -> Option<&'h str>,
    now: SystemTime,
) -> Option<Duration> {
    let wait = |name| {
        let value = header(name)?.trim();
        duration(value)
            .or_else(|| until(value, now))
            .filter(|wait| !wait.is_zero())
    };
    let is_empty = |name| header(name).is_some_and(|left| left.trim().parse() == Ok(0_u64));
    let empty = BUCKETS.iter().filter(|(left, _)| is_empty(left));
    empty
        .filter_map(|(_, reset)| wait(reset))
        .max()
        .or_else(|| BUCKETS.iter().filter_map(|(_, reset)| wait(reset)).max())
}

#[inline]
fn milliseconds(value: &str) -> Option<Duration> {
    let nanos = in_nanos(value.trim(), 1_000_000)?;
    Some(from_nanos(nanos))
}

/// Reads `1d2h3m4.5s`, `20ms`, and a bare number of seconds.
#[inline]
fn duration(text: &str) -> Option<Duration> {
    if let Some(seconds) = in_nanos(text, 1_000_000_000) {
        return Some(from_nanos(seconds));
    }
    let mut rest = text;
    let mut sum = 0_u128;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let nanos = match unit {
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return None,
        };
        sum = sum.saturating_add(in_nanos(number, nanos)?);
        rest = tail;
    }
    (!text.is_empty()).then(|| from_nanos(sum))
}

/// Reads a decimal number of units of so many nanoseconds, rounded up.
#[inline]
fn in_nanos(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if is_number(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    if !is_number(whole) {
        return None;
    }
    // Nothing but digits: the only fault is one too many.
    let whole = whole
        .parse::<u128>()
        .unwrap_or(u128::MAX)
        .saturating_mul(unit);
    // So many digits are more than a nanosecond of a day needs.
    let (counted, dropped) = fraction.split_at(fraction.len().min(18));
    let scale = 10_u128.saturating_pow(u32::try_from(counted.len()).unwrap_or(0));
    let part = counted.parse::<u128>().unwrap_or(0).saturating_mul(unit);
    let begun = dropped.bytes().any(|digit| digit != b'0');
    let part = part.div_ceil(scale).saturating_add(u128::from(begun));
    Some(whole.saturating_add(part))
}

#[inline]
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[inline]
fn from_nanos(nanos: u128) -> Duration {
    let seconds = u64::try_from(nanos / 1_000_000_000);
    let rest = u32::try_from(nanos % 1_000_000_000).unwrap_or(0);
    seconds.map_or(Duration::MAX, |seconds| Duration::new(seconds, rest))
}

/// Reads a time in the form of RFC 3339, section 5.6, and returns how far ahead it is.
#[inline]
fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let digits = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at_checked(digits)?;

    let [year, month, day] = parts(date, '-')?;
    let [hour, minute, second] = parts(clock, ':')?;
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let time = hour * 3600 + minute * 60 + second - offset(zone)?;
    let fraction = match fraction.strip_prefix('.') {
        Some(digits) if is_number(digits) => in_nanos(&format!("0.{digits}"), 1_000_000_000)?,
        Some(_) => return None,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    let seconds = u64::try_from(http_date::timestamp(year, month, day, time)?).ok()?;
    let due = Duration::from_secs(seconds).saturating_add(from_nanos(fraction));
    let wait = match now.duration_since(UNIX_EPOCH) {
        Ok(now) => due.checked_sub(now)?,
        Err(before) => due.saturating_add(before.duration()),
    };
    Some(wait)
}

#[inline]
fn parts(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text
        .split(separator)
        .map(|part| is_number(part).then(|| part.parse().ok())?);
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// Reads `Z` or `+01:30`, in seconds.
#[inline]
fn offset(zone: &str) -> Option<i64> {
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn durations_as_openai_writes_them() {
        for (text, expected) in [
            ("6m0s", Some(MS(360_000))),
            ("20ms", Some(MS(20))),
            ("1d2h3m4.5s", Some(MS(93_784_500))),
            ("0.5", Some(MS(500))),
            ("7", Some(MS(7000))),
            ("0s", Some(MS(0))),
            ("1.0000000001s", Some(Duration::new(1, 1))),
            ("1.0000000000000000000000001s", Some(Duration::new(1, 1))),
            ("1.50000000000000000000000000s", Some(MS(1500))),
            (
                "99999999999999999999999999999999999999999d",
                Some(Duration::MAX),
            ),
            ("", None),
            ("s", None),
            ("5x", None),
            ("5", Some(MS(5000))),
            ("5m3", None),
            ("-5s", None),
            ("1..5s", None),
            ("5 s", None),
            ("5µs", None),
            ("NaN", None),
            ("inf", None),
        ] {
            assert_eq!(duration(text), expected, "{text:?}");
        }
    }

    #[test]
    fn times_as_anthropic_writes_them() {
        let now = at(1_700_000_000); // 2023-11-14T22:13:20Z
        for (text, expected) in [
            ("2023-11-14T22:14:20Z", Some(MS(60_000))),
            ("2023-11-14t22:14:20.5z", Some(MS(60_500))),
            ("2023-11-14 22:14:20.25+00:00", Some(MS(60_250))),
            ("2023-11-15T00:14:20+02:00", Some(MS(60_000))),
            ("2023-11-14T20:44:20-01:30", Some(MS(60_000))),
            ("2024-02-29T00:00:00Z", Some(MS(9_164_800_000))),
            ("2023-11-14T22:13:20Z", Some(MS(0))),
            ("2023-11-14T22:13:19Z", None),
            ("2023-02-29T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2033-11-14T24:00:00Z", None),
            ("2033-11-14T22:14:20", None),
            ("2033-11-14T22:14:20+1:00", None),
            ("2033-11-14T22:14:20.Z", None),
            ("2033-11-14", None),
            ("2033-11-1é4T22:14:20Z", None),
            ("soon", None),
        ] {
            assert_eq!(until(text, now), expected, "{text:?}");
        }
    }

    fn wait(headers: &[(&str, &'static str)]) -> Option<Duration> {
        let header = |name: &str| {
            headers
                .iter()
                .find(|(of, _)| *of == name)
                .map(|(_, value)| *value)
        };
        reset(&header, at(1_700_000_000))
    }

    #[test]
    fn the_bucket_that_is_empty_decides() {
        let tokens = ("x-ratelimit-reset-tokens", "6m0s");
        let requests = ("x-ratelimit-reset-requests", "1s");
        let no_requests = ("x-ratelimit-remaining-requests", "0");
        let no_tokens = ("x-ratelimit-remaining-tokens", "0");
        assert_eq!(wait(&[tokens, requests]), Some(MS(360_000)));
        assert_eq!(wait(&[tokens, requests, no_requests]), Some(MS(1000)));
        assert_eq!(wait(&[tokens, requests, no_tokens]), Some(MS(360_000)));
        assert_eq!(
            wait(&[tokens, requests, no_requests, no_tokens]),
            Some(MS(360_000))
        );
        assert_eq!(wait(&[("x-ratelimit-reset-tokens", "soon")]), None);
        // It has been reset already: another bucket may be what the request does not fit in.
        let passed = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2023-11-14T22:13:19Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "80"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2023-11-14T22:13:50Z",
            ),
        ];
        assert_eq!(wait(&passed), Some(MS(30_000)));
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn milliseconds_go_before_seconds() {
        let both = |name: &str| match name {
            "retry-after-ms" => Some("1499.2"),
            "retry-after" => Some("7"),
            _ => None,
        };
        assert_eq!(asked(&both, at(0)), Some(Duration::from_micros(1_499_200)));
        let malformed = |name: &str| (name == "retry-after").then_some("7");
        assert_eq!(asked(&malformed, at(0)), Some(MS(7000)));
    }
}

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::http_date;

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// Reads the value of a `Retry-After` header: how long to wait, seen from `now`.
///
/// RFC 9110 section 10.2.3 allows a number of seconds or a date in any of the three forms of
/// section 5.6.7. Beyond it, a fraction and a plus sign are understood, because servers send them.
///
/// | value | result |
/// |---|---|
/// | `120`, `+120`, ` 120 ` | 120 s |
/// | `1.5` | 1.5 s; digits past the nanosecond are rounded up, never earlier than asked |
/// | `0` | zero: the server says that the request is welcome at once |
/// | more than a [`Duration`] holds | [`Duration::MAX`] |
/// | a date that is not after `now` | `None` |
/// | `-5`, `1.`, `.5`, `1e5`, `0x10`, `inf`, `NaN`, `12 seconds`, an empty value | `None` |
///
/// `None` means that there is no hint, so a policy backs off as it does without the header. A date
/// in the past is among these because it comes from a clock that is off or from an answer that was
/// cached, and no server asks by it for the next request at once.
///
/// In dates, case does not matter, and neither does whether the day of the week is the right one:
/// the rest says the date. A year of two digits is taken to be at most 50 years after `now`, as
/// the RFC asks. Impossible dates such as 30 February are `None`; a leap second is not.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use redress::classify::retry_after;
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
/// assert_eq!(retry_after("1.5", now), Some(Duration::from_millis(1500)));
/// assert_eq!(
///     retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now),
///     Some(Duration::from_secs(60)),
/// );
/// assert_eq!(retry_after("soon", now), None);
/// ```
#[must_use]
#[inline]
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim_ascii();
    seconds(value).or_else(|| until(value, now))
}

#[inline]
fn seconds(value: &str) -> Option<Duration> {
    let digits = value.strip_prefix('+').unwrap_or(value);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if is_number(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    if !is_number(whole) {
        return None;
    }
    // Nothing but digits, so that the only possible fault is a number too large.
    let Ok(whole) = whole.parse() else {
        return Some(Duration::MAX);
    };
    Some(Duration::from_secs(whole).saturating_add(fraction_of_a_second(fraction)))
}

#[inline]
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[inline]
fn fraction_of_a_second(digits: &str) -> Duration {
    let nanos = digits
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |nanos, digit| nanos * 10 + u64::from(digit - b'0'));
    let rest = digits.bytes().skip(9).any(|digit| digit != b'0');
    Duration::from_nanos(nanos + u64::from(rest))
}

#[inline]
fn until(value: &str, now: SystemTime) -> Option<Duration> {
    // Wide enough for any `SystemTime`, also one before 1970.
    let now = match now.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed(),
        Err(before) => -before.duration().as_nanos().cast_signed(),
    };
    let now_secs = i64::try_from(now.div_euclid(NANOS_PER_SEC)).unwrap_or(i64::MAX);
    let date = i128::from(http_date::parse(value, now_secs)?) * NANOS_PER_SEC;
    let wait = u128::try_from(date - now).ok().filter(|wait| *wait > 0)?;
    let nanos = u32::try_from(wait % NANOS_PER_SEC.unsigned_abs()).unwrap_or(0);
    let secs = u64::try_from(wait / NANOS_PER_SEC.unsigned_abs());
    Some(secs.map_or(Duration::MAX, |secs| Duration::new(secs, nanos)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn seconds_with_plus_sign_and_fraction() {
        let ms = Duration::from_millis;
        for (value, expected) in [
            ("120", ms(120_000)),
            ("\t7 ", ms(7000)),
            ("+5", ms(5000)),
            ("0", ms(0)),
            ("1.5", ms(1500)),
            ("00001.50000000000000", ms(1500)),
            ("0.0000000001", Duration::from_nanos(1)),
            ("0.9999999999", ms(1000)),
            ("18446744073709551615", Duration::from_secs(u64::MAX)),
            ("18446744073709551616", Duration::MAX),
            ("18446744073709551615.9999999999", Duration::MAX),
        ] {
            assert_eq!(retry_after(value, at(0)), Some(expected), "{value}");
        }
    }

    #[test]
    fn nonsense_is_none() {
        for value in [
            "",
            " ",
            "+",
            "-",
            ".",
            "1.",
            ".5",
            "1.5.",
            "1.-5",
            "-0",
            "-5",
            "-1.5",
            "-99999999999999999999999",
            "--1",
            "+-1",
            "1e5",
            "0x10",
            "inf",
            "-inf",
            "NaN",
            "1_000",
            "1,5",
            "12 seconds",
            "١٢",
            "soon",
        ] {
            assert_eq!(retry_after(value, at(0)), None, "{value:?}");
        }
    }

    #[test]
    fn a_date_is_seen_from_now_to_the_nanosecond() {
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        let due = at(1_445_412_480);
        let wait = |now| retry_after(date, now);
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(wait(due - nanosecond), Some(nanosecond));
        let early = Duration::new(3600, 1);
        assert_eq!(wait(due - early), Some(early));
        let before_1970 = UNIX_EPOCH - Duration::from_millis(1);
        assert_eq!(
            wait(before_1970),
            Some(Duration::new(1_445_412_480, 1_000_000))
        );
    }

    #[test]
    fn a_date_that_is_not_ahead_is_no_hint() {
        let due = at(1_445_412_480);
        for date in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
        ] {
            assert!(retry_after(date, due - Duration::from_nanos(1)).is_some());
            for late in [0, 1, 1_000_000_000, 31_556_952_000_000_000] {
                let now = due.checked_add(Duration::from_nanos(late)).unwrap();
                assert_eq!(retry_after(date, now), None, "{date} {late}");
            }
        }
    }

    #[test]
    fn no_input_panics() {
        let alphabet: Vec<char> = "0123456789+-.,: GMTgmtSunodayJFebMarch\u{e9}🦀eE_\n"
            .chars()
            .collect();
        let mut state = 1_u64;
        let mut next = |bound: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % bound
        };
        let seeds = [
            "",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "18446744073709551615.999999999",
        ];
        let mut times = vec![at(0), at(1_700_000_000)];
        for secs in [i64::MAX as u64, i64::MAX as u64 - 1, 1 << 62, 1 << 60] {
            times.extend(UNIX_EPOCH.checked_add(Duration::from_secs(secs)));
            times.extend(UNIX_EPOCH.checked_sub(Duration::from_secs(secs)));
        }
        for round in 0..40_000 {
            let mut text: Vec<char> = seeds[next(seeds.len())].chars().collect();
            for _ in 0..next(5) + usize::from(text.is_empty()) * next(30) {
                let letter = alphabet[next(alphabet.len())];
                let place = next(text.len() + 1);
                if round % 2 == 0 || place == text.len() {
                    text.insert(place, letter);
                } else {
                    text[place] = letter;
                }
            }
            let text: String = text.into_iter().collect();
            for &now in &times {
                let _ = retry_after(&text, now);
            }
        }
    }
}

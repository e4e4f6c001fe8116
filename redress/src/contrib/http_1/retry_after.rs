use std::time::{Duration, SystemTime};

use ::http_1::HeaderMap;
use ::http_1::header::RETRY_AFTER;

use crate::classify;

/// Reads how long the server asks to wait, from `retry-after-ms` or `Retry-After`.
///
/// `Retry-After` is a number of seconds or a date, seen from this machine's clock: see
/// [`classify::retry_after`] for its forms. `retry-after-ms`, which OpenAI and Azure send beside it,
/// is a number of milliseconds, and the more exact of the two, so it wins if it is well-formed.
///
/// | headers | result |
/// |---|---|
/// | `retry-after: 120`, `retry-after: 1.5` | 120 s, 1.5 s |
/// | `retry-after: Sun, 06 Nov 1994 08:49:37 GMT`, in any of HTTP's three forms | the time until then |
/// | `retry-after-ms: 1500`, `retry-after-ms: 1499.2` | 1.5 s; parts of a millisecond are rounded up |
/// | both, `retry-after-ms` well-formed | what `retry-after-ms` says |
/// | several of one name | the longest of those that are well-formed |
/// | a number that is too large | [`Duration::MAX`] |
/// | `-5`, a date that has passed, anything else, bytes that are not ASCII | `None` |
///
/// `None` means that there is no hint: the policy backs off as it would without the header.
/// However long a hint is, a retry that would begin after the deadline of the call ends it at once.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue};
/// use redress::contrib::http_1;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("2"));
/// assert_eq!(http_1::retry_after(&headers), Some(Duration::from_secs(2)));
///
/// headers.insert("retry-after-ms", HeaderValue::from_static("1250"));
/// assert_eq!(http_1::retry_after(&headers), Some(Duration::from_millis(1250)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    longest(headers, RETRY_AFTER_MS, milliseconds).or_else(|| {
        longest(headers, RETRY_AFTER.as_str(), |value| {
            classify::retry_after(value, SystemTime::now())
        })
    })
}

const RETRY_AFTER_MS: &str = "retry-after-ms";

/// Reads the headers of one name, of which there should be one. Where a proxy has added its own, the
/// longest wait is early for neither.
fn longest(
    headers: &HeaderMap,
    name: &str,
    read: impl Fn(&str) -> Option<Duration>,
) -> Option<Duration> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| read(value.to_str().ok()?)).max()
}

fn milliseconds(value: &str) -> Option<Duration> {
    let value = value.trim_ascii();
    let (whole, fraction) = match value.split_once('.') {
        Some((whole, fraction)) if is_number(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (value, ""),
    };
    if !is_number(whole) {
        return None;
    }
    // Nothing but digits, so that the only possible fault is a number too large.
    let Ok(whole) = whole.parse::<u64>() else {
        return Some(Duration::MAX);
    };
    let begun = fraction.bytes().any(|digit| digit != b'0');
    Some(Duration::from_millis(whole).saturating_add(Duration::from_millis(begun.into())))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use ::http_1::{HeaderName, HeaderValue};

    use super::*;

    fn hint(headers: &[(&str, &[u8])]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        retry_after(&map)
    }

    const fn ms(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    #[test]
    fn seconds_and_milliseconds_in_their_forms() {
        for (name, value, expected) in [
            ("Retry-After", "7", ms(7000)),
            ("retry-after", " 1.5\t", ms(1500)),
            ("retry-after", "0", ms(0)),
            ("retry-after", "18446744073709551616", Some(Duration::MAX)),
            ("retry-after", "-5", None),
            ("retry-after", "", None),
            ("retry-after", "soon", None),
            ("retry-after", "120, 60", None),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Retry-After-MS", "1500", ms(1500)),
            ("retry-after-ms", " 20\t", ms(20)),
            ("retry-after-ms", "0", ms(0)),
            ("retry-after-ms", "1499.0001", ms(1500)),
            ("retry-after-ms", "1499.000", ms(1499)),
            ("retry-after-ms", "18446744073709551615", ms(u64::MAX)),
            (
                "retry-after-ms",
                "18446744073709551615.1",
                Some(Duration::from_millis(u64::MAX) + Duration::from_millis(1)),
            ),
            (
                "retry-after-ms",
                "18446744073709551616",
                Some(Duration::MAX),
            ),
            ("retry-after-ms", "-20", None),
            ("retry-after-ms", "+20", None),
            ("retry-after-ms", "20.", None),
            ("retry-after-ms", ".5", None),
            ("retry-after-ms", "1e3", None),
            ("retry-after-ms", "inf", None),
            ("retry-after-ms", "NaN", None),
            ("retry-after-ms", "Sun, 06 Nov 2094 08:49:37 GMT", None),
            ("retry-after-ms", "", None),
            ("x-retry-after", "7", None),
        ] {
            assert_eq!(
                hint(&[(name, value.as_bytes())]),
                expected,
                "{name}: {value:?}"
            );
        }
        assert_eq!(hint(&[]), None);
    }

    #[test]
    fn dates_in_all_three_forms_are_seen_from_now() {
        for date in [
            "Sat, 06 Nov 2094 08:49:37 GMT",
            "Saturday, 06-Nov-60 08:49:37 GMT",
            "Sat Nov  6 08:49:37 2094",
        ] {
            let expected = classify::retry_after(date, SystemTime::now()).unwrap();
            let hint = hint(&[("retry-after", date.as_bytes())]).unwrap();
            assert!(hint <= expected, "{date}");
            assert!(expected - hint < Duration::from_secs(60), "{date}");
        }
    }

    #[test]
    fn milliseconds_win_if_they_are_well_formed() {
        let both =
            |ms: &'static str| hint(&[("retry-after", b"7"), ("retry-after-ms", ms.as_bytes())]);
        assert_eq!(both("6500"), ms(6500));
        assert_eq!(both("0"), ms(0));
        assert_eq!(both("90000"), ms(90_000));
        for malformed in ["", "-1", "x", "1s"] {
            assert_eq!(both(malformed), ms(7000), "{malformed:?}");
        }
    }

    #[test]
    fn the_longest_of_several_well_formed_values_counts() {
        for values in [["3", "9", "soon"], ["9", "soon", "3"], ["", "3", "9"]] {
            let headers = values.map(|value| ("retry-after", value.as_bytes()));
            assert_eq!(hint(&headers), ms(9000), "{values:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_ascii_are_no_hint_and_hide_none() {
        assert_eq!(hint(&[("retry-after", b"7\xff")]), None);
        assert_eq!(hint(&[("retry-after", "١٢".as_bytes())]), None);
        assert_eq!(
            hint(&[("retry-after", b"\xff"), ("retry-after", b"7")]),
            ms(7000)
        );
        assert_eq!(
            hint(&[("retry-after-ms", b"\xff"), ("retry-after", b"7")]),
            ms(7000)
        );
    }
}

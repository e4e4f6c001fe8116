//! Deadlines in headers.

use std::time::Duration;

use ::http_1::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::deadline::{Scope, grpc_timeout, parse_grpc_timeout};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const EXPECTED_MS: HeaderName = HeaderName::from_static("x-envoy-expected-rq-timeout-ms");
const ATTEMPT: HeaderName = HeaderName::from_static("redress-attempt");
const ENVOY_ATTEMPT: HeaderName = HeaderName::from_static("x-envoy-attempt-count");
const GRPC_PREVIOUS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// Reads from the headers of a request by when its caller gives up, and which of its attempts this is.
/// Returns `None` if they say neither.
///
/// | header | says |
/// |---|---|
/// | `grpc-timeout` | the time left, as in `250m` |
/// | `x-envoy-expected-rq-timeout-ms`, and those of `millis` | the time left, in milliseconds |
/// | `redress-attempt` | the attempt and how many there may be, as in `2/4`; `*` where there is no limit |
/// | `x-envoy-attempt-count` | the attempt |
/// | `grpc-previous-rpc-attempts` | the attempts before |
///
/// Of several times the shortest counts, of several attempts the first of this table; what cannot be read is
/// left out. The time is counted from when this is called.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use std::time::Duration;
/// use http::HeaderMap;
/// use redress::contrib::http_1;
///
/// let mut headers = HeaderMap::new();
/// assert!(http_1::scope(&headers, &[]).is_none());
/// headers.insert("grpc-timeout", "250m".parse()?);
/// headers.insert("x-envoy-attempt-count", "2".parse()?);
/// let scope = http_1::scope(&headers, &[]).unwrap();
/// assert!(scope.remaining().unwrap() <= Duration::from_millis(250));
/// assert!(scope.caller_retries());
/// # Ok::<_, http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn scope(headers: &HeaderMap, millis: &[HeaderName]) -> Option<Scope> {
    scope_within(headers, millis, Duration::ZERO)
}

/// As [`scope`](scope()), with a margin that is taken away from the time.
pub(crate) fn scope_within(
    headers: &HeaderMap,
    millis: &[HeaderName],
    margin: Duration,
) -> Option<Scope> {
    let expected = [EXPECTED_MS];
    let by_millis = expected.iter().chain(millis);
    let by_millis = by_millis.filter_map(|name| millis_of(text(headers, name)?));
    let by_grpc = text(headers, &GRPC_TIMEOUT).and_then(parse_grpc_timeout);
    let left = by_millis.chain(by_grpc).min();
    let attempt = attempt(headers);
    if left.is_none() && attempt.is_none() {
        return None;
    }
    let scope = left.map_or_else(Scope::default, |left| {
        Scope::new(left.saturating_sub(margin))
    });
    Some(match attempt {
        Some((number, max)) => scope.attempt(number, max),
        None => scope,
    })
}

/// Writes into the headers of a request how much time it has, in whole milliseconds and rounded down, and
/// which attempt of the caller's it is: what [`scope`] reads. A header that says less time stays.
///
/// A request of gRPC, by its content type, gets `grpc-timeout`, every other one
/// `x-envoy-expected-rq-timeout-ms`; `redress-attempt` is written where the attempt is known.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use std::time::Duration;
/// use http::HeaderMap;
/// use redress::contrib::http_1;
/// use redress::deadline::Scope;
///
/// let mut headers = HeaderMap::new();
/// let scope = Scope::new(Duration::from_micros(1_999_999)).attempt(1, Some(4));
/// http_1::write_scope(&scope, &mut headers);
/// let left = headers["x-envoy-expected-rq-timeout-ms"].to_str().unwrap();
/// assert!(left.parse::<u32>().unwrap() <= 1999);
/// assert_eq!(headers["redress-attempt"], "1/4");
/// ```
pub fn write_scope(scope: &Scope, headers: &mut HeaderMap) {
    if let Some(left) = scope.remaining() {
        write_time(left, headers);
    }
    if let Some((number, max)) = scope.caller_attempt() {
        let text = match max {
            Some(max) => format!("{number}/{max}"),
            None => format!("{number}/*"),
        };
        set(headers, ATTEMPT, &text);
    }
}

fn write_time(left: Duration, headers: &mut HeaderMap) {
    let grpc = text(headers, &CONTENT_TYPE).is_some_and(|t| t.starts_with("application/grpc"));
    if grpc {
        let shorter = text(headers, &GRPC_TIMEOUT).and_then(parse_grpc_timeout);
        if shorter.is_none_or(|given| left < given) {
            set(headers, GRPC_TIMEOUT, &grpc_timeout(left));
        }
    } else {
        let shorter = text(headers, &EXPECTED_MS).and_then(millis_of);
        if shorter.is_none_or(|given| left < given) {
            set(headers, EXPECTED_MS, &left.as_millis().to_string());
        }
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // Digits and units are always a value.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// Tells the server what is left of the deadline, where the policy of the attempt that runs ends with that of
/// its caller; no more than the request's own timeout.
#[cfg(any(feature = "http-body-1", feature = "reqwest-0_13", feature = "ureq-3"))]
pub(crate) fn send_on(headers: &mut HeaderMap, timeout: Option<Duration>) {
    let attempt = crate::attempt::Attempt::current().filter(|attempt| attempt.inherits);
    if let Some(attempt) = attempt {
        let scope = attempt.scope();
        let scope = match timeout {
            Some(timeout) => Scope::new(timeout).within(scope),
            None => scope,
        };
        write_scope(&scope, headers);
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn millis_of(text: &str) -> Option<Duration> {
    number(text).map(Duration::from_millis)
}

/// Reads digits, and nothing else: no sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Returns the number of the caller's attempt, and how many there may be.
fn attempt(headers: &HeaderMap) -> Option<(u32, Option<u32>)> {
    let own = || {
        let (attempt, max) = text(headers, &ATTEMPT)?.split_once('/')?;
        let max = match max {
            "*" => None,
            max => Some(number(max)?),
        };
        Some((number(attempt)?, max))
    };
    // A proxy that says of a first attempt that it is one does not say that there may be others.
    let first = |attempt: u32| (attempt, Some(attempt.max(1)));
    let envoy = || number(text(headers, &ENVOY_ATTEMPT)?).map(first);
    let grpc = || {
        let before: u32 = number(text(headers, &GRPC_PREVIOUS)?)?;
        Some(first(before.saturating_add(1)))
    };
    own().or_else(envoy).or_else(grpc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Option<(Option<u64>, bool)> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let scope = scope(&headers, &[HeaderName::from_static("x-timeout-ms")])?;
        // Up to the second: the clock goes on.
        let left = scope
            .remaining()
            .map(|left| left.as_secs_f64().round() as u64);
        Some((left, scope.caller_retries()))
    }

    #[test]
    fn every_header_says_its_part() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("grpc-timeout", "9S")]), Some((Some(9), false)));
        assert_eq!(read(&[("x-timeout-ms", "9000")]), Some((Some(9), false)));
        let two = [
            ("grpc-timeout", "9S"),
            ("x-envoy-expected-rq-timeout-ms", "5000"),
        ];
        assert_eq!(read(&two), Some((Some(5), false)));
        assert_eq!(read(&[("redress-attempt", "1/4")]), Some((None, true)));
        assert_eq!(read(&[("redress-attempt", "1/1")]), Some((None, false)));
        assert_eq!(read(&[("redress-attempt", "1/*")]), Some((None, true)));
        assert_eq!(read(&[("x-envoy-attempt-count", "1")]), Some((None, false)));
        assert_eq!(read(&[("x-envoy-attempt-count", "2")]), Some((None, true)));
        assert_eq!(
            read(&[("grpc-previous-rpc-attempts", "1")]),
            Some((None, true))
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for (name, value) in [
            ("grpc-timeout", "soon"),
            ("x-envoy-expected-rq-timeout-ms", "-1"),
            ("x-envoy-expected-rq-timeout-ms", "+1"),
            ("x-timeout-ms", "1.5"),
            ("x-timeout-ms", ""),
            ("redress-attempt", "1"),
            ("redress-attempt", "a/b"),
            ("x-envoy-attempt-count", "99999999999"),
        ] {
            assert_eq!(read(&[(name, value)]), None, "{name}: {value}");
        }
    }

    #[test]
    fn what_is_written_is_the_nearer_time() {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_MS, HeaderValue::from_static("5"));
        write_scope(&Scope::new(Duration::from_secs(1)), &mut headers);
        assert_eq!(headers[EXPECTED_MS], "5");
        write_scope(&Scope::new(Duration::ZERO), &mut headers);
        assert_eq!(headers[EXPECTED_MS], "0");
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/grpc+proto"),
        );
        write_scope(&Scope::new(Duration::ZERO).attempt(2, None), &mut headers);
        assert_eq!(
            (&headers[GRPC_TIMEOUT], &headers[ATTEMPT]),
            (&"0n".parse().unwrap(), &"2/*".parse().unwrap())
        );
        assert!(!headers.contains_key(EXPECTED_MS));
    }
}

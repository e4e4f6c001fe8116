//! Which version of a file an answer is of: RFC 9110, sections 8.8 and 13.1.5.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::http_1::header::{DATE, ETAG, LAST_MODIFIED};
use ::http_1::{HeaderMap, HeaderName, HeaderValue};

use crate::classify::http_date;

/// What only one version of a file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Validator {
    ETag(HeaderValue),
    LastModified(HeaderValue),
}

/// By how much a modification must be older than the answer, so that no second one of the same second can
/// have followed it, and clocks that differ do no harm: RFC 7232, section 2.2.2, has the figure, RFC 9110,
/// section 8.8.2.2, the rule.
const OLD_ENOUGH: i64 = 60;

impl Validator {
    /// Returns the strong validator of an answer, if it has one.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(ETAG) {
            // A weak one says that bytes may differ, whatever the date says.
            return strong_etag(headers).cloned().map(Self::ETag);
        }
        let modified = only(headers, LAST_MODIFIED)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.as_ref().map_or(0, Duration::as_secs);
        let seconds = |value: &HeaderValue| {
            http_date(value.to_str().ok()?, i64::try_from(now).unwrap_or(i64::MAX))
        };
        let age = seconds(only(headers, DATE)?)?.saturating_sub(seconds(modified)?);
        (age >= OLD_ENOUGH).then(|| Self::LastModified(modified.clone()))
    }

    /// Returns the value for `If-Range`.
    pub(super) const fn value(&self) -> &HeaderValue {
        match self {
            Self::ETag(value) | Self::LastModified(value) => value,
        }
    }

    const fn name(&self) -> (HeaderName, &'static str) {
        match self {
            Self::ETag(_) => (ETAG, "ETag"),
            Self::LastModified(_) => (LAST_MODIFIED, "Last-Modified"),
        }
    }

    /// Returns `true` if an answer has such a validator.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(self.name().0)
    }

    /// Compares an answer with this: says what differs, if something does.
    pub(super) fn differs(&self, headers: &HeaderMap) -> Option<String> {
        let (name, shown) = self.name();
        let was = text(self.value());
        match headers.get(&name) {
            Some(_) if only(headers, name.clone()) == Some(self.value()) => None,
            Some(is) => Some(format!("its {shown} is {}, and was {was}", text(is))),
            None => Some(format!("it has no {shown} any more, which was {was}")),
        }
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Returns the header of a name that has to be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    values.next().filter(|_| values.next().is_none())
}

fn strong_etag(headers: &HeaderMap) -> Option<&HeaderValue> {
    let etag = only(headers, ETAG)?;
    let inner = etag.as_bytes().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    inner.iter().all(|byte| *byte != b'"').then_some(etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    const OLD: (&str, &str) = ("last-modified", "Sun, 06 Nov 1994 08:48:37 GMT");

    #[test]
    fn what_is_strong() {
        fn strong(pairs: &[(&'static str, &'static str)]) -> Option<String> {
            Validator::of(&headers(pairs)).map(|validator| text(validator.value()))
        }
        for (etag, expected) in [
            ("\"a\"", Some("\"a\"")),
            ("\"\"", Some("\"\"")),
            ("W/\"a\"", None),
            ("a", None),
            ("\"a", None),
            ("\"", None),
            ("\"a\"b\"", None),
        ] {
            assert_eq!(strong(&[("etag", etag)]).as_deref(), expected, "{etag}");
        }
        assert_eq!(strong(&[("etag", "\"a\""), ("etag", "\"b\"")]), None);
        for (date, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", true),
            ("Sun, 06 Nov 1994 08:49:36 GMT", false), // 59 s
            ("Sun, 06 Nov 1994 08:48:37 GMT", false),
            ("Sun, 06 Nov 1993 08:49:37 GMT", false),
            ("120", false),
            ("soon", false),
        ] {
            assert_eq!(strong(&[OLD, ("date", date)]).is_some(), expected, "{date}");
        }
        assert_eq!(strong(&[OLD]), None);
        // A weak ETag takes the word of a date away.
        let later = ("date", "Sun, 06 Nov 1994 09:49:37 GMT");
        assert_eq!(strong(&[OLD, later, ("etag", "W/\"a\"")]), None);
        assert_eq!(strong(&[]), None);
    }

    #[test]
    fn a_version_is_another_unless_it_says_the_same() {
        let a = Validator::of(&headers(&[("etag", "\"a\"")])).unwrap();
        let differs = |pairs| a.differs(&headers(pairs));
        assert_eq!(differs(&[("etag", "\"a\"")]), None);
        let says = |pairs| differs(pairs).unwrap();
        assert_eq!(
            says(&[("etag", "\"b\"")]),
            "its ETag is \"b\", and was \"a\""
        );
        assert_eq!(
            says(&[("etag", "W/\"a\"")]),
            "its ETag is W/\"a\", and was \"a\""
        );
        assert_eq!(says(&[]), "it has no ETag any more, which was \"a\"");
        assert!(differs(&[("etag", "\"a\""), ("etag", "\"a\"")]).is_some());
        let dated = headers(&[OLD, ("date", "Sun, 06 Nov 1994 09:49:37 GMT")]);
        let dated = Validator::of(&dated).unwrap();
        assert_eq!(dated.differs(&headers(&[OLD])), None);
        assert!(dated.differs(&headers(&[])).is_some());
    }
}

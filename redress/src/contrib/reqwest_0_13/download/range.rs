//! Parts of a file: RFC 9110, section 14.4.

use ::http_1::HeaderMap;
use ::http_1::header::CONTENT_RANGE;

/// What a `Content-Range` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentRange {
    /// The bytes from `first` to before `end`.
    Part {
        first: u64,
        end: u64,
        total: Option<u64>,
    },
    /// No byte of so many: the one asked for does not exist.
    Unsatisfied { total: u64 },
}

impl ContentRange {
    /// Reads the header; an error shows what it says.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, String> {
        let mut values = headers.get_all(CONTENT_RANGE).into_iter();
        let (value, another) = (values.next(), values.next());
        let (Some(value), None) = (value, another) else {
            let several = another.map_or("no Content-Range", |_| "several Content-Range");
            return Err(several.to_owned());
        };
        let parsed = value.to_str().ok().and_then(parse);
        parsed.ok_or_else(|| {
            let said = String::from_utf8_lossy(value.as_bytes());
            format!("`Content-Range: {said}`")
        })
    }
}

fn parse(value: &str) -> Option<ContentRange> {
    let (unit, range) = value.trim_ascii().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (range, total) = range.trim_ascii().split_once('/')?;
    if range == "*" {
        let total = number(total)?;
        return Some(ContentRange::Unsatisfied { total });
    }
    let (first, last) = range.split_once('-')?;
    let first = number(first)?;
    let end = number(last)?.checked_add(1)?;
    let total = if total == "*" {
        None
    } else {
        Some(number(total)?)
    };
    let is_valid = first < end && total.is_none_or(|total| end <= total);
    is_valid.then_some(ContentRange::Part { first, end, total })
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_and_no_other() {
        let part = |first, end, total| Some(ContentRange::Part { first, end, total });
        for (value, expected) in [
            ("bytes 5-9/10", part(5, 10, Some(10))),
            ("Bytes 5-5/*", part(5, 6, None)),
            ("bytes */10", Some(ContentRange::Unsatisfied { total: 10 })),
            ("bytes 9-5/10", None),
            ("bytes 5-10/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-99999999999999999999/*", None),
            ("bytes +5-9/10", None),
            ("bytes 5-9", None),
            ("bytes */*", None),
            ("bytes=5-9/10", None),
            ("lines 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(parse(value), expected, "{value}");
        }
    }
}

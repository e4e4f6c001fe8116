//! The failure that a head is.

use std::borrow::Cow;

use ::http_1::{HeaderMap, HeaderName};
use ::tonic_0_14::Status;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// Returns the status in the headers. Details that are not in base64 are left out: tonic 0.14 panics at them,
/// and a server can send what it likes.
pub(super) fn status(headers: &HeaderMap) -> Option<Status> {
    // Most heads have none: that is known after one lookup.
    if !headers.contains_key(STATUS) {
        return None;
    }
    let readable = headers
        .get(DETAILS)
        .is_none_or(|details| is_base64(details.as_bytes()));
    let headers = if readable {
        Cow::Borrowed(headers)
    } else {
        let mut without = headers.clone();
        without.remove(DETAILS);
        Cow::Owned(without)
    };
    Status::from_header_map(&headers)
}

/// Returns `true` for what is surely base64 with the alphabet of RFC 4648, section 4, padded or not.
fn is_base64(text: &[u8]) -> bool {
    let end = text
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |last| last.saturating_add(1));
    let (symbols, padding) = text.split_at_checked(end).unwrap_or((text, &[]));
    let Some(values) = symbols
        .iter()
        .map(|byte| value(*byte))
        .collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    // The bits beyond the last byte, and how much padding there may be.
    let (unused, most) = match values.len() % 4 {
        0 => (0, 0),
        2 => (0b1111, 2),
        3 => (0b11, 1),
        _ => return false,
    };
    padding.len() <= most && values.last().is_none_or(|last| last & unused == 0)
}

const fn value(symbol: u8) -> Option<u8> {
    Some(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ::http_1::HeaderValue;
    use ::tonic_0_14::Code;

    use super::*;

    fn headers(details: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_static("14"));
        headers.insert("x-other", HeaderValue::from_static("kept"));
        headers.insert(DETAILS, HeaderValue::from_bytes(details).unwrap());
        headers
    }

    #[test]
    fn details_that_are_no_base64_are_left_out_and_nothing_panics() {
        // Every text of up to four of these, none of which may panic; tonic itself is the judge of what is read.
        let signs = b"AQg9+/=-_ %\xff";
        let mut texts = vec![Vec::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text: &Vec<u8>| {
                signs
                    .iter()
                    .map(|sign| [text.as_slice(), &[*sign]].concat())
            });
            let longer: Vec<_> = longer.collect();
            texts.extend(longer);
            texts.sort();
            texts.dedup();
        }
        let mut read = 0;
        for text in texts {
            let status = status(&headers(&text)).unwrap();
            assert_eq!(status.code(), Code::Unavailable);
            assert_eq!(status.metadata().get("x-other").unwrap(), "kept");
            read += usize::from(!status.details().is_empty());
        }
        assert!(read > 100, "{read}");
        assert_eq!(status(&headers(b"aGVsbG8=")).unwrap().details(), b"hello");
        assert_eq!(status(&headers(b"aGVsbG8")).unwrap().details(), b"hello");
        assert!(status(&HeaderMap::new()).is_none());
    }
}

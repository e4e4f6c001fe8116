use ::http_1::{HeaderMap, Method};

/// Returns `true` if sending the same request twice does no more than sending it once.
///
/// That is so for the idempotent methods (GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE; RFC 9110
/// section 9.2.2, RFC 10008), and for every request with an `Idempotency-Key`, by which the server
/// recognises the second one. The key is taken as it is: a quoted string, as the IETF's draft has it,
/// or bare; only an empty one counts as none. It must be the same in each attempt, so create it
/// once, before the call.
///
/// Methods are case-sensitive: `get` is not `GET`. Those that are not in the list, such as POST,
/// PATCH and extensions, are not idempotent as far as HTTP knows.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use http::{HeaderMap, HeaderValue, Method};
/// use redress::contrib::http_1;
///
/// let mut headers = HeaderMap::new();
/// assert!(http_1::may_repeat(&Method::PUT, &headers));
/// assert!(!http_1::may_repeat(&Method::POST, &headers));
///
/// headers.insert("idempotency-key", HeaderValue::from_static("\"8e03978e\""));
/// assert!(http_1::may_repeat(&Method::POST, &headers));
/// ```
#[must_use]
pub fn may_repeat(method: &Method, headers: &HeaderMap) -> bool {
    // Not `Method::is_idempotent`, which learned about QUERY in the middle of version 1.
    let idempotent = matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY" | "PUT" | "DELETE"
    );
    idempotent || has_idempotency_key(headers)
}

fn has_idempotency_key(headers: &HeaderMap) -> bool {
    let mut keys = headers.get_all("idempotency-key").into_iter();
    keys.any(|key| !key.as_bytes().trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    use ::http_1::HeaderValue;

    use super::*;

    #[test]
    fn only_idempotent_methods_may_be_repeated_without_a_key() {
        let none = HeaderMap::new();
        for (method, expected) in [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("TRACE", true),
            ("QUERY", true),
            ("PUT", true),
            ("DELETE", true),
            ("POST", false),
            ("PATCH", false),
            ("CONNECT", false),
            ("PROPFIND", false),
            ("get", false),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(may_repeat(&method, &none), expected, "{method}");
        }
    }

    #[test]
    fn any_request_with_a_key_may_be_repeated() {
        for (key, expected) in [
            ("\"8e03978e-40d5\"", true),
            ("8e03978e-40d5", true),
            ("", false),
            (" \t", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("Idempotency-Key", HeaderValue::from_static(key));
            assert_eq!(may_repeat(&Method::POST, &headers), expected, "{key:?}");
        }
        let mut headers = HeaderMap::new();
        let raw = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
        headers.append("idempotency-key", HeaderValue::from_static(""));
        headers.append("idempotency-key", raw);
        assert!(may_repeat(&Method::PATCH, &headers));
    }
}

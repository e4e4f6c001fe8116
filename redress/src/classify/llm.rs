use std::time::SystemTime;

use super::{Classification, ErrorClass, http_status, llm_headers};

/// Classifies an error of the HTTP APIs of OpenAI, Anthropic and those that speak as they do, by its
/// status and by the `code` or the `type` of its body.
///
/// `code` is empty where the body has none. Where it has a `code` and a `type`, OpenAI's telling one is
/// `code`, and Anthropic has only `type`.
///
/// | status, code | class | because |
/// |---|---|---|
/// | `insufficient_quota`, `billing_error`, `billing_hard_limit_reached`, 402 | PERMANENT | no money left; waiting brings none |
/// | `rate_limit_error`, `rate_limit_exceeded` | RATE_LIMIT | |
/// | `overloaded_error`, `api_error`, 529 | SERVER_ERROR | the model has no room, or failed |
/// | `timeout_error` | TRANSIENT | |
/// | `authentication_error`, `invalid_api_key` | AUTH | |
/// | `permission_error` | PERMISSION | |
/// | `invalid_request_error`, `not_found_error`, `request_too_large`, `context_length_exceeded`, `content_policy_violation`, `model_not_found` | PERMANENT, but 401, 403, 409 and 429 as the status says | the request is wrong |
/// | any other code, or none | [`http_status`] | |
///
/// A stream that fails after its status was sent has only a code: pass 200 with it. A 2xx without a
/// code that could not be read is UNKNOWN.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::llm_error;
///
/// assert_eq!(llm_error(429, "rate_limit_exceeded"), ErrorClass::RateLimit);
/// assert_eq!(llm_error(429, "insufficient_quota"), ErrorClass::Permanent);
/// assert_eq!(llm_error(529, "overloaded_error"), ErrorClass::ServerError);
/// assert_eq!(llm_error(200, "overloaded_error"), ErrorClass::ServerError); // in a stream
/// assert_eq!(llm_error(400, ""), ErrorClass::Permanent);
/// ```
#[must_use]
#[inline]
pub fn llm_error(status: u16, code: &str) -> ErrorClass {
    match code {
        "insufficient_quota" | "billing_error" | "billing_hard_limit_reached" => {
            ErrorClass::Permanent
        }
        "rate_limit_error" | "rate_limit_exceeded" => ErrorClass::RateLimit,
        "overloaded_error" | "api_error" => ErrorClass::ServerError,
        "timeout_error" => ErrorClass::Transient,
        "authentication_error" | "invalid_api_key" => ErrorClass::Auth,
        "permission_error" => ErrorClass::Permission,
        // OpenAI sends the first of these as the type of nearly every 4xx.
        "invalid_request_error"
        | "not_found_error"
        | "request_too_large"
        | "context_length_exceeded"
        | "content_policy_violation"
        | "model_not_found"
            if !matches!(status, 401 | 403 | 409 | 429) =>
        {
            ErrorClass::Permanent
        }
        _ => http_status(status),
    }
}

/// Classifies a response of those APIs: as [`llm_error`] does, with what its headers ask for.
///
/// `header` returns the value of a header, whose name it is given in lower case. `now` is what the
/// dates among them are seen from.
///
/// | headers | effect |
/// |---|---|
/// | `retry-after-ms`, else `retry-after` | the hint, whatever the status |
/// | with 429 and neither of them: `x-ratelimit-reset-requests`, `-tokens` (`6m0s`, `20ms`, `1.5`); `anthropic-ratelimit-requests-reset`, `-tokens-`, `-input-tokens-`, `-output-tokens-` (RFC 3339) | the hint: the longest of those whose `-remaining` is 0; where none is, the longest of all |
/// | `x-should-retry: false` | [forbids a retry](Classification::no_retry) |
/// | `x-should-retry: true` | a class that is not retried becomes TRANSIENT |
///
/// So a call never comes back earlier than asked. A reset that has passed is no hint, and neither is
/// what cannot be read.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use redress::ErrorClass;
/// use redress::classify::llm_response;
///
/// let headers = [
///     ("x-ratelimit-remaining-requests", "12"),
///     ("x-ratelimit-reset-requests", "1s"),
///     ("x-ratelimit-remaining-tokens", "0"),
///     ("x-ratelimit-reset-tokens", "6m0s"),
/// ];
/// // With the crate http: `|name| response.headers().get(name)?.to_str().ok()`.
/// let header = |name: &str| headers.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
///
/// let busy = llm_response(429, "rate_limit_exceeded", header, SystemTime::now());
/// assert_eq!(busy.class(), ErrorClass::RateLimit);
/// assert_eq!(busy.retry_after_hint(), Some(Duration::from_secs(360)));
/// ```
#[must_use]
#[inline]
pub fn llm_response<'h>(
    status: u16,
    code: &str,
    header: impl Fn(&str) -> Option<&'h str>,
    now: SystemTime,
) -> Classification {
    let class = llm_error(status, code);
    let hint = llm_headers::asked(&header, now)
        .or_else(|| (status == 429).then(|| llm_headers::reset(&header, now))?);
    let said = |class| Classification::new(class).retry_after(hint);
    match header("x-should-retry").map(str::trim) {
        Some("false") => said(class).no_retry(),
        Some("true") if !is_retried(class) => said(ErrorClass::Transient),
        _ => said(class),
    }
}

#[inline]
const fn is_retried(class: ErrorClass) -> bool {
    !matches!(
        class,
        ErrorClass::Auth | ErrorClass::Permission | ErrorClass::Permanent
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn response(status: u16, headers: &[(&str, &'static str)]) -> Classification {
        let header = |name: &str| {
            headers
                .iter()
                .find(|(of, _)| *of == name)
                .map(|(_, value)| *value)
        };
        llm_response(
            status,
            "",
            header,
            UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        )
    }

    #[test]
    fn what_costs_money_is_no_rate_limit() {
        for code in ["insufficient_quota", "billing_error"] {
            assert_eq!(llm_error(429, code), ErrorClass::Permanent);
        }
        assert_eq!(llm_error(402, ""), ErrorClass::Permanent);
        assert_eq!(llm_error(429, ""), ErrorClass::RateLimit);
    }

    #[test]
    fn the_type_that_every_4xx_has_leaves_it_to_the_status() {
        for (status, class) in [
            (400, ErrorClass::Permanent),
            (401, ErrorClass::Auth),
            (403, ErrorClass::Permission),
            (404, ErrorClass::Permanent),
            (409, ErrorClass::Concurrency),
            (429, ErrorClass::RateLimit),
        ] {
            assert_eq!(llm_error(status, "invalid_request_error"), class);
        }
        assert_eq!(llm_error(200, ""), ErrorClass::Unknown);
        assert_eq!(llm_error(529, ""), ErrorClass::ServerError);
    }

    #[test]
    fn the_server_may_overrule() {
        assert!(response(503, &[("x-should-retry", "false")]).is_retry_forbidden());
        let again = response(400, &[("x-should-retry", "true")]);
        assert_eq!(again.class(), ErrorClass::Transient);
        let again = response(503, &[("x-should-retry", "true")]);
        assert_eq!(again.class(), ErrorClass::ServerError);
    }

    #[test]
    fn resets_count_only_where_a_limit_was_hit() {
        let headers = [("x-ratelimit-reset-tokens", "6m0s")];
        assert_eq!(response(500, &headers).retry_after_hint(), None);
        let six = Some(Duration::from_secs(360));
        assert_eq!(response(429, &headers).retry_after_hint(), six);
        let both = [headers[0], ("retry-after", "2")];
        let two = Some(Duration::from_secs(2));
        assert_eq!(response(429, &both).retry_after_hint(), two);
        assert_eq!(response(500, &both).retry_after_hint(), two);
    }
}

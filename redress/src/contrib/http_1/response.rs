use std::time::Duration;

use ::http_1::{HeaderMap, Response, StatusCode};

use super::retry_after;
use crate::classify::{Classification, ErrorClass, http_status};

/// Classifies a response by its status and headers; `None` if it is an answer, whatever it says.
///
/// The classes are in [the table](super#which-requests-may-be-repeated). They are those of
/// [`http_status`], with the hint of [`retry_after`] if there is one, and these differences, since
/// here the *same* request would be sent again:
///
/// - **A 4xx that cannot heal is `None`: a success to the policy.** The server is up and has answered;
///   another attempt gets the same answer. So a 404 is not retried, opens no breaker, lets a breaker
///   that probes close again, and pays into a budget like any other success; the caller gets the
///   response, as from the client itself. As a failure it would reach the caller, too, but a
///   breaker whose probe meets a 404 would learn nothing from it.
/// - 412 is among them: the same `If-Match` fails again.
/// - 413 with a hint is TRANSIENT: it says that the condition is temporary.
/// - 501, 505 and 511 are PERMANENT: what the server, or a network in between, does not know how to
///   do, it does not learn until the next attempt.
/// - 600 to 999, which do not exist, count as 5xx.
///
/// Where the server says that it did not act on the request, the classification is
/// [unsent](Classification::unsent): a POST under a policy that is [`once`](crate::PolicyBuilder::once)
/// is repeated after 408, 421, 425, 429, and 413 and 503 with a hint, and after nothing else. 409 and
/// 423 are not among them: they tell of a conflict, which a request may meet half way.
///
/// A policy returns the last response, a failure or not, as `Ok`: see
/// [`Policy::call`](crate::Policy::call). Where 401 is worth a strategy of its own, say so before:
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use http::{Response, StatusCode};
/// use redress::contrib::http_1;
/// use redress::{Classification, ErrorClass, Policy, strategies::instant};
///
/// let policy = Policy::builder()
///     .result_classifier(|response: &Response<String>| match response.status() {
///         StatusCode::UNAUTHORIZED => Some(Classification::new(ErrorClass::Auth)),
///         _ => http_1::of_response(response),
///     })
///     .class_strategy(ErrorClass::Auth, instant()) // after the token was refreshed
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use redress::ErrorClass;
/// use redress::contrib::http_1;
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(http_1::response(StatusCode::NOT_FOUND, &headers), None);
///
/// headers.insert("retry-after", HeaderValue::from_static("7"));
/// let busy = http_1::response(StatusCode::TOO_MANY_REQUESTS, &headers).unwrap();
/// assert_eq!(busy.class(), ErrorClass::RateLimit);
/// assert_eq!(busy.retry_after_hint(), Some(Duration::from_secs(7)));
/// ```
#[must_use]
pub fn response(status: StatusCode, headers: &HeaderMap) -> Option<Classification> {
    let (verdict, hint) = verdict(status, headers);
    let said = |class| Classification::new(class).retry_after(hint);
    Some(match verdict {
        Repeatability::Answer => return None,
        Repeatability::Never => said(ErrorClass::Permanent),
        Repeatability::NotApplied(class) => said(class).unsent(),
        Repeatability::Conflict => said(ErrorClass::Concurrency),
        Repeatability::Failed(class) => said(class),
    })
}

/// Classifies a response of any body, as [`response()`] does: the result classifier of a policy.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use redress::contrib::http_1;
/// use redress::Policy;
///
/// let policy = Policy::builder().result_classifier(http_1::of_response).build()?;
/// let response = policy.call(|| http::Response::builder().status(404).body("no such user"));
/// assert_eq!(response.unwrap().into_body(), "no such user");
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn of_response<B>(response: &Response<B>) -> Option<Classification> {
    self::response(response.status(), response.headers())
}

/// Returns `true` if a request may be sent again after it got this response.
///
/// `repeatable` says whether the request may be repeated whatever became of it, for which
/// [`may_repeat`](super::may_repeat) is the rule. Even if not, the request may be sent again after a
/// response which says that the server did not act on it, or asks for it later: 408, 409, 421, 423,
/// 425, 429, and 413 and 503 with a hint. [The table](super#which-requests-may-be-repeated) has all
/// the rows.
///
/// ```
/// # extern crate http_1 as http; // as users name it
/// use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
/// use redress::contrib::http_1;
///
/// let order = Request::post("/orders").body(())?;
/// let repeatable = http_1::may_repeat(order.method(), order.headers());
///
/// let mut headers = HeaderMap::new();
/// let unavailable = StatusCode::SERVICE_UNAVAILABLE;
/// assert!(!http_1::may_repeat_after(unavailable, &headers, repeatable));
///
/// headers.insert("retry-after", HeaderValue::from_static("7"));
/// assert!(http_1::may_repeat_after(unavailable, &headers, repeatable));
/// # Ok::<_, http::Error>(())
/// ```
#[must_use]
pub fn may_repeat_after(status: StatusCode, headers: &HeaderMap, repeatable: bool) -> bool {
    match verdict(status, headers).0 {
        Repeatability::Answer | Repeatability::Never => false,
        Repeatability::NotApplied(_) | Repeatability::Conflict => true,
        Repeatability::Failed(_) => repeatable,
    }
}

/// The fate of a request, as its response tells.
enum Repeatability {
    /// It was answered, and would be again in the same way.
    Answer,
    /// It failed, and so does every repetition.
    Never,
    /// The server did not act on it, and may be asked again.
    NotApplied(ErrorClass),
    /// The resource was in the way. RFC 9110 says of 409 that the request "could not be completed", and
    /// 423 is used far beyond WebDAV, so neither rules out that a part of it was applied.
    Conflict,
    /// It failed, after it was applied or before.
    Failed(ErrorClass),
}

/// Judges a response; the hint is read only of those in which it has a meaning.
fn verdict(status: StatusCode, headers: &HeaderMap) -> (Repeatability, Option<Duration>) {
    let status = status.as_u16();
    let class = http_status(status);
    match status {
        // Each says so itself: the request did not arrive whole (408), the server is not the one for it
        // (421), does not want to risk it (425), or refuses it for now (429).
        408 | 421 | 425 | 429 => (Repeatability::NotApplied(class), retry_after(headers)),
        409 | 423 => (Repeatability::Conflict, retry_after(headers)),
        // "Refusing to process", and "unable to handle" below: with a time, for this request.
        413 => match retry_after(headers) {
            None => (Repeatability::Answer, None),
            hint => (Repeatability::NotApplied(ErrorClass::Transient), hint),
        },
        503 => match retry_after(headers) {
            None => (Repeatability::Failed(class), None),
            hint => (Repeatability::NotApplied(class), hint),
        },
        501 | 505 | 511 => (Repeatability::Never, None),
        // RFC 9110 section 15 asks to take a code that does not exist for a 5xx.
        500.. => (
            Repeatability::Failed(ErrorClass::ServerError),
            retry_after(headers),
        ),
        _ => (Repeatability::Answer, None),
    }
}

#[cfg(test)]
mod tests {
    use ::http_1::HeaderValue;

    use super::*;
    use ErrorClass::{Concurrency, Permanent, RateLimit, ServerError, Transient};

    fn all() -> impl Iterator<Item = StatusCode> {
        (100..1000).map(|status| StatusCode::from_u16(status).unwrap())
    }

    fn with(retry_after: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(retry_after));
        headers
    }

    fn class(status: StatusCode, headers: &HeaderMap) -> Option<ErrorClass> {
        response(status, headers).map(|response| response.class())
    }

    #[test]
    fn classes_without_a_hint_are_those_of_the_table() {
        for status in all() {
            let expected = match status.as_u16() {
                408 | 421 | 425 => Some(Transient),
                409 | 423 => Some(Concurrency),
                429 => Some(RateLimit),
                501 | 505 | 511 => Some(Permanent),
                ..=499 => None,
                _ => Some(ServerError),
            };
            assert_eq!(class(status, &HeaderMap::new()), expected, "{status}");
        }
    }

    #[test]
    fn unsent_is_what_the_server_says_it_did_not_act_on() {
        let unsent = |headers: &HeaderMap| -> Vec<u16> {
            let said = |status| response(status, headers).is_some_and(|said| said.is_unsent());
            all().filter(|s| said(*s)).map(|s| s.as_u16()).collect()
        };
        assert_eq!(unsent(&HeaderMap::new()), [408, 421, 425, 429]);
        assert_eq!(unsent(&with("soon")), [408, 421, 425, 429]);
        assert_eq!(unsent(&with("7")), [408, 413, 421, 425, 429, 503]);
    }

    #[test]
    fn a_hint_comes_with_every_class_that_can_heal_and_makes_a_failure_of_413_alone() {
        let (none, seven) = (HeaderMap::new(), with("7"));
        for status in all() {
            let hinted = response(status, &seven);
            let expected = match status.as_u16() {
                413 => Some(Transient),
                _ => class(status, &none),
            };
            assert_eq!(class(status, &seven), expected, "{status}");
            let Some(hinted) = hinted else { continue };
            let heals = !hinted.class().is_terminal();
            let seven = heals.then_some(Duration::from_secs(7));
            assert_eq!(hinted.retry_after_hint(), seven, "{status}");
        }
    }

    #[test]
    fn a_repeatable_request_may_be_repeated_after_every_response_that_is_retried() {
        for headers in [HeaderMap::new(), with("7"), with("-5")] {
            for status in all() {
                let retried = class(status, &headers).is_some_and(|class| !class.is_terminal());
                assert_eq!(
                    may_repeat_after(status, &headers, true),
                    retried,
                    "{status}"
                );
            }
        }
    }

    #[test]
    fn any_other_request_may_be_repeated_only_if_it_was_not_applied() {
        let after = |headers: &HeaderMap| -> Vec<u16> {
            let again = all().filter(|status| may_repeat_after(*status, headers, false));
            again.map(|status| status.as_u16()).collect()
        };
        let always = [408, 409, 421, 423, 425, 429];
        assert_eq!(after(&HeaderMap::new()), always);
        assert_eq!(after(&with("soon")), always);
        assert_eq!(after(&with("7")), [408, 409, 413, 421, 423, 425, 429, 503]);
    }
}

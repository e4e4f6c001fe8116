//! Policies that judge responses of `http` 1, and hostile headers.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use proptest::collection::vec;
use proptest::prelude::*;
use redress::classify::{classify_dyn, classify_dyn_strict};
use redress::contrib::http_1;
use redress::strategies::{fixed, retry_after_or};
use redress::testing::{VirtualClock, breaker_in};
use redress::{CircuitBreaker, CircuitState, Classify, ErrorClass, Outcome, Policy, StopReason};

const SECOND: Duration = Duration::from_secs(1);

/// A status and the value of its Retry-After header.
type Answer = (u16, Option<&'static str>);

fn respond((status, retry_after): Answer) -> Response<&'static str> {
    let mut response = Response::new("body");
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(value) = retry_after {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert("retry-after", value);
    }
    response
}

/// Calls a server that gives these answers. Without a hint a pause takes 5 s.
fn ask(answers: &[Answer]) -> (Outcome<Response<&'static str>, io::Error>, Vec<Duration>) {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(retry_after_or(fixed(5)).jitter(0))
        .max_attempts(4)
        .result_classifier(http_1::of_response)
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut answers = answers.iter().copied();
    let outcome = policy.execute(|| Ok(respond(answers.next().expect("an attempt too many"))));
    (outcome, clock.sleeps())
}

#[test]
fn what_can_heal_is_retried_after_the_pause_that_the_server_asks_for() {
    let answers = [
        (503, Some("7")),
        (429, None),
        (425, Some("-5")),
        (200, None),
    ];
    let (outcome, sleeps) = ask(&answers);
    assert_eq!(outcome.stop_reason, None);
    assert_eq!(sleeps, [7 * SECOND, 5 * SECOND, 5 * SECOND]);
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let (outcome, sleeps) = ask(&[(503, Some(past)), (413, Some("2")), (204, None)]);
    assert_eq!(outcome.stop_reason, None);
    assert_eq!(sleeps, [5 * SECOND, 2 * SECOND]);
}

#[test]
fn a_client_error_that_cannot_heal_is_an_answer() {
    for status in [400, 401, 403, 404, 410, 412, 413, 422, 451] {
        let (outcome, _) = ask(&[(status, None)]);
        assert_eq!(
            (outcome.attempts, outcome.stop_reason),
            (1, None),
            "{status}"
        );
        let response = outcome.into_result().unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(*response.body(), "body");
    }
}

#[test]
fn what_the_server_cannot_do_ends_the_call_with_its_response() {
    for status in [501, 505, 511] {
        let (outcome, _) = ask(&[(status, Some("1"))]);
        assert_eq!(outcome.attempts, 1, "{status}");
        assert_eq!(outcome.stop_reason, Some(StopReason::NonRetryableClass));
        assert_eq!(outcome.into_result().unwrap().status(), status);
    }
}

#[test]
fn the_last_response_comes_back_when_the_policy_gives_up() {
    let (outcome, _) = ask(&[(500, None), (502, None), (500, None), (504, None)]);
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(outcome.last_class, Some(ErrorClass::ServerError));
    assert_eq!(outcome.into_result().unwrap().status(), 504);
}

#[test]
fn a_huge_hint_ends_the_call_at_once() {
    for hint in ["99999999999999999999", "31536000"] {
        let (outcome, sleeps) = ask(&[(503, Some(hint))]);
        assert_eq!(
            outcome.stop_reason,
            Some(StopReason::DeadlineExceeded),
            "{hint}"
        );
        assert!(sleeps.is_empty(), "{hint}");
    }
}

fn guarded_by(breaker: &CircuitBreaker) -> impl Fn(Answer) -> Outcome<Response<&'static str>, ()> {
    let policy = Policy::builder()
        .classifier(|_: &()| ErrorClass::Unknown)
        .result_classifier(http_1::of_response)
        .max_attempts(1)
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    move |answer| policy.execute(|| Ok(respond(answer)))
}

#[test]
fn answers_leave_a_breaker_closed_and_close_one_that_probes_while_5xx_open_it() {
    let breaker = breaker_in(CircuitState::Closed);
    let ask = guarded_by(&breaker);
    for status in [404, 401, 412, 501].repeat(20) {
        ask((status, None));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    for _ in 0..5 {
        ask((500, None));
    }
    assert_eq!(breaker.state(), CircuitState::Open);

    let probing = breaker_in(CircuitState::HalfOpen);
    guarded_by(&probing)((404, None));
    assert_eq!(probing.state(), CircuitState::Closed);
}

#[test]
fn errors_of_the_crate_are_permanent_wherever_they_are() {
    let errors: [Box<dyn Error + Send + Sync>; 9] = [
        http::Error::from("\n".parse::<Uri>().unwrap_err()).into(),
        "\n".parse::<Uri>().unwrap_err().into(),
        Uri::from_parts({
            let mut parts = http::uri::Parts::default();
            parts.scheme = Some("https".parse().unwrap());
            parts
        })
        .unwrap_err()
        .into(),
        Method::from_bytes(b"\n").unwrap_err().into(),
        StatusCode::from_u16(7).unwrap_err().into(),
        "\n".parse::<http::HeaderName>().unwrap_err().into(),
        HeaderValue::from_str("\n").unwrap_err().into(),
        HeaderValue::from_bytes(b"\xff")
            .unwrap()
            .to_str()
            .unwrap_err()
            .into(),
        HeaderMap::<()>::try_with_capacity(usize::MAX)
            .unwrap_err()
            .into(),
    ];
    for error in errors {
        let text = error.to_string();
        let permanent = |error: &(dyn Error + 'static)| {
            assert_eq!(classify_dyn(error).class(), ErrorClass::Permanent, "{text}");
            assert_eq!(
                classify_dyn_strict(error).class(),
                ErrorClass::Permanent,
                "{text}"
            );
        };
        permanent(&*error);
        permanent(&io::Error::other(error));
    }
    let shared = Arc::new(StatusCode::from_u16(7).unwrap_err());
    assert_eq!(shared.classify().class(), ErrorClass::Permanent);
    assert_eq!(classify_dyn_strict(&shared).class(), ErrorClass::Permanent);
}

/// Bytes that a header may contain, some of them close to valid values.
fn value() -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..40),
        "[-+]?[0-9]{0,30}(\\.[0-9]{0,30})?[ \t]{0,2}".prop_map(String::into_bytes),
        "(Sun|Sunday|Day),? [0-9]{1,2}[ -](Nov|Feb)[ -][0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
            .prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn no_header_panics_or_changes_more_than_it_may(
        seconds in vec(value(), 0..4),
        milliseconds in vec(value(), 0..3),
        keys in vec(value(), 0..3),
        status in 100..1000_u16,
    ) {
        let status = StatusCode::from_u16(status).unwrap();
        let mut headers = HeaderMap::new();
        for (name, values) in
            [("retry-after", seconds), ("retry-after-ms", milliseconds), ("idempotency-key", keys)]
        {
            for value in values {
                headers.append(name, value);
            }
        }
        let hint = http_1::retry_after(&headers);
        let judged = http_1::response(status, &headers);
        let bare = http_1::response(status, &HeaderMap::new());
        if status != 413 {
            let class = |judged: &Option<redress::Classification>| judged.as_ref().map(|c| c.class());
            prop_assert_eq!(class(&judged), class(&bare));
        }
        if let Some(judged) = judged {
            prop_assert_eq!(judged.retry_after_hint().is_some(), hint.is_some() && !judged.class().is_terminal());
        }
        // A request that may be repeated after it may have been applied may also be repeated if it
        // was not.
        prop_assert!(
            http_1::may_repeat_after(status, &headers, true)
                || !http_1::may_repeat_after(status, &headers, false)
        );
        prop_assert!(http_1::may_repeat(&Method::GET, &headers));
        let _ = http_1::may_repeat(&Method::POST, &headers);
    }
}

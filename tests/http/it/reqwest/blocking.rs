//! The blocking client under policies. Its rule is that of the async one, whose code it shares: here is what is
//! its own.

use std::io::Read as _;
use std::time::{Duration, Instant};

use redress::contrib::reqwest_0_13::Failure;
use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
use redress::deadline::Scope;
use redress::strategies::instant;
use redress::testing::RecordingObserver;
use redress::{Budget, CircuitBreaker, CircuitState, ErrorClass, Policy, StopReason};
use reqwest::blocking::{Body, Client};

use super::policy;
use crate::support::h1::{Answer, Server, answer, cut};

fn client() -> Client {
    let builder = Client::builder().no_proxy().retry(reqwest::retry::never());
    builder.build().unwrap()
}

#[test]
fn a_body_that_is_cut_is_read_again() {
    let server = Server::answers([
        answer(503, "", b"busy"),
        Answer::Fin(cut(200, b"half")),
        answer(200, "", b"{\"whole\":true}"),
    ]);
    let (http, policy) = (client(), policy());
    assert_eq!(
        http.get(server.url("/")).retry(&policy).text().unwrap(),
        "{\"whole\":true}"
    );
    assert_eq!(server.requests(), 3);
    // From here on all is well.
    let bytes = http.get(server.url("/")).retry(&policy).bytes().unwrap();
    assert_eq!(bytes, "{\"whole\":true}");
    let json = http
        .get(server.url("/"))
        .retry(&policy)
        .json::<serde_json::Value>();
    assert_eq!(json.unwrap()["whole"], true);
    let length = http
        .get(server.url("/"))
        .retry(&policy)
        .read(|mut response| {
            let mut text = String::new();
            response.read_to_string(&mut text)
        });
    assert_eq!(length.unwrap(), 14);
    let json = http.get(server.url("/")).retry(&policy).json::<u32>();
    assert_eq!(
        json.unwrap_err().stop_reason(),
        StopReason::NonRetryableClass
    );
    assert_eq!(server.requests(), 7);
}

#[test]
fn the_last_response_is_returned_with_its_body() {
    let server = Server::answers([answer(503, "x-why: load\r\n", b"busy")]);
    let response = client()
        .get(server.url("/path"))
        .retry(&policy())
        .send()
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["x-why"], "load");
    assert_eq!(response.url().path(), "/path");
    assert_eq!(response.text().unwrap(), "busy");
    assert_eq!((server.requests(), server.connections()), (3, 1));
    // One that is too long is not taken for whole.
    let server = Server::answers([answer(503, "", &vec![b'x'; 100_000])]);
    let mut response = client()
        .get(server.url("/"))
        .retry(&policy())
        .send()
        .unwrap();
    let mut body = Vec::new();
    response.read_to_end(&mut body).unwrap_err();
    assert_eq!(body.len(), 65_536);
    // An answer of text and the others is an error, and no failure.
    let server = Server::answers([answer(404, "", b"no")]);
    let error = client()
        .get(server.url("/"))
        .retry(&policy())
        .text()
        .unwrap_err();
    let failure = error.into_source().unwrap();
    assert_eq!(
        (failure.status().unwrap().as_u16(), failure.body()),
        (404, &b"no"[..])
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_hundred_calls_that_each_meet_a_503_use_one_connection() {
    let (failing, good) = (answer(503, "", &[b'x'; 1000]), answer(200, "", b"ok"));
    let server = Server::new(move |_, n| {
        if n % 2 == 1 {
            failing.clone()
        } else {
            good.clone()
        }
    });
    let (http, policy) = (client(), policy());
    for _ in 0..100 {
        http.get(server.url("/")).retry(&policy).bytes().unwrap();
    }
    assert_eq!((server.requests(), server.connections()), (200, 1));
}

#[test]
fn what_may_have_been_applied_is_not_sent_again_without_a_key() {
    let server = Server::at_head(|_, _| Answer::Reset(vec![]));
    let (http, policy) = (client(), policy());
    let post = || http.post(server.url("/pay"));
    let error = post().retry(&policy).send().unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MayHaveBeenApplied);
    assert_eq!(server.requests(), 1);
    let error = post()
        .retry(&policy)
        .idempotency_key("k")
        .send()
        .unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(server.requests(), 4);
    assert!(
        server.seen()[1..]
            .iter()
            .all(|seen| seen.header("idempotency-key") == Some("k"))
    );
    post().idempotency_key(7).retry(&policy).send().unwrap_err();
    post().retry(&policy).idempotent(true).send().unwrap_err();
    assert_eq!(server.requests(), 10);
}

#[test]
fn a_body_that_is_read_once_is_sent_once() {
    let server = Server::answers([answer(503, "", b"busy")]);
    let body = Body::new(std::io::Cursor::new(b"once".to_vec()));
    let (http, policy) = (client(), policy());
    let error = http
        .put(server.url("/"))
        .body(body)
        .retry(&policy)
        .text()
        .unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::RetryForbidden);
    assert!(error.source_ref().unwrap().is_body_spent());
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].body.as_slice()), (1, &b"once"[..]));
    // A file is one, too; what is in memory is not.
    let error = http
        .put(server.url("/"))
        .body("again")
        .retry(&policy)
        .text()
        .unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(server.requests(), 4);
}

/// A failed answer that drips is given up, also where neither the policy nor the client has a limit.
#[test]
fn a_failed_answer_that_drips_is_given_up() {
    let head = b"HTTP/1.1 503 Scripted\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let server = Server::answers([
        Answer::Drip(head, Duration::from_millis(20)),
        answer(200, "", b"ok"),
    ]);
    let policy = Policy::builder()
        .strategy(instant())
        .no_deadline()
        .build()
        .unwrap();
    let http = Client::builder().no_proxy().timeout(None).build().unwrap();
    let text = http.get(server.url("/")).retry(&policy).text();
    assert_eq!(text.unwrap(), "ok");
    assert_eq!(server.requests(), 2);
}

/// reqwest refuses to block a thread of a runtime, at least in debug builds. What the call holds is given back.
#[tokio::test]
async fn within_a_runtime_reqwest_panics_and_nothing_is_held() {
    let server = Server::answers([answer(200, "", b"ok")]);
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(0.001)
        .build()
        .unwrap();
    let policy = Policy::builder()
        .circuit_breaker(breaker.clone())
        .budget(Budget::in_flight_share(1.0).min_in_flight(1))
        .build()
        .unwrap();
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    std::thread::sleep(Duration::from_millis(2));
    // Where it may block, it is called as ever.
    let (url, probed) = (server.url("/"), policy.clone());
    let http = tokio::task::spawn_blocking(client).await.unwrap();
    let shared = http.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(shared.get(&url).retry(&probed).text());
    }));
    assert_eq!(panicked.is_err(), cfg!(debug_assertions));
    // The only probe of the breaker is free.
    let text = tokio::task::spawn_blocking(move || http.get(url).retry(&policy).text());
    assert_eq!(text.await.unwrap().unwrap(), "ok");
    assert_eq!(breaker.state(), CircuitState::Closed);
    tokio::task::spawn_blocking(move || drop(shared))
        .await
        .unwrap();
}

/// Neither an attempt nor a body goes on beyond what the policy leaves, whatever the client waits for.
#[test]
fn attempts_are_shortened_to_what_the_deadline_leaves() {
    for hang in [Answer::Hang(vec![]), Answer::Hang(cut(200, b"half"))] {
        let server = Server::answers([hang]);
        let policy = Policy::builder()
            .strategy(instant())
            .attempt_timeout(0.2)
            .deadline(0.5);
        let policy = policy.build().unwrap();
        let http = Client::builder().no_proxy().timeout(None).build().unwrap();
        let started = Instant::now();
        let error = http.get(server.url("/")).retry(&policy).text().unwrap_err();
        // Whether it is the deadline or the last attempt that ends it depends on the machine; without the limit
        // it would hang for ever.
        assert!(started.elapsed() >= Duration::from_millis(200));
        assert!(
            error
                .source_ref()
                .unwrap()
                .transport()
                .unwrap()
                .is_timeout()
        );
        assert!(server.requests() >= 1);
    }
    // A timeout of the request that is shorter counts.
    let server = Server::answers([Answer::Hang(vec![])]);
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(2)
        .deadline(600);
    let policy = policy.build().unwrap();
    let request = client()
        .get(server.url("/"))
        .timeout(Duration::from_millis(50));
    let error = request.retry(&policy).text().unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_deadline_of_the_caller_is_sent_on() {
    let server = Server::answers([answer(503, "", b""), answer(200, "", b"ok")]);
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(3)
        .inherit_deadline()
        .build()
        .unwrap();
    let scope = Scope::new(Duration::from_secs(20));
    let ask = || client().get(server.url("/")).retry(&policy).text();
    scope.run(ask).unwrap();
    let seen = server.seen();
    for (seen, attempt) in seen.iter().zip(["1/3", "2/3"]) {
        let left = seen.header("x-envoy-expected-rq-timeout-ms").unwrap();
        assert!(
            (1..=20_000).contains(&left.parse::<u32>().unwrap()),
            "{left}"
        );
        assert_eq!(seen.header("redress-attempt"), Some(attempt));
    }
    // A policy that does not inherit sends nothing.
    client()
        .get(server.url("/"))
        .retry(&super::policy())
        .text()
        .unwrap();
    assert_eq!(server.seen()[2].header("redress-attempt"), None);
}

#[test]
fn the_operation_has_a_name_without_the_path() {
    let server = Server::answers([answer(200, "", b"ok")]);
    let observer = RecordingObserver::new();
    let policy = Policy::builder()
        .on_event(observer.clone())
        .build()
        .unwrap();
    let http = client();
    http.get(server.url("/users/5"))
        .retry(&policy)
        .text()
        .unwrap();
    let named = http.get(server.url("/users/5")).retry(&policy);
    named.operation("GET /users/{id}").text().unwrap();
    let names: Vec<_> = observer
        .calls()
        .into_iter()
        .map(|call| call.operation.unwrap())
        .collect();
    assert_eq!(names, ["GET 127.0.0.1", "GET /users/{id}"]);
}

#[test]
fn a_wrong_request_is_not_tried() {
    let error = client().get("no URL").retry(&policy()).send().unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (0, StopReason::NonRetryableClass)
    );
    assert!(matches!(error.into_source(), Some(failure) if Failure::transport(&failure).is_some()));
}

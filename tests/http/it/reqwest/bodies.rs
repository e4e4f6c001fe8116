//! What is sent, byte for byte, and what is read.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::stream;
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::{EventName, Policy, StopReason};
use reqwest::Body;

use super::{client, policy};
use crate::support::h1::{Answer, Server, answer, cut};

const CHUNKED: &[u8] =
    b"HTTP/1.1 503 Scripted\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

#[tokio::test]
async fn every_attempt_sends_the_same_bytes() {
    let body: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let server = Server::answers([
        answer(500, "", b""),
        Answer::Reset(vec![]),
        answer(200, "", b"ok"),
    ]);
    let put = client().put(server.url("/")).body(body.clone());
    assert_eq!(put.retry(&policy()).text().await.unwrap(), "ok");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(
        seen.iter()
            .all(|seen| seen.body == body && seen.line() == "PUT / HTTP/1.1")
    );
}

fn one_way() -> Body {
    let chunks = ["twelve ", "bytes"].map(Ok::<_, std::io::Error>);
    Body::wrap_stream(stream::iter(chunks))
}

#[tokio::test]
async fn a_body_that_cannot_be_repeated_is_sent_once_and_the_error_says_so() {
    for failing in [
        answer(503, "", b"full"),
        answer(429, "", b"full"),
        Answer::Reset(vec![]),
    ] {
        let server = Server::answers([failing, answer(200, "", b"")]);
        let put = client().put(server.url("/")).body(one_way());
        let error = put.retry(&policy()).text().await.unwrap_err();
        assert_eq!(error.stop_reason(), StopReason::RetryForbidden);
        let failure = error.into_source().unwrap();
        assert!(failure.is_body_spent());
        assert!(
            failure
                .to_string()
                .ends_with("; its body cannot be sent again"),
            "{failure}"
        );
        let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
        assert!(bodies.iter().all(|body| body == b"twelve bytes"));
        assert!(bodies.len() <= 1);
    }
    let server = Server::answers([answer(200, "", b"saved")]);
    let put = client().put(server.url("/")).body(one_way());
    assert_eq!(put.retry(&policy()).text().await.unwrap(), "saved");
}

/// A classifier of the user's cannot have it sent again either.
#[tokio::test]
async fn no_classifier_has_a_body_sent_twice() {
    let policy = Policy::builder()
        .classifier(|_: &redress::contrib::reqwest_0_13::Failure| redress::ErrorClass::Transient)
        .strategy(redress::strategies::instant())
        .build()
        .unwrap();
    let server = Server::answers([
        answer(404, "", b""),
        answer(503, "", b""),
        answer(200, "", b""),
    ]);
    let put = client().put(server.url("/")).body(one_way());
    put.retry(&policy).send().await.unwrap();
    let put = client().put(server.url("/")).body(one_way());
    assert_eq!(put.retry(&policy).send().await.unwrap().status(), 503);
    assert_eq!(server.requests(), 2);
    let post = client().post(server.url("/")).body("order");
    post.retry(&policy).send().await.unwrap();
}

#[tokio::test]
async fn reading_the_body_is_part_of_the_attempt() {
    let broken = [
        Answer::Fin(cut(200, b"abc")),
        Answer::Reset(cut(200, b"abc")),
    ];
    let answers = |last| [broken[0].clone(), broken[1].clone(), answer(200, "", last)];
    let server = Server::answers(answers(b"whole"));
    assert_eq!(
        client()
            .get(server.url("/"))
            .retry(&policy())
            .text()
            .await
            .unwrap(),
        "whole"
    );
    let server = Server::answers(answers(b"whole"));
    let bytes = client()
        .get(server.url("/"))
        .retry(&policy())
        .bytes()
        .await
        .unwrap();
    assert_eq!(&bytes[..], b"whole");
    let server = Server::answers(answers(b"[1, 2]"));
    let numbers: Vec<u32> = client()
        .get(server.url("/"))
        .retry(&policy())
        .json()
        .await
        .unwrap();
    assert_eq!(numbers, [1, 2]);
    let server = Server::answers([answer(200, "", b"no JSON")]);
    let error = client()
        .get(server.url("/"))
        .retry(&policy())
        .json::<u32>()
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_function_reads_each_response_from_its_start() {
    let server = Server::answers([Answer::Fin(cut(200, b"abc")), answer(200, "", b"whole")]);
    let file = Mutex::new(Vec::<u8>::new());
    let save = async |mut response: reqwest::Response| {
        file.lock().unwrap().clear();
        while let Some(chunk) = response.chunk().await? {
            file.lock().unwrap().extend(&chunk[..]);
        }
        Ok::<_, reqwest::Error>(())
    };
    client()
        .get(server.url("/"))
        .retry(&policy())
        .read(save)
        .await
        .unwrap();
    assert_eq!(*file.lock().unwrap(), b"whole");

    let server = Server::answers([answer(200, "", b"")]);
    let full = async |_| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let error = client()
        .get(server.url("/"))
        .retry(&policy())
        .read(full)
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1); // which the classifier finds behind the failure
    assert!(format!("{:#}", error.into_source().unwrap()).contains("no storage space"));
}

#[tokio::test]
async fn the_last_failing_response_is_returned_with_its_body() {
    for bytes in [
        answer(503, "x-reason: full\r\n", b"come back"),
        Answer::Write(CHUNKED.to_vec()),
    ] {
        let server = Server::answers([bytes]);
        let response = client()
            .get(server.url("/a?b"))
            .retry(&policy())
            .send()
            .await
            .unwrap();
        assert_eq!(server.requests(), 3);
        assert_eq!(response.status(), 503);
        assert_eq!(response.url().as_str(), server.url("/a?b"));
        assert_eq!(response.remote_addr(), Some(server.addr));
        let reason = response.headers().contains_key("x-reason");
        let body = response.text().await.unwrap();
        assert_eq!(body, if reason { "come back" } else { "abc" });
    }
}

#[tokio::test]
async fn a_part_of_a_body_is_never_taken_for_the_whole() {
    let long = vec![b'x'; 64 * 1024 + 1];
    for answer in [answer(500, "", &long), Answer::Fin(cut(500, b"abc"))] {
        let server = Server::answers([answer]);
        let mut response = client()
            .get(server.url("/"))
            .retry(&policy())
            .send()
            .await
            .unwrap();
        let start = response.chunk().await.unwrap().unwrap();
        assert!(start.len() == 64 * 1024 || &start[..] == b"abc");
        let rest = response.chunk().await.unwrap_err();
        assert!(format!("{rest:?}").contains("NotKept"), "{rest:?}");
        let error = client()
            .get(server.url("/"))
            .retry(&policy())
            .text()
            .await
            .unwrap_err();
        assert_eq!(error.into_source().unwrap().body(), start);
    }
    let exactly = vec![b'x'; 64 * 1024];
    let server = Server::answers([answer(500, "", &exactly)]);
    let response = client()
        .get(server.url("/"))
        .retry(&policy())
        .send()
        .await
        .unwrap();
    assert_eq!(response.bytes().await.unwrap(), exactly);
}

#[tokio::test]
async fn an_answer_that_says_no_is_a_success_to_the_policy() {
    let server = Server::answers([answer(404, "", b"no such user")]);
    let seen = Mutex::new(Vec::new());
    let policy = policy();
    let context = policy.context().on_event(|event: &redress::Event<'_>| {
        let operation = event.operation().map(str::to_owned);
        seen.lock().unwrap().push((event.name(), operation));
    });
    let error = client()
        .get(server.url("/users/7"))
        .retry(context)
        .text()
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.stop_reason(), StopReason::NonRetryableClass);
    let failure = error.into_source().unwrap();
    assert_eq!(failure.status().unwrap(), 404);
    assert_eq!(failure.body(), b"no such user");
    let name = Some("GET 127.0.0.1".to_owned());
    assert!(seen.lock().unwrap().contains(&(EventName::Success, name)));
    let response = client()
        .get(server.url("/users/7"))
        .retry(&policy)
        .send()
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap(), "no such user");
}

#[tokio::test]
async fn a_failed_response_whose_body_hangs_costs_no_more_than_a_second() {
    let server = Server::answers([Answer::Hang(cut(503, b"abc")), answer(200, "", b"ok")]);
    let started = std::time::Instant::now();
    assert_eq!(
        client()
            .get(server.url("/"))
            .retry(&policy())
            .text()
            .await
            .unwrap(),
        "ok"
    );
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn the_futures_can_be_spawned() {
    let server = Server::answers([answer(500, "", b""), answer(200, "", b"ok")]);
    let (http, url) = (client(), server.url("/"));
    let task = tokio::spawn(async move {
        let policy = policy();
        let read = async |response: reqwest::Response| response.text().await;
        http.get(&url).retry(&policy).send().await?;
        http.get(&url).retry(&policy).read(read).await
    });
    assert_eq!(task.await.unwrap().unwrap(), "ok");
}

//! hyper-util's client under the layer.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::contrib::http_body_1::{HttpRetry, HttpRetryLayer, ReplayBody};
use redress::{Policy, StopReason};
use tower::{Layer as _, ServiceExt as _};

use super::{LIMIT, policy, whole};
use crate::support::closed;
use crate::support::h1::{self, Answer, answer};

type Http = HttpRetry<Client<HttpConnector, ReplayBody<Full<Bytes>>>>;

/// hyper-util's client, which speaks HTTP/2 if asked.
fn client(policy: Policy, h2: bool) -> Http {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(h2)
        .build_http();
    HttpRetryLayer::new(policy).layer(client)
}

fn request(method: &str, url: &str, body: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(url);
    request.body(Full::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn hypers_client_sends_the_same_bytes_again() {
    let server = h1::Server::answers([
        answer(503, "", b"busy"),
        Answer::Reset(vec![]),
        answer(200, "", b"done"),
    ]);
    let service = client(policy(4), false);
    let sent = request("PUT", &server.url("/orders"), "socks");
    let response = service.oneshot(sent).await.unwrap();
    assert_eq!(whole(response.into_body()).await.0, b"done");
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [b"socks", b"socks", b"socks"]);
}

#[tokio::test]
async fn a_post_is_repeated_only_where_it_was_not_applied() {
    let reset = || Answer::Reset(vec![]);
    for (method, key, answers, attempts, reason) in [
        (
            "POST",
            false,
            vec![reset()],
            1,
            StopReason::MayHaveBeenApplied,
        ),
        (
            "POST",
            true,
            vec![reset()],
            3,
            StopReason::MaxAttemptsGlobal,
        ),
        (
            "GET",
            false,
            vec![reset()],
            3,
            StopReason::MaxAttemptsGlobal,
        ),
    ] {
        let server = h1::Server::answers(answers);
        let mut sent = request(method, &server.url("/"), "socks");
        if key {
            let headers = sent.headers_mut();
            headers.insert("idempotency-key", "7".parse().unwrap());
        }
        let error = client(policy(3), false).oneshot(sent).await.unwrap_err();
        assert_eq!((error.attempts(), error.stop_reason()), (attempts, reason));
        assert_eq!(server.requests() as u32, attempts, "{method}");
    }
    let sent = request("POST", &format!("http://{}/", closed()), "socks");
    let error = client(policy(3), false).oneshot(sent).await.unwrap_err();
    assert_eq!(error.attempts(), 3);

    // The last answer is the caller's, also of a failure that is not repeated.
    let server = h1::Server::answers([answer(500, "", b"perhaps")]);
    let sent = request("POST", &server.url("/"), "socks");
    let response = client(policy(3), false).oneshot(sent).await.unwrap();
    assert_eq!((response.status().as_u16(), server.requests()), (500, 1));
    assert_eq!(whole(response.into_body()).await.0, b"perhaps");
}

#[tokio::test]
async fn a_hundred_failed_answers_leave_one_connection() {
    let server = h1::Server::new(|_, n| match n % 2 {
        1 => answer(503, "", &[b'a'; 1024]),
        _ => answer(200, "", b"done"),
    });
    let mut service = client(policy(3), false);
    for _ in 0..100 {
        let sent = request("GET", &server.url("/"), "");
        let response = service.ready().await.unwrap();
        let response = tower::Service::call(response, sent).await.unwrap();
        assert_eq!(whole(response.into_body()).await.0, b"done");
    }
    assert_eq!((server.requests(), server.connections()), (200, 1));
}

#[tokio::test]
async fn the_start_of_a_long_failed_answer_is_kept_and_ends_with_an_error() {
    let server = h1::Server::answers([answer(503, "", &vec![b'a'; LIMIT + 1])]);
    let sent = request("GET", &server.url("/"), "");
    let response = client(policy(2), false).oneshot(sent).await.unwrap();
    let mut body = response.into_body();
    let start = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(start.len(), LIMIT);
    assert!(body.frame().await.unwrap().is_err());
}

/// A server of hyper's that answers the first two requests before it has read their bodies.
#[tokio::test]
async fn http_2_may_answer_before_the_body_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let lengths = Arc::new(Mutex::new(Vec::new()));
    let (seen, calls) = (Arc::clone(&lengths), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (seen, calls) = (Arc::clone(&seen), Arc::clone(&calls));
            let answer = move |request: Request<hyper::body::Incoming>| {
                let (seen, call) = (Arc::clone(&seen), calls.fetch_add(1, SeqCst));
                async move {
                    let status = if call < 2 { 503 } else { 200 };
                    if status == 200 {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        seen.lock().unwrap().push(body.len());
                    }
                    let answer = Response::builder().status(status);
                    Ok::<_, Infallible>(answer.body(Full::<Bytes>::default()).unwrap())
                }
            };
            tokio::spawn(async move {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let service = hyper::service::service_fn(answer);
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    // Shorter than the window of HTTP/2, and longer.
    for length in [1000, LIMIT] {
        let sent = request("PUT", &url, &"a".repeat(length));
        let response = client(policy(4), true).oneshot(sent).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!(*lengths.lock().unwrap(), [1000, LIMIT]);
}

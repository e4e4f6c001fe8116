//! The layer for clients of HTTP: which requests it sends again, and with what body.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::contrib::http_body_1::{HttpRetry, HttpRetryLayer, ReplayBody};
use redress::strategies::instant;
use redress::{Policy, StopReason};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::support::closed;
use crate::support::h1::{self, Answer, answer};

const LIMIT: usize = 64 * 1024;

fn policy(attempts: u32) -> Policy {
    let policy = Policy::builder().strategy(instant());
    policy.max_attempts(attempts).build().unwrap()
}

/// A body of these chunks and trailers, whose length is known or not.
#[derive(Default)]
struct Chunks {
    chunks: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    fails: bool,
    hint: SizeHint,
}

impl Chunks {
    fn new(chunks: impl IntoIterator<Item = Bytes>) -> Self {
        let chunks = chunks.into_iter().collect();
        Self {
            chunks,
            ..Self::default()
        }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(chunk) = self.chunks.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if std::mem::take(&mut self.fails) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        Poll::Ready(self.trailers.take().map(|t| Ok(Frame::trailers(t))))
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// Bytes that count themselves.
struct Counted(Arc<AtomicUsize>, Vec<u8>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn counted(alive: &Arc<AtomicUsize>, length: usize) -> Bytes {
    alive.fetch_add(1, SeqCst);
    Bytes::from_owner(Counted(Arc::clone(alive), vec![b'a'; length]))
}

fn put<B>(body: B) -> Request<B> {
    Request::put("http://localhost/").body(body).unwrap()
}

fn status(status: u16) -> Result<Response<Empty<Bytes>>, io::Error> {
    Ok(Response::builder()
        .status(status)
        .body(Empty::new())
        .unwrap())
}

async fn whole<B: Body<Data = Bytes> + Unpin>(body: B) -> (Vec<u8>, Option<HeaderMap>)
where
    B::Error: std::fmt::Debug,
{
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    (body.to_bytes().to_vec(), trailers)
}

#[tokio::test]
async fn a_body_is_recorded_while_it_is_sent_and_sent_again_with_its_trailers() {
    let chunks =
        ["one", "", "two", "three"].map(|chunk: &'static str| Bytes::from_static(chunk.as_bytes()));
    let mut trailers = HeaderMap::new();
    trailers.insert("sum", "11".parse().unwrap());
    // How many frames of the first attempt are read before it fails: none, some, all, and beyond.
    for read in 0..7 {
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, seen) = (Arc::clone(&calls), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let (call, all) = (counted.fetch_add(1, SeqCst), Arc::clone(&all));
            async move {
                let mut body = request.into_body();
                if call == 0 {
                    for _ in 0..read {
                        body.frame().await;
                    }
                    return status(503);
                }
                let body = whole(body).await;
                all.lock().unwrap().push(body);
                status(200)
            }
        });
        let source = Chunks {
            trailers: Some(trailers.clone()),
            ..Chunks::new(chunks.clone())
        };
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        let response = service.oneshot(put(source)).await.unwrap();
        assert_eq!((response.status().as_u16(), calls.load(SeqCst)), (200, 2));
        let expected = (b"onetwothree".to_vec(), Some(trailers.clone()));
        assert_eq!(*seen.lock().unwrap(), [expected], "{read} frames read");
    }
}

/// The answer comes before the body was sent, which HTTP/2 allows, and the old body is still alive.
#[tokio::test]
async fn an_attempt_that_is_answered_early_does_not_share_its_body_with_the_next() {
    for read in 0..3 {
        let old = Arc::new(Mutex::new(None));
        let (held, seen) = (Arc::clone(&old), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let (held, all) = (Arc::clone(&held), Arc::clone(&all));
            async move {
                let mut body = request.into_body();
                if held.lock().unwrap().is_none() {
                    for _ in 0..read {
                        body.frame().await.unwrap().unwrap();
                    }
                    *held.lock().unwrap() = Some(body);
                    return status(503);
                }
                let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
                let mut old = held.lock().unwrap().take().unwrap();
                // It says that it is cut, and takes nothing from the new one.
                assert!(!old.is_end_stream());
                assert!(old.frame().await.unwrap().is_err());
                assert!(old.frame().await.unwrap().is_err());
                let (rest, _) = whole(body).await;
                all.lock().unwrap().push([first.to_vec(), rest].concat());
                status(200)
            }
        });
        let source = Chunks::new(
            ["one", "two"].map(|chunk: &'static str| Bytes::from_static(chunk.as_bytes())),
        );
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        service.oneshot(put(source)).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), [b"onetwo".to_vec()]);
    }
}

/// An attempt that has failed goes on sending while the call waits for the next one.
#[tokio::test]
async fn an_attempt_that_has_failed_does_not_outgrow_what_is_recorded() {
    let alive = Arc::new(AtomicUsize::new(0));
    let calls = Arc::new(AtomicUsize::new(0));
    let (counted_calls, got) = (Arc::clone(&calls), Arc::new(AtomicUsize::new(0)));
    let total = Arc::clone(&got);
    let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
        let (call, total) = (counted_calls.fetch_add(1, SeqCst), Arc::clone(&total));
        async move {
            let mut body = request.into_body();
            if call == 0 {
                body.frame().await.unwrap().unwrap();
                tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
                return status(503);
            }
            total.store(whole(body).await.0.len(), SeqCst);
            status(200)
        }
    });
    let policy = Policy::builder().strategy(redress::strategies::fixed(0.05));
    let source = Chunks::new((0..40).map(|_| counted(&alive, 4096)));
    let service = HttpRetryLayer::new(policy.build().unwrap()).layer(inner);
    service.oneshot(put(source)).await.unwrap();
    assert_eq!((got.load(SeqCst), calls.load(SeqCst)), (40 * 4096, 2));
}

#[tokio::test]
async fn a_body_beyond_the_limit_streams_on_and_is_sent_once() {
    for (length, attempts) in [(LIMIT, 3), (LIMIT + 1, 1), (1 << 20, 1)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            seen.fetch_add(1, SeqCst);
            async move {
                assert_eq!(whole(request.into_body()).await.0.len(), length);
                Err::<Response<Empty<Bytes>>, _>(io::Error::from(io::ErrorKind::ConnectionReset))
            }
        });
        let chunks = vec![b'a'; length];
        let chunks = chunks.chunks(1000).map(Bytes::copy_from_slice);
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        let error = service.oneshot(put(Chunks::new(chunks))).await.unwrap_err();
        assert_eq!(
            (calls.load(SeqCst), error.attempts()),
            (attempts, attempts as u32)
        );
        let expected = if attempts == 1 {
            StopReason::RetryForbidden
        } else {
            StopReason::MaxAttemptsGlobal
        };
        assert_eq!(error.stop_reason(), expected, "{length} bytes");
    }
}

#[tokio::test]
async fn nothing_is_recorded_that_is_not_sent_again() {
    let known = |length: usize| SizeHint::with_exact(length as u64);
    let cases = [
        (1, 1000, SizeHint::default(), 0),      // one attempt only
        (2, 1000, SizeHint::default(), 1),      // recorded
        (2, LIMIT + 1, known(LIMIT + 1), 0),    // known to be too long
        (2, LIMIT + 1, SizeHint::default(), 0), // found to be too long
    ];
    for (attempts, length, hint, kept) in cases {
        let alive = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&alive);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let seen = Arc::clone(&seen);
            async move {
                let mut body = request.into_body();
                drop(body.frame().await.unwrap().unwrap());
                assert_eq!(
                    seen.load(SeqCst),
                    kept,
                    "{attempts} attempts, {length} bytes"
                );
                status(200)
            }
        });
        let source = Chunks {
            hint,
            ..Chunks::new([counted(&alive, length)])
        };
        let service = HttpRetryLayer::new(policy(attempts)).layer(inner);
        service.oneshot(put(source)).await.unwrap();
        assert_eq!(alive.load(SeqCst), 0);
    }
}

#[tokio::test]
async fn a_long_body_of_which_nothing_was_sent_is_sent_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let inner = service_fn(move |request: Request<ReplayBody<Full<Bytes>>>| {
        let call = seen.fetch_add(1, SeqCst);
        async move {
            if call == 0 {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            assert_eq!(request.body().size_hint().exact(), Some(1 << 20));
            assert_eq!(whole(request.into_body()).await.0.len(), 1 << 20);
            status(200)
        }
    });
    let service = HttpRetryLayer::new(policy(3)).layer(inner);
    let body = Full::from(vec![b'a'; 1 << 20]);
    service.oneshot(put(body)).await.unwrap();
    assert_eq!(calls.load(SeqCst), 2);
}

#[tokio::test]
async fn a_source_that_has_failed_is_not_sent_again() {
    let inner = service_fn(|request: Request<ReplayBody<Chunks>>| async move {
        let error = request.into_body().collect().await.unwrap_err();
        Err::<Response<Empty<Bytes>>, _>(*error.downcast::<io::Error>().unwrap())
    });
    let source = Chunks {
        fails: true,
        ..Chunks::new([Bytes::from_static(b"one")])
    };
    let service = HttpRetryLayer::new(policy(3)).layer(inner);
    let error = service.oneshot(put(source)).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::RetryForbidden)
    );
}

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

/// Each attempt sends what is left, and which attempt it is, and calls are named by the host.
#[tokio::test]
async fn attempts_tell_the_server_what_is_left_and_observers_whom_they_ask() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let service = service_fn(move |request: Request<ReplayBody<Empty<Bytes>>>| {
        let mut heads = seen.lock().unwrap();
        heads.push(request.headers().clone());
        let status = if heads.len() % 2 == 1 { 503 } else { 200 };
        let response = Response::builder()
            .status(status)
            .body(Empty::<Bytes>::new());
        async move { Ok::<_, Infallible>(response.unwrap()) }
    });
    let request = || {
        Request::get("http://api.example.com/orders/7")
            .body(Empty::new())
            .unwrap()
    };
    let names = Arc::new(Mutex::new(Vec::new()));
    let observed = |builder: redress::PolicyBuilder| {
        let names = Arc::clone(&names);
        let builder = builder.strategy(instant()).max_attempts(3).deadline(60);
        let builder = builder.on_event(move |event: &redress::Event<'_>| {
            names
                .lock()
                .unwrap()
                .push(event.operation().map(str::to_owned));
        });
        HttpRetryLayer::new(builder.build().unwrap())
    };

    let layer = observed(Policy::builder().inherit_deadline());
    layer
        .layer(service.clone())
        .oneshot(request())
        .await
        .unwrap();
    for head in heads.lock().unwrap().drain(..) {
        let left: u64 = head["x-envoy-expected-rq-timeout-ms"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
    }
    let all = std::mem::take(&mut *names.lock().unwrap());
    assert!(
        !all.is_empty()
            && all
                .iter()
                .all(|name| name.as_deref() == Some("GET api.example.com")),
        "{all:?}"
    );

    // A policy's own name stays, and one that does not inherit says nothing.
    let layer = observed(Policy::builder().operation("orders"));
    layer.layer(service).oneshot(request()).await.unwrap();
    assert!(heads.lock().unwrap().iter().all(|head| head.is_empty()));
    let all = std::mem::take(&mut *names.lock().unwrap());
    assert!(
        !all.is_empty() && all.iter().all(|name| name.as_deref() == Some("orders")),
        "{all:?}"
    );
}

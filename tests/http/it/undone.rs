//! Handlers of axum that say that nothing is left of what they did, run again on the server's side.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, put};
use http_body_util::BodyExt as _;
use redress::contrib::axum_0_8::{RetryLayer, Undone};
use redress::strategies::instant;
use redress::{CircuitBreaker, ErrorClass, Event, Policy, PolicyBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    addr
}

/// What the runs of a handler have seen, and how many of them fail.
#[derive(Default)]
struct Seen {
    bodies: Mutex<Vec<usize>>,
    failures: u32,
    class: Option<ErrorClass>,
}

/// Is undone as often as it shall be, then answers with the length of the body.
async fn handler(State(seen): State<Arc<Seen>>, body: Bytes) -> Response {
    let mut bodies = seen.bodies.lock().unwrap();
    bodies.push(body.len());
    if bodies.len() > seen.failures as usize {
        return body.len().to_string().into_response();
    }
    let response = (StatusCode::CONFLICT, "busy");
    match seen.class {
        Some(class) => Undone::new(class).respond(response),
        None => response.into_response(),
    }
}

fn fast() -> PolicyBuilder {
    Policy::builder().strategy(instant()).max_attempts(3)
}

/// Puts so many bytes to a handler that is undone so often. Returns the answer and the runs.
async fn put_to(
    layer: RetryLayer,
    (failures, class): (u32, Option<ErrorClass>),
    body: reqwest::Body,
) -> (u16, String, Vec<usize>) {
    let seen = Arc::new(Seen {
        failures,
        class,
        ..Seen::default()
    });
    let app = Router::new().route("/", put(handler)).route_layer(layer);
    let addr = serve(app.with_state(Arc::clone(&seen))).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client.put(format!("http://{addr}/")).body(body).send();
    let response = sent.await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let bodies = seen.bodies.lock().unwrap().clone();
    (status, text, bodies)
}

const BUSY: Option<ErrorClass> = Some(ErrorClass::Concurrency);

#[tokio::test]
async fn what_was_undone_runs_again_with_the_same_body() {
    let layer = RetryLayer::new(fast().build().unwrap());
    let (status, text, runs) = put_to(layer, (2, BUSY), "x".repeat(1000).into()).await;
    assert_eq!((status, text.as_str()), (200, "1000"));
    assert_eq!(runs, [1000; 3]);
}

#[tokio::test]
async fn without_a_mark_nothing_runs_again_and_its_last_answer_is_the_answer() {
    let layer = RetryLayer::new(fast().build().unwrap());
    let (status, text, runs) = put_to(layer.clone(), (1, None), "x".into()).await;
    assert_eq!((status, text.as_str(), runs.len()), (409, "busy", 1));
    // Undone each time: the last answer is sent.
    let (status, text, runs) = put_to(layer.clone(), (9, BUSY), "x".into()).await;
    assert_eq!((status, text.as_str(), runs.len()), (409, "busy", 3));
    // A class that is not worth a retry is not retried, marked or not.
    let permanent = Some(ErrorClass::Permanent);
    let (status, _, runs) = put_to(layer, (9, permanent), "x".into()).await;
    assert_eq!((status, runs.len()), (409, 1));
}

#[tokio::test]
async fn the_defaults_run_three_times() {
    let (status, _, runs) = put_to(RetryLayer::default(), (2, BUSY), "".into()).await;
    assert_eq!((status, runs.len()), (200, 3));
    let (status, _, runs) = put_to(RetryLayer::default(), (3, BUSY), "".into()).await;
    assert_eq!((status, runs.len()), (409, 3));
}

#[tokio::test]
async fn a_long_body_arrives_whole_and_once() {
    let layer = RetryLayer::new(fast().build().unwrap()).body_limit(64 * 1024);
    let long = 1024 * 1024;
    // Its length is known before, and it is not read before the handler.
    let (status, text, runs) = put_to(layer.clone(), (0, None), vec![7; long].into()).await;
    assert_eq!((status, text, runs), (200, long.to_string(), vec![long]));
    let (status, _, runs) = put_to(layer.clone(), (9, BUSY), vec![7; long].into()).await;
    assert_eq!((status, runs), (409, vec![long]));
    // Its length is not known: it is read up to the limit, and then from where that is.
    let chunks = |chunks: usize| {
        let chunk = |_| Ok::<_, std::io::Error>(Bytes::from(vec![7; 10_000]));
        reqwest::Body::wrap_stream(futures_util::stream::iter((0..chunks).map(chunk)))
    };
    let (status, _, runs) = put_to(layer.clone(), (9, BUSY), chunks(20)).await;
    assert_eq!((status, runs), (409, vec![200_000]));
    let (status, _, runs) = put_to(layer.clone(), (2, BUSY), chunks(6)).await;
    assert_eq!((status, runs), (200, vec![60_000; 3]));
    // The limit itself is short enough.
    let (status, _, runs) = put_to(layer.clone(), (1, BUSY), vec![7; 64 * 1024].into()).await;
    assert_eq!((status, runs.len()), (200, 2));
    let (status, _, runs) = put_to(layer, (1, BUSY), vec![7; 64 * 1024 + 1].into()).await;
    assert_eq!((status, runs.len()), (409, 1));
}

/// Sends bytes of HTTP/1.1 and reads what comes until the other side closes.
async fn raw(addr: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_body_that_is_cut_off_fails_in_the_handler_and_once() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    async fn read(request: Request) -> Response {
        RUNS.fetch_add(1, SeqCst);
        match axum::body::to_bytes(request.into_body(), usize::MAX).await {
            Ok(_) => "whole".into_response(),
            Err(_) => Undone::new(ErrorClass::Transient).respond(StatusCode::BAD_REQUEST),
        }
    }
    let layer = RetryLayer::new(fast().build().unwrap());
    let addr = serve(Router::new().route("/", put(read)).route_layer(layer)).await;
    let cut = b"PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nconnection: close\r\n\r\nonly";
    raw(addr, cut).await;
    assert_eq!(RUNS.load(SeqCst), 1);
    let chunked = b"PUT / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nwhol\r\n1\r\ne\r\n0\r\n\r\n";
    assert!(raw(addr, chunked).await.ends_with("whole"));
    assert_eq!(RUNS.load(SeqCst), 2);
}

/// What is kept of a body is its bytes, and not the chunks that a client makes of them.
#[tokio::test]
async fn chunks_of_one_byte_are_kept_as_their_bytes() {
    async fn frames(request: Request) -> String {
        let (mut body, mut lengths) = (request.into_body(), Vec::new());
        while let Some(frame) = body.frame().await {
            lengths.push(frame.unwrap().into_data().unwrap().len());
        }
        format!("{lengths:?}")
    }
    let layer = RetryLayer::new(fast().build().unwrap()).body_limit(1000);
    let addr = serve(Router::new().route("/", put(frames)).route_layer(layer)).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (sent, expected) in [(1000, "[1000]"), (1001, "[1000, 1]"), (0, "[]")] {
        let chunk = |_| Ok::<_, std::io::Error>(Bytes::from_static(b"x"));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter((0..sent).map(chunk)));
        let answer = client.put(format!("http://{addr}/")).body(body).send();
        assert_eq!(answer.await.unwrap().text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn an_upgrade_is_passed_through() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    async fn switch() -> Response {
        RUNS.fetch_add(1, SeqCst);
        Undone::new(ErrorClass::Transient).respond(StatusCode::SWITCHING_PROTOCOLS)
    }
    let layer = RetryLayer::new(fast().build().unwrap());
    let addr = serve(Router::new().route("/", any(switch)).route_layer(layer)).await;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    assert!(raw(addr, request).await.starts_with("HTTP/1.1 101"));
    assert_eq!(RUNS.load(SeqCst), 1);
}

#[tokio::test]
async fn a_policy_that_refuses_or_cuts_off_answers() {
    let breaker = CircuitBreaker::new();
    let policy = fast().circuit_breaker(breaker.clone()).build().unwrap();
    breaker.force_open();
    let (status, _, runs) = put_to(RetryLayer::new(policy), (0, None), "x".into()).await;
    assert_eq!((status, runs.len()), (503, 0));

    async fn hangs() {
        std::future::pending().await
    }
    let policy = fast().deadline(Duration::from_millis(20)).build().unwrap();
    let app = Router::new().route("/", any(hangs));
    let addr = serve(app.route_layer(RetryLayer::new(policy))).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{addr}/")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn each_run_has_the_head_of_the_request_and_its_route_is_the_operation() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    async fn order(Path(id): Path<u32>, headers: HeaderMap) -> Response {
        let key = headers["x-key"].to_str().unwrap().to_owned();
        let mut seen = SEEN.lock().unwrap();
        seen.push(format!("{id} {key}"));
        match seen.len() {
            1 => Undone::new(ErrorClass::Concurrency).respond(StatusCode::CONFLICT),
            _ => "stored".into_response(),
        }
    }
    let policy = fast().on_event(|event: &Event<'_>| {
        let name = event.operation().unwrap_or_default().to_owned();
        NAMES.lock().unwrap().push(name);
    });
    let layer = RetryLayer::new(policy.build().unwrap());
    let app = Router::new()
        .route("/orders/{id}", put(order))
        .route_layer(layer);
    let addr = serve(app).await;
    let request = b"PUT /orders/7 HTTP/1.1\r\nhost: x\r\nx-key: k\r\nconnection: close\r\n\r\n";
    assert!(raw(addr, request).await.ends_with("stored"));
    assert_eq!(*SEEN.lock().unwrap(), ["7 k", "7 k"]);
    let names = NAMES.lock().unwrap();
    assert!(
        !names.is_empty() && names.iter().all(|name| name == "PUT /orders/{id}"),
        "{names:?}"
    );
}

/// Two writers of one row, of which one has to be rolled back, as by a database.
#[tokio::test]
async fn writers_that_collide_are_both_applied_once() {
    struct Row {
        version: AtomicU32,
        applied: AtomicU32,
        rolled_back: AtomicU32,
        /// How many runs have read it, and what the first two of a round meet at.
        reads: AtomicU32,
        both: Barrier,
    }
    async fn add(State(row): State<Arc<Row>>) -> Response {
        let read = row.version.load(SeqCst);
        if row.reads.fetch_add(1, SeqCst) < 2 {
            row.both.wait().await;
        }
        let written = row.version.compare_exchange(read, read + 1, SeqCst, SeqCst);
        if written.is_err() {
            row.rolled_back.fetch_add(1, SeqCst);
            return Undone::new(ErrorClass::Concurrency).respond(StatusCode::CONFLICT);
        }
        row.applied.fetch_add(1, SeqCst);
        "added".into_response()
    }
    let row = Arc::new(Row {
        version: AtomicU32::new(0),
        applied: AtomicU32::new(0),
        rolled_back: AtomicU32::new(0),
        reads: AtomicU32::new(0),
        both: Barrier::new(2),
    });
    let policy = fast().build().unwrap();
    let app = Router::new()
        .route("/", put(add))
        .route_layer(RetryLayer::new(policy));
    let addr = serve(app.with_state(Arc::clone(&row))).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let put = || client.put(format!("http://{addr}/")).send();
    for _ in 0..100 {
        row.reads.store(0, SeqCst);
        let (one, other) = tokio::join!(put(), put());
        assert_eq!(
            (one.unwrap().status(), other.unwrap().status()),
            (StatusCode::OK, StatusCode::OK)
        );
    }
    assert_eq!(
        (row.applied.load(SeqCst), row.version.load(SeqCst)),
        (200, 200)
    );
    assert_eq!(row.rolled_back.load(SeqCst), 100);
}

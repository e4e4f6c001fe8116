//! The layer for channels of tonic: which calls it sends again, with what body and which headers.

use std::convert::Infallible;
use std::error::Error as _;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
use redress::deadline::{Scope, parse_grpc_timeout};
use redress::strategies::{fixed, instant};
use redress::{CircuitBreaker, Policy, PolicyBuilder};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, GrpcMethod, Response, Status};
use tower::{Layer as _, ServiceBuilder, service_fn};

use crate::classify::tonic::Raw;
use crate::support::h2::{self, Answer};

const PATH: &str = "/shop.Orders/Get";
const KIB: usize = 1024;

fn attempts(max: u32) -> PolicyBuilder {
    Policy::builder().strategy(instant()).max_attempts(max)
}

fn policy(max: u32) -> Policy {
    attempts(max).build().unwrap()
}

fn listed(policy: Policy) -> GrpcRetryLayer {
    GrpcRetryLayer::new(policy).idempotent([PATH])
}

fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned())
        .unwrap()
        .connect_lazy()
}

type Client = Grpc<GrpcRetry<Channel>>;

fn client(url: &str, layer: &GrpcRetryLayer) -> Client {
    Grpc::new(layer.layer(channel(url)))
}

/// As a generated client does.
fn request<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let method = GrpcMethod::new("shop.Orders", "Get");
    request.extensions_mut().insert(method);
    request
}

async fn unary<S>(client: &mut Grpc<S>, sent: tonic::Request<Bytes>) -> Result<Bytes, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
{
    let ready = client.ready().await;
    ready.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static(PATH);
    Ok(client.unary(sent, path, Raw).await?.into_inner())
}

async fn get(client: &mut Client) -> Result<Bytes, Status> {
    unary(client, request(Bytes::from_static(b"7"))).await
}

/// A server of tonic's on a port: what it has seen, and what it answers by the number of the request.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Server {
    async fn new<F>(answer: impl Fn(usize) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Result<Bytes, Status>> + Send + 'static,
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, all) = (answer.clone(), Arc::clone(&all));
                let serve = move |request: Request<hyper::body::Incoming>| {
                    let (answer, all) = (answer.clone(), Arc::clone(&all));
                    let headers = request.headers().clone();
                    let handler = service_fn(move |request: tonic::Request<_>| {
                        let number = {
                            let mut all = all.lock().unwrap();
                            all.push((headers.clone(), request.into_inner()));
                            all.len()
                        };
                        let answer = answer(number);
                        async move { answer.await.map(Response::new) }
                    });
                    async move {
                        let mut grpc = tonic::server::Grpc::new(Raw);
                        let request = request.map(Body::new);
                        Ok::<_, Infallible>(grpc.unary(handler, request).await)
                    }
                };
                tokio::spawn(async move {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let service = hyper::service::service_fn(serve);
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, seen }
    }

    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn header(&self, name: &str) -> Vec<Option<String>> {
        let seen = self.seen.lock().unwrap();
        let text = |(headers, _): &(HeaderMap, Bytes)| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        seen.iter().map(text).collect()
    }
}

fn busy() -> Status {
    Status::unavailable("busy")
}

/// Fails so many times.
async fn failing(times: usize, status: impl Fn() -> Status + Clone + Send + 'static) -> Server {
    Server::new(move |number| {
        let answer = if number <= times {
            Err(status())
        } else {
            Ok(Bytes::from_static(b"done"))
        };
        async move { answer }
    })
    .await
}

#[tokio::test]
async fn a_listed_method_is_sent_again_as_it_was_and_says_which_attempt_it_is() {
    let server = failing(2, busy).await;
    let mut sent = request(Bytes::from_static(b"7"));
    for name in ["a", "b", "c", "d", "e"] {
        sent.metadata_mut().append(name, "1".parse().unwrap());
        sent.metadata_mut().append(name, "2".parse().unwrap());
    }
    let answer = unary(&mut client(&server.url, &listed(policy(5))), sent).await;
    assert_eq!(answer.unwrap(), "done");
    let said = |text: &str| Some(text.to_owned());
    let previous = server.header("grpc-previous-rpc-attempts");
    assert_eq!(previous, [None, said("1"), said("2")]);
    let mut seen = server.seen.lock().unwrap();
    for (headers, message) in &mut *seen {
        // It is known once the whole was recorded.
        headers.remove("content-length");
        headers.remove("grpc-previous-rpc-attempts");
        assert_eq!(message, "7");
    }
    assert!(seen[0].0.len() > 10 && seen[0] == seen[1] && seen[1] == seen[2]);
}

#[tokio::test]
async fn every_other_method_is_sent_once() {
    for (layer, requests) in [
        (GrpcRetryLayer::new(policy(3)), 1),
        (
            GrpcRetryLayer::new(policy(3)).idempotent(["/shop.Orders/List"]),
            1,
        ),
        (
            GrpcRetryLayer::new(policy(3)).idempotent(["shop.Orders"]),
            3,
        ),
        (
            GrpcRetryLayer::new(policy(3)).idempotent_by(|path| path == PATH),
            3,
        ),
        (listed(policy(1)), 1),
    ] {
        let server = failing(9, busy).await;
        let status = get(&mut client(&server.url, &layer)).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unavailable, "busy")
        );
        assert_eq!(server.requests(), requests, "{layer:?}");
    }
    let wrong = || Status::invalid_argument("no such order");
    let server = failing(9, wrong).await;
    let status = get(&mut client(&server.url, &listed(policy(3)))).await;
    assert_eq!(status.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn the_server_has_the_last_word() {
    let pushed = |millis: &'static str| {
        move || {
            let mut status = busy();
            let metadata = status.metadata_mut();
            metadata.insert("grpc-retry-pushback-ms", millis.parse().unwrap());
            status
        }
    };
    let server = failing(1, pushed("20")).await;
    let start = std::time::Instant::now();
    let obeys = Policy::builder().max_attempts(3).build().unwrap();
    let mut once = client(&server.url, &GrpcRetryLayer::new(obeys));
    assert_eq!(get(&mut once).await.unwrap(), "done");
    assert!(start.elapsed() >= Duration::from_millis(20));
    let previous = server.header("grpc-previous-rpc-attempts");
    assert_eq!(previous, [None, Some("1".to_owned())]);
    for never in ["-1", "soon"] {
        let server = failing(9, pushed(never)).await;
        get(&mut client(&server.url, &listed(policy(3))))
            .await
            .unwrap_err();
        assert_eq!(server.requests(), 1, "{never}");
    }
    // Also against a classifier that does not look at it.
    let server = failing(9, pushed("-1")).await;
    let blind = attempts(3).classifier(|_: &Status| redress::ErrorClass::Transient);
    let layer = GrpcRetryLayer::new(blind.build().unwrap()).idempotent([PATH]);
    let mut blind = Grpc::new(layer.layer(channel(&server.url)));
    unary(&mut blind, request(Bytes::new())).await.unwrap_err();
    assert_eq!(server.requests(), 1);
}

fn head(id: u32, fields: &[(&str, &str)], ends: bool) -> Vec<u8> {
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    h2::headers(id, &[&head, fields].concat(), ends)
}

fn message(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[0], &length[..], text.as_bytes()].concat()
}

fn done(id: u32) -> Vec<u8> {
    let trailers = h2::headers(id, &[("grpc-status", "0")], true);
    [
        head(id, &[], false),
        h2::data(id, &message("done"), false),
        trailers,
    ]
    .concat()
}

#[tokio::test]
async fn what_was_not_seen_is_sent_again_whatever_the_method() {
    let refused = |id| h2::rst_stream(id, h2::REFUSED_STREAM);
    let gone = |_| h2::goaway(0, h2::NO_ERROR);
    let lost = |id| h2::rst_stream(id, h2::INTERNAL_ERROR);
    type Fails = fn(u32) -> Vec<u8>;
    let cases: [(&str, Fails, usize); 3] = [
        ("REFUSED_STREAM", refused, 2),
        ("GOAWAY", gone, 2),
        ("INTERNAL_ERROR", lost, 1),
    ];
    for (what, fails, requests) in cases {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        let server = h2::Server::new(move |id, count, body| {
            seen.lock().unwrap().push(body.to_vec());
            Answer::Frames(if count == 1 { fails(id) } else { done(id) })
        });
        let mut once = client(&server.url(""), &GrpcRetryLayer::new(policy(3)));
        assert_eq!(get(&mut once).await.is_ok(), requests == 2, "{what}");
        assert_eq!(server.requests(), requests, "{what}");
        assert_eq!(
            *bodies.lock().unwrap(),
            vec![message("7"); requests],
            "{what}"
        );
    }
    // Nothing listens.
    let url = format!("http://{}", crate::support::closed());
    let breaker = CircuitBreaker::new();
    let counted = attempts(3).circuit_breaker(breaker.clone());
    let mut once = client(&url, &GrpcRetryLayer::new(counted.build().unwrap()));
    let status = get(&mut once).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.source().is_some());
}

#[tokio::test]
async fn a_response_that_has_begun_is_not_repeated() {
    let trailers = |id| h2::headers(id, &[("grpc-status", "14")], true);
    let server = h2::Server::new(move |id, _, _| {
        Answer::Frames([head(id, &[], false), trailers(id)].concat())
    });
    let status = get(&mut client(&server.url(""), &listed(policy(3)))).await;
    assert_eq!(status.unwrap_err().code(), Code::Unavailable);
    assert_eq!(server.requests(), 1);

    // Before its head a stream is repeated, from then on it is the caller's.
    let server = h2::Server::new(move |id, count, _| {
        Answer::Frames(match count {
            1 => head(id, &[("grpc-status", "14")], true),
            _ => [
                head(id, &[], false),
                h2::data(id, &message("one"), false),
                h2::rst_stream(id, h2::INTERNAL_ERROR),
            ]
            .concat(),
        })
    });
    let mut client = client(&server.url(""), &listed(policy(3)));
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static(PATH);
    let stream = client
        .server_streaming(request(Bytes::new()), path, Raw)
        .await;
    let stream = stream.unwrap().into_inner();
    assert!(stream.any(async |item| item.is_err()).await);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_proxy_is_a_server_that_has_not_begun() {
    for (status, code, requests) in [
        ("503", Code::Unavailable, 2),
        ("429", Code::Unavailable, 2),
        ("401", Code::Unauthenticated, 1),
        ("404", Code::Unimplemented, 1),
    ] {
        let server = h2::Server::new(move |id, _, _| {
            let fields = [(":status", status), ("retry-after", "0"), ("x-proxy", "p")];
            Answer::Frames(h2::headers(id, &fields, true))
        });
        let failed = get(&mut client(&server.url(""), &listed(policy(2))))
            .await
            .unwrap_err();
        let bare = unary(
            &mut Grpc::new(channel(&server.url(""))),
            request(Bytes::new()),
        )
        .await;
        let bare = bare.unwrap_err();
        assert_eq!((failed.code(), bare.code()), (code, code), "{status}");
        assert_eq!(failed.message(), bare.message());
        assert_eq!(
            failed.metadata().get("x-proxy"),
            bare.metadata().get("x-proxy")
        );
        assert_eq!(server.requests(), requests + 1, "{status}");
    }
}

#[tokio::test]
async fn each_attempt_is_told_what_is_left_of_its_time() {
    let timed = |seconds| {
        let mut sent = request(Bytes::new());
        sent.set_timeout(Duration::from_secs(seconds));
        sent
    };
    let times = |server: &Server| -> Vec<Option<Duration>> {
        let told = server.header("grpc-timeout");
        told.iter()
            .map(|told| parse_grpc_timeout(told.as_deref()?))
            .collect()
    };
    let waits = || Policy::builder().strategy(fixed(0.05)).max_attempts(3);
    let run = async |policy: PolicyBuilder, sent| {
        let server = failing(9, busy).await;
        let layer = listed(policy.build().unwrap());
        unary(&mut client(&server.url, &layer), sent)
            .await
            .unwrap_err();
        times(&server)
    };
    // Its own time, which goes by and is not lengthened.
    let told = run(waits(), timed(5)).await;
    let told: Vec<_> = told.into_iter().flatten().collect();
    assert_eq!(told[0], Duration::from_secs(5));
    let less = Duration::from_millis(50);
    assert!(
        told[1] <= told[0] - less && told[2] <= told[1] - less,
        "{told:?}"
    );
    // No more than the deadline or the attempt timeout leave.
    for limited in [waits().deadline(2), waits().attempt_timeout(2)] {
        let told = run(limited, timed(5)).await;
        assert!(
            told.iter()
                .all(|told| told.unwrap() <= Duration::from_secs(2)),
            "{told:?}"
        );
    }
    // None is invented, unless a caller waits.
    assert_eq!(
        run(waits().deadline(2), request(Bytes::new())).await,
        [None; 3]
    );
    let inherits = waits().deadline(60).inherit_deadline();
    let scope = Scope::new(Duration::from_secs(3));
    let told = scope.attach(run(inherits, request(Bytes::new()))).await;
    assert!(
        told.iter()
            .all(|told| told.unwrap() <= Duration::from_secs(3)),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_time_of_a_request_is_that_of_all_its_attempts() {
    let server = Server::new(|_| std::future::pending()).await;
    let mut sent = request(Bytes::new());
    sent.set_timeout(Duration::from_millis(100));
    // The attempt is over when its time is, and the pause after it has none.
    let waits = Policy::builder()
        .strategy(fixed(30))
        .max_attempts(3)
        .build();
    let mut client = client(&server.url, &listed(waits.unwrap()));
    let status = unary(&mut client, sent).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn refusals_are_statuses_with_the_reason_behind_them() {
    let server = failing(0, busy).await;
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let refused = attempts(3).circuit_breaker(breaker).build().unwrap();
    let status = get(&mut client(&server.url, &listed(refused)))
        .await
        .unwrap_err();
    assert_eq!((status.code(), server.requests()), (Code::Unavailable, 0));
    let reason = status
        .source()
        .unwrap()
        .downcast_ref::<redress::Error<Status>>()
        .unwrap();
    assert_eq!(reason.stop_reason(), redress::StopReason::CircuitOpen);

    let hangs = Server::new(|_| std::future::pending()).await;
    for late in [attempts(3).deadline(0.1), attempts(1).attempt_timeout(0.1)] {
        let mut client = client(&hangs.url, &listed(late.build().unwrap()));
        let status = get(&mut client).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
    }
}

#[tokio::test]
async fn messages_of_a_stream_are_sent_again_as_long_as_they_are_short() {
    for (chunks, sent) in [(3, 2), (200, 1)] {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        let server = h2::Server::new(move |id, count, body| {
            seen.lock().unwrap().push(body.len());
            Answer::Frames(match count {
                1 => head(id, &[("grpc-status", "14")], true),
                _ => done(id),
            })
        });
        let mut client = client(&server.url(""), &listed(policy(3)));
        client.ready().await.unwrap();
        let messages = (0..chunks).map(|_| Bytes::from(vec![b'a'; KIB]));
        let messages = request(futures_util::stream::iter(messages));
        let path = PathAndQuery::from_static(PATH);
        let answer = client.client_streaming(messages, path, Raw).await;
        assert_eq!(answer.is_ok(), sent == 2);
        assert_eq!(*bodies.lock().unwrap(), vec![chunks * (KIB + 5); sent]);
    }
}

#[tokio::test]
async fn a_queue_with_one_permit_serves_what_fails_and_what_is_dropped() {
    let server = Server::new(|number| async move {
        tokio::task::yield_now().await;
        if number.is_multiple_of(2) {
            Err(busy())
        } else {
            Ok(Bytes::new())
        }
    })
    .await;
    let layer = listed(policy(64));
    let queue = ServiceBuilder::new().buffer(16).concurrency_limit(1);
    let retried = layer.layer(queue.service(channel(&server.url)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let mut client = Grpc::new(retried.clone());
        tasks.spawn(async move { unary(&mut client, request(Bytes::new())).await.map(drop) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    // Dropped after each number of polls.
    for polls in 0..60 {
        let mut client = Grpc::new(retried.clone());
        let mut call = pin!(unary(&mut client, request(Bytes::new())));
        for _ in 0..polls {
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if polled.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let mut client = Grpc::new(retried);
    unary(&mut client, request(Bytes::new())).await.unwrap();
}

#[derive(Clone)]
struct Broken(Arc<AtomicUsize>);

impl tower::Service<Request<Body>> for Broken {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = std::future::Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(match self.0.fetch_sub(1, SeqCst) {
            1 => Err(Status::internal("the worker is gone")),
            _ => Ok(()),
        })
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        std::future::ready(Err(busy()))
    }
}

#[tokio::test]
async fn an_error_of_readiness_is_returned_as_it_is() {
    for ready in 1..3 {
        let broken = Broken(Arc::new(AtomicUsize::new(ready)));
        let mut client = Grpc::new(listed(policy(5)).layer(broken));
        let status = unary(&mut client, request(Bytes::new())).await.unwrap_err();
        assert_eq!(status.message(), "the worker is gone");
    }
}

/// The server runs on another thread, which is not counted.
///
/// Of what the layer adds two are for the body, one is the timer of a deadline, and two are those of a clone of
/// the channel: each attempt has one that is ready.
#[test]
fn what_a_call_through_the_layer_allocates() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let server = failing(0, busy).await;
            tell.send(server.url.clone()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = told.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let mut bare = Grpc::new(channel(&url));
    let mut retried = client(&url, &listed(policy(3)));
    let mut once = client(&url, &GrpcRetryLayer::new(Policy::recommended()));
    let timeless = attempts(3).no_deadline().build().unwrap();
    let mut timeless = client(&url, &listed(timeless));
    let mut counts = [f64::MAX; 5];
    // How the tasks of the connections take turns differs a little: the least counts.
    for _ in 0..3 {
        let turns = [
            allocations(&runtime, &mut bare, false),
            allocations(&runtime, &mut bare, true),
            allocations(&runtime, &mut timeless, false),
            allocations(&runtime, &mut retried, false),
            allocations(&runtime, &mut once, false),
        ];
        for (least, count) in counts.iter_mut().zip(turns) {
            *least = least.min(count);
        }
    }
    let [bare, cloned, timeless, listed, once] = counts;
    println!(
        "allocations of a call: bare {bare}, on a clone {cloned}; with the layer {timeless}, with a deadline \
         {listed}, recommended and once {once}"
    );
    assert!(timeless - cloned <= 2.1, "{counts:?}");
    assert!(listed - cloned <= 3.1 && once - cloned <= 3.1, "{counts:?}");
}

/// Counts the allocations of a call, with those of its connection.
fn allocations<S>(runtime: &tokio::runtime::Runtime, client: &mut Grpc<S>, clone: bool) -> f64
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
{
    let calls = 100;
    let mut run = || {
        runtime.block_on(async {
            for _ in 0..calls {
                let mut cloned = clone.then(|| client.clone());
                let client = cloned.as_mut().unwrap_or(client);
                let sent = request(Bytes::from_static(b"7"));
                unary(client, sent).await.unwrap();
            }
        });
    };
    run();
    allocation_counter::measure(run).count_total as f64 / f64::from(calls)
}

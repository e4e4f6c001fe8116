//! Calls of several messages.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::Request;
use http::uri::PathAndQuery;
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::contrib::tonic_0_14::GrpcRetryLayer;
use redress::testing::RecordingObserver;
use redress::{CircuitBreaker, CircuitState, Classification, ErrorClass};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::{Status, Streaming};
use tower::{Layer as _, service_fn};

use super::{
    PATH, attempts, busy, channel, client, done, failing, get, head, listed, policy, request, unary,
};
use crate::classify::tonic::Raw;
use crate::support::h2::{self, Answer};

const KIB: usize = 1024;

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

type Messages = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// A server that sends each message back as it comes, after so many calls that it refuses at once.
async fn echo(refuses: usize) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            let serve = move |request: Request<hyper::body::Incoming>| {
                let call = counted.fetch_add(1, SeqCst);
                let handler = service_fn(
                    move |request: tonic::Request<Streaming<Bytes>>| async move {
                        if call < refuses {
                            return Err(Status::unavailable("busy"));
                        }
                        let mut answer =
                            tonic::Response::new(Box::pin(request.into_inner()) as Messages);
                        answer
                            .metadata_mut()
                            .insert("x-degraded", "1".parse().unwrap());
                        Ok(answer)
                    },
                );
                async move {
                    let mut grpc = tonic::server::Grpc::new(Raw);
                    let answer = grpc.streaming(handler, request.map(Body::new)).await;
                    Ok::<_, Infallible>(answer)
                }
            };
            tokio::spawn(async move {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let service = hyper::service::service_fn(serve);
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (url, calls)
}

/// Messages in both directions, each of which waits for the answer to the one before: far more than is recorded.
async fn talk<S>(mut client: Grpc<S>)
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
{
    let ready = client.ready().await;
    ready
        .map_err(|error| Status::from_error(error.into()))
        .unwrap();
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let messages = futures_util::stream::unfold(receive, |mut receive| async {
        Some((receive.recv().await?, receive))
    });
    let path = PathAndQuery::from_static(PATH);
    send.send(Bytes::from_static(b"first")).await.unwrap();
    let answer = client
        .streaming(request(messages), path, Raw)
        .await
        .unwrap();
    let mut answers = answer.into_inner();
    assert_eq!(answers.next().await.unwrap().unwrap(), "first");
    for turn in 0..40_u8 {
        let long = Bytes::from(vec![turn; 16 * KIB]);
        send.send(long.clone()).await.unwrap();
        assert_eq!(answers.next().await.unwrap().unwrap(), long);
    }
    drop(send);
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn both_sides_talk_for_as_long_as_they_like() {
    for refuses in [0, 2] {
        let (url, calls) = echo(refuses).await;
        talk(client(&url, &listed(policy(3)))).await;
        assert_eq!(calls.load(SeqCst), refuses + 1);
    }
}

/// A response that has begun and is a failure to the policy is the caller's all the same, with both its streams.
#[tokio::test]
async fn a_stream_that_the_policy_takes_for_a_failure_goes_on() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .build()
        .unwrap();
    let degraded = |response: &http::Response<Body>| {
        let is_degraded = response.headers().contains_key("x-degraded");
        is_degraded.then(|| Classification::new(ErrorClass::ServerError))
    };
    let policy = attempts(3)
        .result_classifier(degraded)
        .circuit_breaker(breaker.clone());
    let (url, calls) = echo(0).await;
    let layer = GrpcRetryLayer::new(policy.build().unwrap()).idempotent([PATH]);
    talk(Grpc::new(layer.layer(channel(&url)))).await;
    assert_eq!(calls.load(SeqCst), 1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_sent_again_only_if_nothing_of_it_was() {
    let long = Bytes::from(vec![b'a'; 200 * KIB]);
    // It was sent, and the server says no: once.
    let server = failing(9, busy).await;
    let mut retried = client(&server.url, &listed(policy(3)));
    unary(&mut retried, request(long.clone()))
        .await
        .unwrap_err();
    assert_eq!(server.requests(), 1);
    // Within a longer limit it is sent again, whole.
    let server = failing(2, busy).await;
    let mut retried = client(&server.url, &listed(policy(3)).replay(usize::MAX));
    unary(&mut retried, request(long.clone())).await.unwrap();
    let seen = std::mem::take(&mut *server.seen.lock().unwrap());
    assert!(seen.len() == 3 && seen.iter().all(|(_, message)| *message == long));
    // With a limit of nothing, a call that has sent anything is sent once.
    let server = failing(9, busy).await;
    let mut retried = client(&server.url, &listed(policy(3)).replay(0));
    get(&mut retried).await.unwrap_err();
    assert_eq!(server.requests(), 1);
    // Nothing listens: nothing was sent, however long it is.
    let url = format!("http://{}", crate::support::closed());
    let observer = RecordingObserver::new();
    let watched = attempts(3).on_event(observer.clone()).build().unwrap();
    let mut retried = client(&url, &GrpcRetryLayer::new(watched));
    unary(&mut retried, request(long)).await.unwrap_err();
    assert_eq!(observer.calls()[0].attempts, 3);
}

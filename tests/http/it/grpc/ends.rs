//! Calls that are refused, cut off or dropped.

use std::error::Error as _;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use redress::CircuitBreaker;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::{Code, Status};
use tower::{Layer as _, ServiceBuilder};

use super::{
    Server, attempts, busy, channel, client, failing, get, listed, policy, request, unary,
};

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

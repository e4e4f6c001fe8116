//! Which calls are sent again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::uri::PathAndQuery;
use redress::contrib::tonic_0_14::GrpcRetryLayer;
use redress::{CircuitBreaker, Policy};
use std::error::Error as _;
use tonic::client::Grpc;
use tonic::{Code, Status};
use tower::Layer as _;

use super::{
    PATH, attempts, busy, channel, client, done, failing, get, head, listed, message, policy,
    request, unary,
};
use crate::classify::tonic::Raw;
use crate::support::h2::{self, Answer};

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

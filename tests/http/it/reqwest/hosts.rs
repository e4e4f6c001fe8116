//! A policy for each host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redress::contrib::reqwest_0_13::Client;
use redress::{CircuitState, Policy, StopReason};

use crate::support::h1::{Server, answer};

#[tokio::test]
async fn a_host_that_is_down_does_not_stop_the_calls_to_another() {
    let (down, up) = (
        Server::answers([answer(500, "", b"")]),
        Server::answers([answer(200, "", b"ok")]),
    );
    let api = Client::per_host(super::client(), || {
        let policy = Policy::builder()
            .recommended()
            .strategy(redress::strategies::instant());
        policy.build().unwrap()
    });
    for _ in 0..4 {
        api.get(down.url("/")).send().await.unwrap();
    }
    let refused = api
        .clone()
        .get(down.url("/other"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
    assert_eq!(api.get(up.url("/")).text().await.unwrap(), "ok");
    let state = |server: &Server| {
        api.policy(server.url("/"))
            .unwrap()
            .circuit_breaker()
            .unwrap()
            .state()
    };
    assert_eq!(
        (state(&down), state(&up)),
        (CircuitState::Open, CircuitState::Closed)
    );
}

#[tokio::test]
async fn a_request_that_is_never_polled_makes_no_policy() {
    let made = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&made);
    let api = Client::per_host(super::client(), move || {
        counted.fetch_add(1, Relaxed);
        super::policy()
    });
    let server = Server::answers([answer(200, "", b"ok")]);
    drop(api.get(server.url("/")).send());
    drop(api.get(server.url("/")).text());
    assert_eq!((made.load(Relaxed), server.requests()), (0, 0));
    assert_eq!(api.get(server.url("/")).text().await.unwrap(), "ok");
    assert_eq!((made.load(Relaxed), server.requests()), (1, 1));
}

#[tokio::test]
async fn the_verbs_and_what_is_added_to_them() {
    let server = Server::answers([answer(500, "", b""), answer(200, "", b"ok")]);
    let api = Client::per_host(super::client(), super::policy);
    let put = api
        .put(server.url("/a"))
        .with(|request| request.header("x-a", "b").body("body"));
    assert_eq!(put.operation("PUT /{name}").text().await.unwrap(), "ok");
    for request in [
        api.get(server.url("/")),
        api.head(server.url("/")),
        api.post(server.url("/")),
        api.patch(server.url("/")),
        api.delete(server.url("/")),
        api.request(reqwest::Method::OPTIONS, server.url("/")),
        api.retry(api.http().get(server.url("/"))),
    ] {
        request.send().await.unwrap();
    }
    let seen = server.seen();
    let methods: Vec<_> = seen
        .iter()
        .map(|it| it.line().split(' ').next().unwrap())
        .collect();
    assert_eq!(
        methods,
        [
            "PUT", "PUT", "GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "GET"
        ]
    );
    assert!(
        seen[..2]
            .iter()
            .all(|it| it.header("x-a") == Some("b") && it.body == b"body")
    );
}

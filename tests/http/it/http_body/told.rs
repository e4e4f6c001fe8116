//! What the server and observers are told.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use redress::Policy;
use redress::contrib::http_body_1::{HttpRetryLayer, ReplayBody};
use redress::strategies::instant;
use tower::{Layer as _, ServiceExt as _, service_fn};

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

//! Connections are used again, and nothing is held in a pause.

use std::thread;
use std::time::Duration;

use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::instant;
use redress::{Policy, StopReason};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tower::ServiceExt as _;

use super::{client, policy};
use crate::support::h1::{Answer, Server, answer};

#[tokio::test]
async fn a_thousand_calls_that_each_meet_a_503_use_one_connection() {
    let body = vec![b'x'; 1000];
    let (failing, good) = (answer(503, "", &body), answer(200, "", &body));
    let server = Server::new(move |_, n| {
        if n % 2 == 1 {
            failing.clone()
        } else {
            good.clone()
        }
    });
    let (http, policy) = (client(), policy());
    for _ in 0..1000 {
        http.get(server.url("/"))
            .retry(&policy)
            .bytes()
            .await
            .unwrap();
    }
    println!(
        "1,000 calls, {} requests, {} connections",
        server.requests(),
        server.connections()
    );
    assert_eq!((server.requests(), server.connections()), (2000, 1));
}

#[tokio::test]
async fn a_body_that_comes_late_does_not_cost_the_connection() {
    let mut head = crate::support::h1::bytes(503, "", &[b'x'; 1000]);
    let rest = head.split_off(head.len() - 1000);
    let slow = Answer::Slow(head, Duration::from_millis(20), rest);
    let server = Server::answers([slow.clone(), slow, answer(200, "", b"")]);
    client()
        .get(server.url("/"))
        .retry(&policy())
        .send()
        .await
        .unwrap();
    assert_eq!((server.requests(), server.connections()), (3, 1));
}

// The connection ends on another thread while the hook waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_failed_response_is_held_in_the_pause() {
    let long = vec![b'x'; 1 << 20];
    let server = Server::answers([answer(503, "", &long), answer(200, "", b"")]);
    let policy = policy();
    let context = policy.context().before_sleep(|_, _| {
        while server.open() > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    });
    client()
        .get(server.url("/"))
        .retry(context)
        .send()
        .await
        .unwrap();
    assert_eq!(server.connections(), 2);
}

/// The figure of the payments that must not be made twice.
#[tokio::test]
async fn of_ten_thousand_posts_that_are_reset_after_the_head_none_is_repeated() {
    const CALLS: usize = 10_000;
    let server = Server::at_head(|_, _| Answer::Reset(vec![]));
    let (http, policy) = (client(), policy());
    for _ in 0..CALLS {
        let post = http.post(server.url("/pay")).body("amount=5");
        let error = post.retry(&policy).send().await.unwrap_err();
        assert_eq!(error.stop_reason(), StopReason::MayHaveBeenApplied);
    }
    println!("{CALLS} POSTs, {} requests", server.requests());
    assert_eq!(server.requests(), CALLS);

    let server = Server::new(|_, n| {
        if n % 2 == 1 {
            Answer::Reset(vec![])
        } else {
            answer(200, "", b"")
        }
    });
    for _ in 0..CALLS {
        http.get(server.url("/"))
            .retry(&policy)
            .send()
            .await
            .unwrap();
    }
    println!(
        "{CALLS} GETs, {} requests, all succeeded",
        server.requests()
    );
    assert_eq!(server.requests(), 2 * CALLS);
}

/// What others make of the same POSTs: fewer of them, as they wait in between.
#[tokio::test]
async fn others_repeat_posts_that_are_reset_after_the_head() {
    const CALLS: usize = 50;
    let at_once = ExponentialBackoff::builder()
        .retry_bounds(Duration::ZERO, Duration::ZERO)
        .build_with_max_retries(3);
    let middleware = reqwest_middleware::ClientBuilder::new(client())
        .with(RetryTransientMiddleware::new_with_policy(at_once))
        .build();
    // What its documentation shows: repeat what has no status.
    let own = reqwest::retry::for_host("127.0.0.1")
        .no_budget()
        .classify_fn(|call| match call.status() {
            None => call.retryable(),
            Some(_) => call.success(),
        });
    let builtin = reqwest::Client::builder()
        .no_proxy()
        .retry(own)
        .build()
        .unwrap();
    let tower = tower::ServiceBuilder::new().layer(tower::retry::RetryLayer::new(Thrice(3)));
    let http = client();
    let tower = tower.service_fn(move |(url, body): (String, &'static str)| {
        let sent = http.post(url).body(body).send();
        async move { sent.await.map(drop) }
    });
    let (http, policy) = (client(), policy());

    let ours = requests(CALLS, async |url| {
        let post = http.post(url).body("amount=5");
        assert!(post.retry(&policy).send().await.is_err());
    });
    let ours = ours.await;
    let middleware = requests(CALLS, async |url| {
        assert!(middleware.post(url).body("amount=5").send().await.is_err());
    });
    let middleware = middleware.await;
    let builtin = requests(CALLS, async |url| {
        assert!(builtin.post(url).body("amount=5").send().await.is_err());
    });
    let builtin = builtin.await;
    let tower = requests(CALLS, async |url| {
        let call = tower.clone().oneshot((url.to_owned(), "amount=5"));
        assert!(call.await.is_err());
    });
    let tower = tower.await;
    println!(
        "{CALLS} POSTs that are reset: redress sends {ours}, reqwest-retry {middleware}, reqwest::retry {builtin}, \
         tower::retry {tower}"
    );
    assert_eq!(ours, CALLS);
    assert!(middleware > CALLS && tower > CALLS);
}

/// Repeats what has failed, as often as there are tries left: as the documentation of tower does.
#[derive(Clone)]
struct Thrice(usize);

impl<Q: Clone, T, E> tower::retry::Policy<Q, T, E> for Thrice {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut Q, returned: &mut Result<T, E>) -> Option<Self::Future> {
        let again = returned.is_err() && self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        again.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Q) -> Option<Q> {
        Some(request.clone())
    }
}

/// How many requests so many calls send to a server that resets each after its head.
async fn requests(calls: usize, call: impl AsyncFn(&str)) -> usize {
    let server = Server::at_head(|_, _| Answer::Reset(vec![]));
    let url = server.url("/pay");
    for _ in 0..calls {
        call(&url).await;
    }
    server.requests()
}

#[tokio::test]
async fn a_deadline_ends_a_request_that_hangs() {
    let server = Server::answers([Answer::Hang(vec![])]);
    let policy = Policy::builder()
        .strategy(instant())
        .attempt_timeout(0.05)
        .deadline(0.12);
    let policy = policy.build().unwrap();
    let error = client()
        .get(server.url("/"))
        .retry(&policy)
        .send()
        .await
        .unwrap_err();
    assert!(error.source_ref().is_none()); // no attempt returned anything
    let hung = server.requests();
    // As many as start within the deadline; on a slow machine the first alone.
    assert!((1..=3).contains(&hung), "{hung}");
    // A POST that was cut off may have arrived.
    let error = client()
        .post(server.url("/"))
        .retry(&policy)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MayHaveBeenApplied);
    assert_eq!(server.requests(), hung + 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_sends_nothing_more_and_leaves_no_connection() {
    let server = Server::answers([Answer::Hang(vec![])]);
    let policy = policy();
    let http = client();
    let call = http.get(server.url("/")).retry(&policy).send();
    let dropped = tokio::time::timeout(Duration::from_millis(100), call).await;
    assert!(dropped.is_err());
    while server.open() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.requests(), 1);
}

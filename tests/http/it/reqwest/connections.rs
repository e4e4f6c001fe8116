//! Connections are used again, and nothing is held in a pause.

use std::thread;
use std::time::Duration;

use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::instant;
use redress::{Policy, StopReason};

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

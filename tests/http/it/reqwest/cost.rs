//! What a call costs that succeeds at once, beside others in the same run.

use std::time::{Duration, Instant};

use redress::contrib::reqwest_0_13::RetryExt as _;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tokio::runtime::Runtime;

use super::{client, policy};
use crate::support::h1::{Answer, Server, answer, bytes};

const CALLS: u32 = 200;

/// Returns the allocations of a call on this thread, and the shortest time of several runs.
fn measure(runtime: &Runtime, call: impl AsyncFn()) -> (f64, Duration) {
    let run = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                call().await;
            }
        });
    };
    run();
    let mut time = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        run();
        time = time.min(started.elapsed() / CALLS);
    }
    let allocations = allocation_counter::measure(run).count_total;
    // The first call of a thread makes what its later ones use again.
    ((allocations as f64 / f64::from(CALLS)).round(), time)
}

#[test]
fn a_get_that_succeeds_at_once() {
    let server = Server::answers([answer(200, "", b"ok")]);
    let url = server.url("/x");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (http, policy) = (client(), policy());
    let backoff = ExponentialBackoff::builder().build_with_max_retries(3);
    let other = reqwest_middleware::ClientBuilder::new(http.clone())
        .with(RetryTransientMiddleware::new_with_policy(backoff))
        .build();

    let bare = measure(&runtime, async || {
        http.get(&url).send().await.unwrap().bytes().await.unwrap();
    });
    // The client takes the request that it sends, so whoever may send it again sends a copy.
    let copied = measure(&runtime, async || {
        let request = http.get(&url).build().unwrap();
        let copy = request.try_clone().unwrap();
        http.execute(copy).await.unwrap().bytes().await.unwrap();
    });
    let ours = measure(&runtime, async || {
        http.get(&url).retry(&policy).bytes().await.unwrap();
    });
    let theirs = measure(&runtime, async || {
        other.get(&url).send().await.unwrap().bytes().await.unwrap();
    });
    for (name, (allocations, time)) in [
        ("bare", bare),
        ("a copy", copied),
        ("redress", ours),
        ("reqwest-retry", theirs),
    ] {
        let ratio = time.as_secs_f64() / bare.1.as_secs_f64();
        println!("{name}: {allocations} allocations, {time:?}, {ratio:.3} of the bare time");
    }
    assert!(
        ours.0 < theirs.0,
        "{} allocations, {} by reqwest-retry",
        ours.0,
        theirs.0
    );
    // The copy, and the timer of the deadline.
    assert!(
        ours.0 <= copied.0 + 1.0,
        "{} allocations, {} with a copy alone",
        ours.0,
        copied.0
    );
}

const MEETING: u32 = 50;

/// How many connections it takes to make fifty calls that each meet one 503 with a kilobyte of body, which comes
/// some milliseconds after the head.
async fn connections(call: impl AsyncFn(&str)) -> usize {
    let mut head = bytes(503, "", &[b'x'; 1000]);
    let body = head.split_off(head.len() - 1000);
    let failing = Answer::Slow(head, Duration::from_millis(5), body);
    let good = answer(200, "", b"ok");
    let server = Server::new(move |_, n| {
        if n % 2 == 1 {
            failing.clone()
        } else {
            good.clone()
        }
    });
    let url = server.url("/");
    for _ in 0..MEETING {
        call(&url).await;
    }
    assert_eq!(server.requests(), 2 * MEETING as usize);
    server.connections()
}

#[tokio::test]
async fn connections_of_calls_that_each_meet_a_503() {
    let (http, policy) = (client(), policy());
    let at_once = ExponentialBackoff::builder()
        .retry_bounds(Duration::ZERO, Duration::ZERO)
        .build_with_max_retries(3);
    let other = reqwest_middleware::ClientBuilder::new(client())
        .with(RetryTransientMiddleware::new_with_policy(at_once))
        .build();
    let own = reqwest::retry::for_host("127.0.0.1")
        .no_budget()
        .classify_fn(|call| match call.status() {
            Some(status) if status == 503 => call.retryable(),
            _ => call.success(),
        });
    let builtin = reqwest::Client::builder().no_proxy().retry(own);
    let builtin = builtin.build().unwrap();

    let ours = connections(async |url| {
        http.get(url).retry(&policy).bytes().await.unwrap();
    })
    .await;
    let middleware = connections(async |url| {
        other.get(url).send().await.unwrap().bytes().await.unwrap();
    })
    .await;
    let builtin = connections(async |url| {
        builtin
            .get(url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
    })
    .await;
    println!(
        "{MEETING} calls that each meet a 503: redress {ours} connections, reqwest-retry {middleware}, \
         reqwest::retry {builtin}"
    );
    // Those of the others depend on what has arrived when they drop a response.
    assert_eq!(ours, 1);
}

//! Calls that are dropped wherever they wait.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::fixed;
use redress::{Budget, CircuitBreaker, CircuitState, ErrorClass, Policy};

use super::client;
use crate::support::h1::{Answer, Server, answer, cut};

/// A policy whose breaker lets one call through at a time, and whose budget allows one retry.
fn guarded() -> (Policy, CircuitBreaker) {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .recovery_timeout(0.001)
        .half_open_probes(1)
        .build()
        .unwrap();
    let policy = Policy::builder()
        .strategy(fixed(0.002))
        .max_attempts(4)
        .circuit_breaker(breaker.clone())
        .budget(Budget::in_flight_share(1.0).min_in_flight(1))
        .build()
        .unwrap();
    (policy, breaker)
}

/// Opens it, and waits until it lets a probe through.
fn half_open(breaker: &CircuitBreaker) {
    breaker.reset();
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    while breaker.try_acquire().map(drop).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

/// Polls a call so many times, while the server goes on. Returns `true` if that was its end.
async fn poll<F: Future>(call: F, polls: usize) -> bool {
    let mut call = pin!(call);
    for _ in 0..polls {
        if call
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
        {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_micros(100)).await;
    }
    false
}

/// Fails in each way before it succeeds.
fn server() -> Server {
    Server::new(|_, n| match n % 4 {
        1 => answer(503, "", &[b'x'; 1000]),
        2 => Answer::Reset(vec![]),
        3 => Answer::Fin(cut(200, b"half")),
        _ => answer(200, "etag: \"a\"\r\n", b"whole"),
    })
}

#[tokio::test]
async fn a_request_that_is_dropped_anywhere_gives_back_what_it_holds() {
    let (policy, breaker) = guarded();
    let (http, server) = (client(), server());
    let mut ended = 0;
    // As many polls as a call has, and one by one where it goes from one thing to the next.
    for polls in (0..50).chain([70, 100, 200]) {
        half_open(&breaker);
        let get = || http.get(server.url("/")).retry(&policy);
        ended += usize::from(poll(get().text(), polls).await);
        ended += usize::from(poll(get().send(), polls).await);
        let mut download = get().download();
        ended += usize::from(poll(download.chunk(), polls).await);
        drop(download);
        half_open(&breaker);
        // A probe, and a retry in it.
        let probe = policy.call_async(async || {
            std::io::Result::<()>::Err(std::io::ErrorKind::ConnectionRefused.into())
        });
        assert_eq!(
            probe.await.unwrap_err().attempts(),
            4,
            "after {polls} polls"
        );
    }
    println!("{ended} calls came to their end");
    assert!(ended > 0);
}

//! When a download waits, and for how long it goes on. In virtual time, on real sockets.

use std::time::Duration;

use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::{exponential, fixed};
use redress::testing::{RecordingObserver, VirtualClock};
use redress::{Cause, EventName, Policy, StopReason};

use super::super::client;
use super::{Answer, SOON, WHOLE, drain, fin, half, raw, rest, server};
use crate::support::h1::{Server, answer};

const SECOND: Duration = Duration::from_secs(1);

/// One byte of each answer arrives, after two that have none.
fn drip() -> Server {
    Server::new(|seen, n| {
        let from = seen.header("range").map_or(0, |range| {
            let from = range.strip_prefix("bytes=").unwrap().trim_end_matches('-');
            from.parse().unwrap()
        });
        if n % 3 != 0 {
            return answer(503, "", b"");
        }
        let body = &WHOLE[from..=from];
        if from == 0 {
            return fin(200, "content-length: 20\r\netag: \"a\"\r\n", body);
        }
        let left = WHOLE.len() - from;
        fin(
            206,
            &format!(
                "content-length: {left}\r\ncontent-range: bytes {from}-19/20\r\netag: \"a\"\r\n"
            ),
            body,
        )
    })
}

#[tokio::test]
async fn each_byte_that_is_read_resets_the_backoff_and_the_attempts() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(exponential(SECOND, 1000).factor(10.0))
        .max_attempts(4)
        .deadline(200)
        .clock(clock.clone())
        .build()
        .unwrap();
    let server = drip();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    let (bytes, error) = drain(&mut download).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(bytes, WHOLE);
    assert_eq!((server.requests(), download.resumed()), (60, 19));
    let waits: Vec<_> = clock.sleeps().iter().map(Duration::as_secs).collect();
    // At first two failures; then a cut is the first one, and two more follow it.
    let (first, others) = waits.split_at(2);
    assert_eq!(first, [1, 10]);
    assert_eq!(others, [1, 10, 100].repeat(19), "{waits:?}");
}

#[tokio::test]
async fn without_progress_it_stops_as_every_call_does() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(1))
        .max_attempts(3)
        .clock(clock.clone())
        .build()
        .unwrap();
    let server = server(half(), [answer(503, "", b"busy")]);
    let mut download = client().get(server.url("/")).retry(&policy).download();
    let (bytes, error) = drain(&mut download).await;
    let error = error.unwrap();
    assert_eq!(bytes, &WHOLE[..10]);
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    let failure = error.into_source().unwrap();
    assert_eq!(
        (failure.status().unwrap().as_u16(), failure.body()),
        (503, &b"busy"[..])
    );
    // The cut counts as the first failure.
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn restarts_bound_a_server_that_drips() {
    let policy = Policy::builder()
        .strategy(fixed(1))
        .restarts(10, 1000)
        .clock(VirtualClock::new())
        .build()
        .unwrap();
    let server = drip();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    let (_, error) = drain(&mut download).await;
    assert_eq!(error.unwrap().stop_reason(), StopReason::RestartsExceeded);
    assert_eq!(server.requests(), 11);
}

/// Lets time pass for a download that waits.
async fn after(clock: &VirtualClock, server: &Server, requests: usize, time: Duration) {
    while server.requests() < requests {
        tokio::time::sleep(SOON).await;
    }
    // What the server has written has been read, or is read in vain.
    tokio::time::sleep(20 * SOON).await;
    clock.advance(time);
}

#[tokio::test]
async fn silence_ends_an_attempt_and_the_next_one_goes_on() {
    let Answer::Fin(head) = half() else {
        unreachable!()
    };
    for (given, stall) in [(Some(5), 5), (None, 30)] {
        let server = server(Answer::Hang(head.clone()), [Answer::Hang(vec![]), rest()]);
        let clock = VirtualClock::new();
        let mut policy = Policy::builder()
            .strategy(fixed(0))
            .no_deadline()
            .clock(clock.clone());
        if let Some(given) = given {
            policy = policy.stall_timeout(given);
        }
        let policy = policy.build().unwrap();
        let mut download = client().get(server.url("/")).retry(&policy).download();
        // A reader that takes its time is no stall.
        assert_eq!(download.chunk().await.unwrap().unwrap(), &WHOLE[..10]);
        clock.advance(1000 * SECOND);
        let stalled = Duration::from_secs(stall);
        let time = async {
            after(&clock, &server, 1, stalled).await; // in the body
            after(&clock, &server, 2, stalled).await; // before the head
        };
        let (chunk, ()) = tokio::join!(download.chunk(), time);
        assert_eq!(chunk.unwrap().unwrap(), &WHOLE[10..]);
        assert_eq!(download.chunk().await.unwrap(), None);
        assert_eq!(server.requests(), 3);
    }
}

#[tokio::test]
async fn a_stall_without_a_validator_is_an_error() {
    let hangs = Answer::Hang(raw(200, "content-length: 20\r\n", b"0123456789"));
    let server = Server::answers([hangs]);
    let clock = VirtualClock::new();
    let policy = Policy::builder().strategy(fixed(1)).clock(clock.clone());
    let policy = policy.build().unwrap();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    download.chunk().await.unwrap();
    let stall = after(&clock, &server, 1, 31 * SECOND);
    let (chunk, ()) = tokio::join!(download.chunk(), stall);
    let error = chunk.unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::RetryForbidden);
    assert!(
        error
            .source_ref()
            .unwrap()
            .to_string()
            .starts_with("the connection was lost after 10 bytes")
    );
    assert_eq!(server.requests(), 1);
}

/// The attempt timeout is the time up to the first bytes, and the deadline that without any.
#[tokio::test]
async fn the_limits_of_the_policy_bound_the_time_without_bytes() {
    let server = server(half(), [Answer::Hang(vec![])]);
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(fixed(0))
        .attempt_timeout(4)
        .deadline(10)
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    assert_eq!(download.chunk().await.unwrap().unwrap(), &WHOLE[..10]);
    clock.advance(1000 * SECOND);
    let time = async {
        for request in 2..=4 {
            after(&clock, &server, request, 4 * SECOND).await;
        }
    };
    let (chunk, ()) = tokio::join!(download.chunk(), time);
    let error = chunk.unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::DeadlineExceeded);
    assert_eq!(error.cause(), Some(Cause::Timeout));
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_timeout_of_the_request_cuts_attempts_off_and_not_the_download() {
    let Answer::Fin(head) = half() else {
        unreachable!()
    };
    let server = server(Answer::Hang(head), [rest()]);
    let policy = super::policy();
    let request = client().get(server.url("/")).timeout(20 * SOON);
    let mut download = request.retry(&policy).download();
    assert_eq!(drain(&mut download).await.0, WHOLE);
}

/// A download is one call, whose end is a success; the breaker hears of each connection.
#[tokio::test]
async fn it_is_one_call_to_those_who_watch() {
    let observer = RecordingObserver::new();
    let policy = Policy::builder()
        .strategy(fixed(0))
        .on_event(observer.clone())
        .build()
        .unwrap();
    let server = server(half(), [rest()]);
    let mut download = client().get(server.url("/")).retry(&policy).download();
    assert_eq!(drain(&mut download).await.0, WHOLE);
    let names = observer.events().into_iter().map(|event| event.name);
    // Whether the last attempt is healthy before it is over depends on how its bytes arrive.
    let names: Vec<_> = names.filter(|name| *name != EventName::Healthy).collect();
    assert_eq!(names, [EventName::Retry, EventName::Success]);
    let calls = observer.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].operation.as_deref(), Some("GET 127.0.0.1"));
}

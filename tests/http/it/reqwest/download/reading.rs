//! The ways to read a download, to leave it and to come back.

use std::future::poll_fn;
use std::sync::LazyLock;
use std::task::Poll;

use futures_util::{StreamExt as _, TryStreamExt as _};
use redress::Policy;
use redress::contrib::reqwest_0_13::{Client, Discontinuity, Failure, RetryExt as _};
use tokio::io::AsyncReadExt as _;

use super::super::client;
use super::{Answer, SOON, WHOLE, drain, half, policy, rest, server};
use crate::support::h1::{Server, answer};

#[tokio::test]
async fn it_is_read_by_parts_of_any_length() {
    for room in [1, 3, 64] {
        let server = server(half(), [rest()]);
        let policy = policy();
        let mut download = client().get(server.url("/")).retry(&policy).download();
        let mut bytes: Vec<u8> = Vec::new();
        let mut buffer = vec![0; room];
        assert_eq!(download.read(&mut []).await.unwrap(), 0);
        loop {
            let read = download.read(&mut buffer).await.unwrap();
            if read == 0 {
                break;
            }
            bytes.extend(&buffer[..read]);
            assert_eq!(download.position(), bytes.len() as u64);
        }
        assert_eq!(bytes, WHOLE);
        assert_eq!(download.read(&mut buffer).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_reader_never_takes_an_error_for_the_end() {
    let server = server(half(), [answer(200, "etag: \"b\"\r\n", b"other")]);
    let policy = policy();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    let mut bytes = Vec::new();
    let error = download.read_to_end(&mut bytes).await.unwrap_err();
    assert_eq!(bytes, &WHOLE[..10]);
    let error = error.into_inner().unwrap();
    let error = error.downcast::<redress::Error<Failure>>().unwrap();
    let reason = |failure: Option<&Failure>| failure.unwrap().discontinued().unwrap().reason();
    assert_eq!(reason(error.source_ref()), Discontinuity::Changed);
    // Nor later.
    assert!(download.read_to_end(&mut bytes).await.is_err());
    let error = download.chunk().await.unwrap_err();
    assert_eq!(reason(error.source_ref()), Discontinuity::Over);
    assert_eq!(
        error.source_ref().unwrap().to_string(),
        "the download has failed before"
    );
    assert_eq!(download.position(), 10);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn it_is_a_stream_that_ends_once() {
    let good = server(half(), [rest()]);
    let policy = policy();
    let http = client();
    let download = http.get(good.url("/")).retry(&policy).download();
    let chunks: Vec<_> = download.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), WHOLE);

    let bad = server(half(), [answer(404, "", b"")]);
    let mut download = http.get(bad.url("/")).retry(&policy).download();
    assert_eq!(download.next().await.unwrap().unwrap(), &WHOLE[..10]);
    assert!(download.next().await.unwrap().is_err());
    assert!(download.next().await.is_none());
    assert!(download.next().await.is_none());
    assert_eq!(bad.requests(), 2);
}

#[tokio::test]
async fn its_head_can_be_waited_for() {
    let server = server(half(), [rest()]);
    let policy = policy();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    for _ in 0..2 {
        download.begin().await.unwrap();
        assert_eq!((download.total(), download.position()), (Some(20), 0));
        assert_eq!(download.headers().unwrap()["etag"], "\"a\"");
    }
    assert_eq!(server.requests(), 1);
    assert_eq!(drain(&mut download).await.0, WHOLE);
    download.begin().await.unwrap();
}

/// Waiting is dropped at each point where it can be, and nothing is lost.
#[tokio::test]
async fn waiting_may_be_dropped_at_any_time() {
    let slow = |mut head: Vec<u8>| {
        let rest = head.split_off(head.len() - 3);
        Answer::Slow(head, 4 * SOON, rest)
    };
    let (Answer::Fin(first), Answer::Write(second)) = (half(), rest()) else {
        unreachable!()
    };
    let (first, second) = (slow(first), slow(second));
    // The first answer is one of keep-alive whose length is a lie: the request that follows on its
    // connection never comes, and the client is cut by its timeout.
    let server = server(first, [second]);
    let policy = policy();
    let request = client().get(server.url("/")).timeout(40 * SOON);
    let mut download = request.retry(&policy).download();
    let mut bytes = Vec::new();
    let mut dropped = 0;
    loop {
        let mut polls = 0;
        let polled = poll_fn(|cx| {
            polls += 1;
            match download.poll_chunk(cx) {
                Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
                // Woken once, then given up.
                Poll::Pending if polls == 1 => Poll::Pending,
                Poll::Pending => Poll::Ready(None),
            }
        });
        match polled.await {
            Some(chunk) => match chunk.unwrap() {
                Some(chunk) => bytes.extend(chunk),
                None => break,
            },
            None => dropped += 1,
        }
    }
    assert_eq!(bytes, WHOLE);
    println!("{dropped} waits were dropped");
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_no_connection() {
    let server = Server::answers([Answer::Hang(
        b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n0123456789".to_vec(),
    )]);
    let policy = policy();
    let mut download = client().get(server.url("/")).retry(&policy).download();
    download.chunk().await.unwrap().unwrap();
    assert_eq!(server.open(), 1);
    drop(download);
    while server.open() > 0 {
        tokio::time::sleep(SOON).await;
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn one_that_is_never_read_sends_nothing() {
    let server = Server::answers([answer(200, "", b"x")]);
    let policy = policy();
    drop(client().get(server.url("/")).retry(&policy).download());
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn it_goes_to_another_task_with_a_policy_that_lives_for_ever() {
    static POLICY: LazyLock<Policy> = LazyLock::new(policy);
    let server = server(half(), [rest()]);
    let mut download = client().get(server.url("/")).retry(&POLICY).download();
    let task = tokio::spawn(async move { drain(&mut download).await.0 });
    assert_eq!(task.await.unwrap(), WHOLE);
}

#[tokio::test]
async fn a_client_with_a_policy_for_each_host_downloads_too() {
    let server = server(half(), [rest()]);
    let api = Client::per_host(client(), policy);
    let mut download = api.get(server.url("/")).download();
    assert_eq!(drain(&mut download).await.0, WHOLE);
    assert!(format!("{download:?}").contains("position: 20"));
}

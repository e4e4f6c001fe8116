//! Bodies that are recorded while they are sent.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full};
use redress::contrib::http_body_1::{HttpRetryLayer, ReplayBody};
use redress::{Policy, StopReason};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{Chunks, LIMIT, counted, policy, put, status, whole};

#[tokio::test]
async fn a_body_is_recorded_while_it_is_sent_and_sent_again_with_its_trailers() {
    let chunks =
        ["one", "", "two", "three"].map(|chunk: &'static str| Bytes::from_static(chunk.as_bytes()));
    let mut trailers = HeaderMap::new();
    trailers.insert("sum", "11".parse().unwrap());
    // How many frames of the first attempt are read before it fails: none, some, all, and beyond.
    for read in 0..7 {
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, seen) = (Arc::clone(&calls), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let (call, all) = (counted.fetch_add(1, SeqCst), Arc::clone(&all));
            async move {
                let mut body = request.into_body();
                if call == 0 {
                    for _ in 0..read {
                        body.frame().await;
                    }
                    return status(503);
                }
                let body = whole(body).await;
                all.lock().unwrap().push(body);
                status(200)
            }
        });
        let source = Chunks {
            trailers: Some(trailers.clone()),
            ..Chunks::new(chunks.clone())
        };
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        let response = service.oneshot(put(source)).await.unwrap();
        assert_eq!((response.status().as_u16(), calls.load(SeqCst)), (200, 2));
        let expected = (b"onetwothree".to_vec(), Some(trailers.clone()));
        assert_eq!(*seen.lock().unwrap(), [expected], "{read} frames read");
    }
}

/// The answer comes before the body was sent, which HTTP/2 allows, and the old body is still alive.
#[tokio::test]
async fn an_attempt_that_is_answered_early_does_not_share_its_body_with_the_next() {
    for read in 0..3 {
        let old = Arc::new(Mutex::new(None));
        let (held, seen) = (Arc::clone(&old), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let (held, all) = (Arc::clone(&held), Arc::clone(&all));
            async move {
                let mut body = request.into_body();
                if held.lock().unwrap().is_none() {
                    for _ in 0..read {
                        body.frame().await.unwrap().unwrap();
                    }
                    *held.lock().unwrap() = Some(body);
                    return status(503);
                }
                let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
                let mut old = held.lock().unwrap().take().unwrap();
                // It says that it is cut, and takes nothing from the new one.
                assert!(!old.is_end_stream());
                assert!(old.frame().await.unwrap().is_err());
                assert!(old.frame().await.unwrap().is_err());
                let (rest, _) = whole(body).await;
                all.lock().unwrap().push([first.to_vec(), rest].concat());
                status(200)
            }
        });
        let source = Chunks::new(
            ["one", "two"].map(|chunk: &'static str| Bytes::from_static(chunk.as_bytes())),
        );
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        service.oneshot(put(source)).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), [b"onetwo".to_vec()]);
    }
}

/// An attempt that has failed goes on sending while the call waits for the next one.
#[tokio::test]
async fn an_attempt_that_has_failed_does_not_outgrow_what_is_recorded() {
    let alive = Arc::new(AtomicUsize::new(0));
    let calls = Arc::new(AtomicUsize::new(0));
    let (counted_calls, got) = (Arc::clone(&calls), Arc::new(AtomicUsize::new(0)));
    let total = Arc::clone(&got);
    let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
        let (call, total) = (counted_calls.fetch_add(1, SeqCst), Arc::clone(&total));
        async move {
            let mut body = request.into_body();
            if call == 0 {
                body.frame().await.unwrap().unwrap();
                tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
                return status(503);
            }
            total.store(whole(body).await.0.len(), SeqCst);
            status(200)
        }
    });
    let policy = Policy::builder().strategy(redress::strategies::fixed(0.05));
    let source = Chunks::new((0..40).map(|_| counted(&alive, 4096)));
    let service = HttpRetryLayer::new(policy.build().unwrap()).layer(inner);
    service.oneshot(put(source)).await.unwrap();
    assert_eq!((got.load(SeqCst), calls.load(SeqCst)), (40 * 4096, 2));
}

#[tokio::test]
async fn a_body_beyond_the_limit_streams_on_and_is_sent_once() {
    for (length, attempts) in [(LIMIT, 3), (LIMIT + 1, 1), (1 << 20, 1)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            seen.fetch_add(1, SeqCst);
            async move {
                assert_eq!(whole(request.into_body()).await.0.len(), length);
                Err::<Response<Empty<Bytes>>, _>(io::Error::from(io::ErrorKind::ConnectionReset))
            }
        });
        let chunks = vec![b'a'; length];
        let chunks = chunks.chunks(1000).map(Bytes::copy_from_slice);
        let service = HttpRetryLayer::new(policy(3)).layer(inner);
        let error = service.oneshot(put(Chunks::new(chunks))).await.unwrap_err();
        assert_eq!(
            (calls.load(SeqCst), error.attempts()),
            (attempts, attempts as u32)
        );
        let expected = if attempts == 1 {
            StopReason::RetryForbidden
        } else {
            StopReason::MaxAttemptsGlobal
        };
        assert_eq!(error.stop_reason(), expected, "{length} bytes");
    }
}

#[tokio::test]
async fn nothing_is_recorded_that_is_not_sent_again() {
    let known = |length: usize| SizeHint::with_exact(length as u64);
    let cases = [
        (1, 1000, SizeHint::default(), 0),      // one attempt only
        (2, 1000, SizeHint::default(), 1),      // recorded
        (2, LIMIT + 1, known(LIMIT + 1), 0),    // known to be too long
        (2, LIMIT + 1, SizeHint::default(), 0), // found to be too long
    ];
    for (attempts, length, hint, kept) in cases {
        let alive = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&alive);
        let inner = service_fn(move |request: Request<ReplayBody<Chunks>>| {
            let seen = Arc::clone(&seen);
            async move {
                let mut body = request.into_body();
                drop(body.frame().await.unwrap().unwrap());
                assert_eq!(
                    seen.load(SeqCst),
                    kept,
                    "{attempts} attempts, {length} bytes"
                );
                status(200)
            }
        });
        let source = Chunks {
            hint,
            ..Chunks::new([counted(&alive, length)])
        };
        let service = HttpRetryLayer::new(policy(attempts)).layer(inner);
        service.oneshot(put(source)).await.unwrap();
        assert_eq!(alive.load(SeqCst), 0);
    }
}

#[tokio::test]
async fn a_long_body_of_which_nothing_was_sent_is_sent_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let inner = service_fn(move |request: Request<ReplayBody<Full<Bytes>>>| {
        let call = seen.fetch_add(1, SeqCst);
        async move {
            if call == 0 {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            assert_eq!(request.body().size_hint().exact(), Some(1 << 20));
            assert_eq!(whole(request.into_body()).await.0.len(), 1 << 20);
            status(200)
        }
    });
    let service = HttpRetryLayer::new(policy(3)).layer(inner);
    let body = Full::from(vec![b'a'; 1 << 20]);
    service.oneshot(put(body)).await.unwrap();
    assert_eq!(calls.load(SeqCst), 2);
}

#[tokio::test]
async fn a_source_that_has_failed_is_not_sent_again() {
    let inner = service_fn(|request: Request<ReplayBody<Chunks>>| async move {
        let error = request.into_body().collect().await.unwrap_err();
        Err::<Response<Empty<Bytes>>, _>(*error.downcast::<io::Error>().unwrap())
    });
    let source = Chunks {
        fails: true,
        ..Chunks::new([Bytes::from_static(b"one")])
    };
    let service = HttpRetryLayer::new(policy(3)).layer(inner);
    let error = service.oneshot(put(source)).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::RetryForbidden)
    );
}

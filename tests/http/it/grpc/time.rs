//! What is left of the time of a call.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use redress::deadline::{Scope, parse_grpc_timeout};
use redress::strategies::fixed;
use redress::testing::RecordingObserver;
use redress::{CircuitBreaker, CircuitState, ErrorClass, Policy, PolicyBuilder};
use tonic::Code;
use tonic::body::Body;
use tonic::client::Grpc;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{PATH, Server, attempts, busy, client, failing, listed, request, unary};

#[tokio::test]
async fn each_attempt_is_told_what_is_left_of_its_time() {
    let timed = |seconds| {
        let mut sent = request(Bytes::new());
        sent.set_timeout(Duration::from_secs(seconds));
        sent
    };
    let times = |server: &Server| -> Vec<Option<Duration>> {
        let told = server.header("grpc-timeout");
        told.iter()
            .map(|told| parse_grpc_timeout(told.as_deref()?))
            .collect()
    };
    let waits = || Policy::builder().strategy(fixed(0.05)).max_attempts(3);
    let run = async |policy: PolicyBuilder, sent| {
        let server = failing(9, busy).await;
        let layer = listed(policy.build().unwrap());
        unary(&mut client(&server.url, &layer), sent)
            .await
            .unwrap_err();
        times(&server)
    };
    // Its own time, which goes by and is not lengthened.
    let told = run(waits(), timed(5)).await;
    let told: Vec<_> = told.into_iter().flatten().collect();
    assert_eq!(told[0], Duration::from_secs(5));
    let less = Duration::from_millis(50);
    assert!(
        told[1] <= told[0] - less && told[2] <= told[1] - less,
        "{told:?}"
    );
    // No more than the deadline or the attempt timeout leave.
    for limited in [waits().deadline(2), waits().attempt_timeout(2)] {
        let told = run(limited, timed(5)).await;
        assert!(
            told.iter()
                .all(|told| told.unwrap() <= Duration::from_secs(2)),
            "{told:?}"
        );
    }
    // None is invented, unless a caller waits.
    assert_eq!(
        run(waits().deadline(2), request(Bytes::new())).await,
        [None; 3]
    );
    let inherits = waits().deadline(60).inherit_deadline();
    let scope = Scope::new(Duration::from_secs(3));
    let told = scope.attach(run(inherits, request(Bytes::new()))).await;
    assert!(
        told.iter()
            .all(|told| told.unwrap() <= Duration::from_secs(3)),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_time_of_a_request_is_that_of_all_its_attempts() {
    let server = Server::new(|_| std::future::pending()).await;
    let mut sent = request(Bytes::new());
    sent.set_timeout(Duration::from_millis(100));
    // The attempt is over when its time is, and the pause after it has none.
    let waits = Policy::builder()
        .strategy(fixed(30))
        .max_attempts(3)
        .build();
    let mut client = client(&server.url, &listed(waits.unwrap()));
    let status = unary(&mut client, sent).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(server.requests(), 1);
}

/// A server that hangs is one that fails, also where the time is that of the request: by a channel that knows of
/// it, and by a service that does not.
#[tokio::test]
async fn a_call_whose_time_is_over_has_failed() {
    let hangs = Server::new(|_| std::future::pending()).await;
    let silent = service_fn(|_: Request<Body>| {
        std::future::pending::<Result<http::Response<Body>, tonic::Status>>()
    });
    for by_channel in [true, false] {
        let breaker = CircuitBreaker::builder()
            .failure_threshold(3)
            .build()
            .unwrap();
        let observer = RecordingObserver::new();
        let policy = attempts(9)
            .circuit_breaker(breaker.clone())
            .on_event(observer.clone())
            .build()
            .unwrap();
        let layer = listed(policy);
        for _ in 0..3 {
            assert_eq!(breaker.state(), CircuitState::Closed);
            let mut sent = request(Bytes::new());
            sent.set_timeout(Duration::from_millis(30));
            let answer = if by_channel {
                unary(&mut client(&hangs.url, &layer), sent).await
            } else {
                unary(&mut Grpc::new(layer.layer(silent)), sent).await
            };
            let status = answer.unwrap_err();
            assert_eq!(status.code(), Code::DeadlineExceeded);
            assert_eq!(status.message(), "the time of the call is over");
        }
        assert_eq!(breaker.state(), CircuitState::Open);
        let classes: Vec<_> = observer
            .calls()
            .iter()
            .map(|call| call.last_class)
            .collect();
        assert_eq!(classes, [Some(ErrorClass::Transient); 3]);
    }
}

/// Times that are none are sent on as they are, those that are too long for any clock are times.
#[tokio::test]
async fn odd_times_of_requests_do_no_harm() {
    for (given, told) in [
        ("99999999H", "99999999H"),
        ("999999999S", "999999999S"),
        ("18446744073709551616n", "18446744073709551616n"),
        ("S", "S"),
        ("", ""),
        ("-1S", "-1S"),
        ("1.5S", "1.5S"),
        ("1 S", "1 S"),
        ("1s", "1s"),
        ("soon", "soon"),
    ] {
        let seen = std::sync::Mutex::new(Vec::new());
        let seen = std::sync::Arc::new(seen);
        let all = std::sync::Arc::clone(&seen);
        let inner = service_fn(move |request: Request<Body>| {
            let header = request.headers()["grpc-timeout"].clone();
            all.lock().unwrap().push(header);
            async { Err::<http::Response<Body>, _>(busy()) }
        });
        let mut sent = Request::new(Body::empty());
        *sent.uri_mut() = PATH.parse().unwrap();
        let headers = sent.headers_mut();
        headers.insert("grpc-timeout", given.parse().unwrap());
        let layer = listed(attempts(2).no_deadline().build().unwrap());
        layer.layer(inner).oneshot(sent).await.unwrap_err();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 2, "{given}");
        assert_eq!(seen[0], told, "{given}");
    }
}

//! What is left of the time of a call.

use std::time::Duration;

use bytes::Bytes;
use redress::deadline::{Scope, parse_grpc_timeout};
use redress::strategies::fixed;
use redress::{Policy, PolicyBuilder};
use tonic::Code;

use super::{Server, busy, client, failing, listed, request, unary};

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

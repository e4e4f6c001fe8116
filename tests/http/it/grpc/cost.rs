//! What the layer allocates.

use bytes::Bytes;
use redress::Policy;
use redress::contrib::tonic_0_14::GrpcRetryLayer;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};

use super::{attempts, busy, channel, client, failing, listed, policy, request, unary};

/// The server runs on another thread, which is not counted.
///
/// Of what the layer adds two are for the body, one is the timer of a deadline, and two are those of a clone of
/// the channel: each attempt has one that is ready.
#[test]
fn what_a_call_through_the_layer_allocates() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let server = failing(0, busy).await;
            tell.send(server.url.clone()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = told.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let mut bare = Grpc::new(channel(&url));
    let mut retried = client(&url, &listed(policy(3)));
    let mut once = client(&url, &GrpcRetryLayer::new(Policy::recommended()));
    let timeless = attempts(3).no_deadline().build().unwrap();
    let mut timeless = client(&url, &listed(timeless));
    let mut counts = [f64::MAX; 5];
    // How the tasks of the connections take turns differs a little: the least counts.
    for _ in 0..3 {
        let turns = [
            allocations(&runtime, &mut bare, false),
            allocations(&runtime, &mut bare, true),
            allocations(&runtime, &mut timeless, false),
            allocations(&runtime, &mut retried, false),
            allocations(&runtime, &mut once, false),
        ];
        for (least, count) in counts.iter_mut().zip(turns) {
            *least = least.min(count);
        }
    }
    let [bare, cloned, timeless, listed, once] = counts;
    println!(
        "allocations of a call: bare {bare}, on a clone {cloned}; with the layer {timeless}, with a deadline \
         {listed}, recommended and once {once}"
    );
    assert!(timeless - cloned <= 2.1, "{counts:?}");
    assert!(listed - cloned <= 3.1 && once - cloned <= 3.1, "{counts:?}");
}

/// Counts the allocations of a call, with those of its connection.
fn allocations<S>(runtime: &tokio::runtime::Runtime, client: &mut Grpc<S>, clone: bool) -> f64
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
{
    let calls = 100;
    let mut run = || {
        runtime.block_on(async {
            for _ in 0..calls {
                let mut cloned = clone.then(|| client.clone());
                let client = cloned.as_mut().unwrap_or(client);
                let sent = request(Bytes::from_static(b"7"));
                unary(client, sent).await.unwrap();
            }
        });
    };
    run();
    allocation_counter::measure(run).count_total as f64 / f64::from(calls)
}

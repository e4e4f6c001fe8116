use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use redress::ErrorClass::{Permanent, Transient};

use super::{means, unsent};
use crate::support::closed;
use crate::support::h1::{self, Answer, cut};

fn request(url: &str) -> http::Request<Full<Bytes>> {
    http::Request::get(url).body(Full::default()).unwrap()
}

#[tokio::test]
async fn the_client_and_the_bodies_of_hyper() {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let url = format!("http://{}/", closed());
    means(
        "refused",
        client.request(request(&url)).await.unwrap_err(),
        unsent(Transient),
    );
    for (what, answer, expected) in [
        ("RST", Answer::Reset(vec![]), Transient),
        ("FIN", Answer::Fin(vec![]), Transient),
        (
            "garbage",
            Answer::Fin(b"garbage\r\n\r\n".to_vec()),
            Permanent,
        ),
    ] {
        let server = h1::Server::answers([answer]);
        means(
            what,
            client.request(request(&server.url("/"))).await.unwrap_err(),
            expected,
        );
    }
    for (what, answer) in [
        ("RST in the body", Answer::Reset(cut(200, b"abc"))),
        ("FIN in the body", Answer::Fin(cut(200, b"abc"))),
    ] {
        let server = h1::Server::answers([answer]);
        let response = client.request(request(&server.url("/"))).await.unwrap();
        means(
            what,
            response.into_body().collect().await.unwrap_err(),
            Transient,
        );
    }
}

/// A request that is still in the queue of a connection when that ends.
#[tokio::test]
async fn a_request_that_never_left_its_queue() {
    let server = h1::Server::answers([Answer::Hang(vec![])]);
    let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, Full<Bytes>>(io)
        .await
        .unwrap();
    let queued = sender.send_request(request("/"));
    drop(connection);
    let error = queued.await.unwrap_err();
    assert!(error.is_canceled());
    means("canceled", error, unsent(Transient));
}

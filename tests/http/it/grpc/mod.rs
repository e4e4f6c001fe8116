//! The layer for channels of tonic: which calls it sends again, with what body and which headers.

mod cost;
mod ends;
mod repeats;
mod streams;
mod time;

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::contrib::tonic_0_14::{GrpcRetry, GrpcRetryLayer};
use redress::strategies::instant;
use redress::{Policy, PolicyBuilder};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::transport::{Channel, Endpoint};
use tonic::{GrpcMethod, Response, Status};
use tower::{Layer as _, service_fn};

use crate::classify::tonic::Raw;
use crate::support::h2;

const PATH: &str = "/shop.Orders/Get";

fn attempts(max: u32) -> PolicyBuilder {
    Policy::builder().strategy(instant()).max_attempts(max)
}

fn policy(max: u32) -> Policy {
    attempts(max).build().unwrap()
}

fn listed(policy: Policy) -> GrpcRetryLayer {
    GrpcRetryLayer::new(policy).idempotent([PATH])
}

fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned())
        .unwrap()
        .connect_lazy()
}

type Client = Grpc<GrpcRetry<Channel>>;

fn client(url: &str, layer: &GrpcRetryLayer) -> Client {
    Grpc::new(layer.layer(channel(url)))
}

/// As a generated client does.
fn request<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let method = GrpcMethod::new("shop.Orders", "Get");
    request.extensions_mut().insert(method);
    request
}

async fn unary<S>(client: &mut Grpc<S>, sent: tonic::Request<Bytes>) -> Result<Bytes, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
{
    let ready = client.ready().await;
    ready.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static(PATH);
    Ok(client.unary(sent, path, Raw).await?.into_inner())
}

async fn get(client: &mut Client) -> Result<Bytes, Status> {
    unary(client, request(Bytes::from_static(b"7"))).await
}

/// A server of tonic's on a port: what it has seen, and what it answers by the number of the request.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Server {
    async fn new<F>(answer: impl Fn(usize) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Result<Bytes, Status>> + Send + 'static,
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, all) = (answer.clone(), Arc::clone(&all));
                let serve = move |request: Request<hyper::body::Incoming>| {
                    let (answer, all) = (answer.clone(), Arc::clone(&all));
                    let headers = request.headers().clone();
                    let handler = service_fn(move |request: tonic::Request<_>| {
                        let number = {
                            let mut all = all.lock().unwrap();
                            all.push((headers.clone(), request.into_inner()));
                            all.len()
                        };
                        let answer = answer(number);
                        async move { answer.await.map(Response::new) }
                    });
                    async move {
                        let mut grpc = tonic::server::Grpc::new(Raw);
                        let request = request.map(Body::new);
                        Ok::<_, Infallible>(grpc.unary(handler, request).await)
                    }
                };
                tokio::spawn(async move {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let service = hyper::service::service_fn(serve);
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, seen }
    }

    fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn header(&self, name: &str) -> Vec<Option<String>> {
        let seen = self.seen.lock().unwrap();
        let text = |(headers, _): &(HeaderMap, Bytes)| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        seen.iter().map(text).collect()
    }
}

fn busy() -> Status {
    Status::unavailable("busy")
}

/// Fails so many times.
async fn failing(times: usize, status: impl Fn() -> Status + Clone + Send + 'static) -> Server {
    Server::new(move |number| {
        let answer = if number <= times {
            Err(status())
        } else {
            Ok(Bytes::from_static(b"done"))
        };
        async move { answer }
    })
    .await
}

fn head(id: u32, fields: &[(&str, &str)], ends: bool) -> Vec<u8> {
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    h2::headers(id, &[&head, fields].concat(), ends)
}

fn message(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[0], &length[..], text.as_bytes()].concat()
}

fn done(id: u32) -> Vec<u8> {
    let trailers = h2::headers(id, &[("grpc-status", "0")], true);
    [
        head(id, &[], false),
        h2::data(id, &message("done"), false),
        trailers,
    ]
    .concat()
}

//! What a call costs that succeeds at once, beside the same client without redress, on loopback: a GET of
//! reqwest, a unary call of tonic.
//!
//! `cargo bench --manifest-path tests/http/Cargo.toml --bench calls`
//!
//! Rounds of all rows are interleaved; a figure is the median of its rounds, its spread the distance between
//! their quartiles, and its ratio that to the first row. The server has a thread of its own. Allocations are those of the client's thread. Compare figures of one run only.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark may panic"
)]

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Instant;

use bytes::{Buf as _, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use hyper_util::rt::{TokioExecutor, TokioIo};
use redress::Policy;
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::contrib::tonic_0_14::GrpcRetryLayer;
use reqwest_middleware::ClientBuilder;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tokio::runtime::Runtime;
use tonic::Status;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tower::{Layer as _, service_fn};

const CALLS: u32 = 200;
const ROUNDS: usize = 101;

fn main() {
    let runtime = current_thread();
    let _entered = runtime.enter();
    gets(&runtime);
    unaries(&runtime);
}

fn gets(runtime: &Runtime) {
    let url = http_server();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let policy = Policy::new();
    let backoff = ExponentialBackoff::builder().build_with_max_retries(3);
    let middleware = ClientBuilder::new(http.clone())
        .with(RetryTransientMiddleware::new_with_policy(backoff))
        .build();
    let bare = async || drop(http.get(&url).send().await.unwrap().bytes().await.unwrap());
    // What any retry of reqwest's requests has to do: the client takes the request that it sends.
    let copied = async || {
        let request = http.get(&url).build().unwrap();
        let copy = request.try_clone().unwrap();
        drop(http.execute(copy).await.unwrap().bytes().await.unwrap());
    };
    let ours = async || drop(http.get(&url).retry(&policy).bytes().await.unwrap());
    let theirs = async || {
        drop(
            middleware
                .get(&url)
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap(),
        )
    };
    let timeless = Policy::builder().no_deadline().build().unwrap();
    let timeless = async || drop(http.get(&url).retry(&timeless).bytes().await.unwrap());
    let rows = vec![
        Row::new("the client alone", runtime, bare),
        Row::new("a copy of the request is sent", runtime, copied),
        Row::new("redress", runtime, ours),
        Row::new("redress, no deadline", runtime, timeless),
        Row::new("reqwest-retry", runtime, theirs),
    ];
    table("a GET of reqwest", rows);
}

fn unaries(runtime: &Runtime) {
    let url = grpc_server();
    let channel = Endpoint::from_shared(url).unwrap().connect_lazy();
    let layer = |policy| GrpcRetryLayer::new(policy).idempotent(["/shop.Orders"]);
    let timeless = Policy::builder().no_deadline().build().unwrap();
    let listed = layer(Policy::new()).layer(channel.clone());
    let timeless = layer(timeless).layer(channel.clone());
    let rows = vec![
        Row::new("the channel alone", runtime, calls(channel.clone())),
        Row::new("a clone of the channel", runtime, async move || {
            unary(channel.clone()).await;
        }),
        Row::new("redress", runtime, calls(listed)),
        Row::new("redress, no deadline", runtime, calls(timeless)),
    ];
    table("a unary call of tonic", rows);
}

/// Calls on one client, as a task that owns it does.
fn calls<S>(channel: S) -> impl AsyncFnMut()
where
    S: GrpcService<tonic::body::Body> + Clone,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
    S::Error: std::fmt::Debug,
{
    let mut client = Grpc::new(channel);
    async move || call(&mut client).await
}

async fn unary(channel: Channel) {
    call(&mut Grpc::new(channel)).await;
}

async fn call<S>(client: &mut Grpc<S>)
where
    S: GrpcService<tonic::body::Body>,
    S::ResponseBody: http_body::Body + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tower::BoxError>,
    S::Error: std::fmt::Debug,
{
    client.ready().await.unwrap();
    let sent = tonic::Request::new(Bytes::from_static(b"7"));
    let path = PathAndQuery::from_static("/shop.Orders/Get");
    client.unary(sent, path, Raw).await.unwrap();
}

/// A round of a row: how many nanoseconds a call of it takes, and how many allocations.
type Round<'a> = Box<dyn FnMut() -> (f64, f64) + 'a>;

struct Row<'a> {
    name: &'static str,
    round: Round<'a>,
    times: Vec<f64>,
    allocations: Vec<f64>,
}

impl<'a> Row<'a> {
    fn new(name: &'static str, runtime: &'a Runtime, mut call: impl AsyncFnMut() + 'a) -> Self {
        let round = move || {
            let started = Instant::now();
            let counted = allocation_counter::measure(|| {
                runtime.block_on(async {
                    for _ in 0..CALLS {
                        call().await;
                    }
                });
            });
            let each = started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS);
            (each, counted.count_total as f64 / f64::from(CALLS))
        };
        Self {
            name,
            round: Box::new(round),
            times: Vec::new(),
            allocations: Vec::new(),
        }
    }
}

fn table(title: &str, mut rows: Vec<Row<'_>>) {
    for turn in 0..=ROUNDS {
        for row in &mut rows {
            let (time, allocations) = (row.round)();
            // The first makes connections.
            if turn > 0 {
                row.times.push(time);
                row.allocations.push(allocations);
            }
        }
    }
    let is_tsv = std::env::args().any(|arg| arg == "--tsv");
    if !is_tsv {
        println!(
            "{title:34}{:>12}{:>12}{:>14}{:>8}",
            "ns", "spread", "allocations", "ratio"
        );
    }
    let mut bare = f64::NAN;
    for row in &mut rows {
        let time = quantile(&mut row.times, 0.5);
        let spread = quantile(&mut row.times, 0.75) - quantile(&mut row.times, 0.25);
        let allocations = quantile(&mut row.allocations, 0.5);
        if bare.is_nan() {
            bare = time;
        }
        let (name, ratio) = (row.name, time / bare);
        if is_tsv {
            for (column, value) in [
                ("µs", time / 1e3),
                ("spread, µs", spread / 1e3),
                ("allocations", allocations),
            ] {
                println!("{title}\t{name}\t{column}\t{value}");
            }
        } else {
            println!("{name:34}{time:>12.0}{spread:>12.0}{allocations:>14.0}{ratio:>8.3}");
        }
    }
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = share * (values.len().saturating_sub(1)) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = index as usize;
    values[index]
}

fn current_thread() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Answers each read with one response: requests of this client are one write each.
fn http_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                while stream.read(&mut request).unwrap() > 0 {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    stream.write_all(answer).unwrap();
                }
            });
        }
    });
    url
}

fn grpc_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        current_thread().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let service = hyper::service::service_fn(|request| async {
                        let mut grpc = tonic::server::Grpc::new(Raw);
                        let echo = service_fn(|request: tonic::Request<Bytes>| async {
                            Ok::<_, Status>(tonic::Response::new(request.into_inner()))
                        });
                        Ok::<_, Infallible>(grpc.unary(echo, request).await)
                    });
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    url
}

/// Messages as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

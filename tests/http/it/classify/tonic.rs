//! Runs with tonic's feature `server` and without: the codes differ, what they mean does not.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use redress::ErrorClass::{Permanent, RateLimit, ServerError, Transient, Unknown};
use redress::{Classification, ErrorClass};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Endpoint;

use super::{means, unsent};
use crate::support::{closed, full, h2};

/// Messages as they are.
#[derive(Clone, Default)]
pub(crate) struct Raw;

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

async fn fails(url: &str, timeout: Duration) -> Status {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    let endpoint = endpoint
        .connect_timeout(Duration::from_millis(200))
        .timeout(timeout);
    let mut client = tonic::client::Grpc::new(endpoint.connect_lazy());
    if let Err(error) = client.ready().await {
        return Status::from_error(error.into());
    }
    let path = http::uri::PathAndQuery::from_static("/a.B/C");
    client
        .unary(tonic::Request::new(Bytes::from_static(b"x")), path, Raw)
        .await
        .unwrap_err()
}

const LONG: Duration = Duration::from_secs(30);

async fn fails_by(script: impl Fn(u32) -> h2::Answer + Send + Sync + 'static) -> Status {
    let server = h2::Server::new(move |id, _, _| script(id));
    fails(&server.url(""), LONG).await
}

#[tokio::test]
async fn no_connection_and_no_time() {
    let url = format!("http://{}", closed());
    means("refused", fails(&url, LONG).await, unsent(Transient));
    let full = full();
    let url = format!("http://{}", full.addr);
    means(
        "connect timeout",
        fails(&url, LONG).await,
        unsent(Transient),
    );
    let server = h2::Server::new(|_, _, _| h2::Answer::Frames(vec![]));
    let status = fails(&server.url(""), Duration::from_millis(100)).await;
    assert_eq!(status.code(), tonic::Code::Cancelled); // which by its code would be the caller's wish
    means("timeout of the channel", status, Transient);
}

#[tokio::test]
async fn what_http_2_says() {
    for (what, reason, expected) in [
        ("REFUSED_STREAM", h2::REFUSED_STREAM, unsent(Transient)),
        ("INTERNAL_ERROR", h2::INTERNAL_ERROR, ServerError.into()),
        ("CANCEL", h2::CANCEL, Transient.into()),
        ("CALM", h2::ENHANCE_YOUR_CALM, RateLimit.into()),
    ] {
        let status = fails_by(move |id| h2::Answer::Frames(h2::rst_stream(id, reason))).await;
        means(what, status, expected);
    }
    for (what, reason, expected) in [
        ("GOAWAY NO_ERROR", h2::NO_ERROR, unsent(Transient)),
        ("GOAWAY CALM", h2::ENHANCE_YOUR_CALM, unsent(RateLimit)),
    ] {
        let status = fails_by(move |_| h2::Answer::Frames(h2::goaway(0, reason))).await;
        means(what, status, expected);
    }
    let status = fails_by(|_| h2::Answer::Fin(h2::goaway(1, h2::NO_ERROR))).await;
    means("GOAWAY that took it, then FIN", status, Transient);
    means(
        "FIN",
        fails_by(|_| h2::Answer::Fin(vec![])).await,
        Transient,
    );
}

/// What is said of a stream after its head is said of a request that the server has seen.
#[tokio::test]
async fn what_http_2_says_in_the_middle_of_an_answer() {
    for (what, frames, expected) in [
        (
            "REFUSED_STREAM",
            h2::rst_stream(1, h2::REFUSED_STREAM),
            Transient,
        ),
        ("GOAWAY", h2::goaway(0, h2::ENHANCE_YOUR_CALM), RateLimit),
    ] {
        let status = fails_by(move |id| {
            assert_eq!(id, 1);
            let head = [(":status", "200"), ("content-type", "application/grpc")];
            let begun = h2::data(id, &[0, 0, 0, 0, 9, b'x'], false);
            h2::Answer::Frames([h2::headers(id, &head, false), begun, frames.clone()].concat())
        });
        means(what, status.await, expected);
    }
}

#[tokio::test]
async fn the_codes_depend_on_a_feature_of_tonic() {
    let status = fails_by(|id| h2::Answer::Frames(h2::rst_stream(id, h2::REFUSED_STREAM))).await;
    let code = if cfg!(feature = "server") {
        tonic::Code::Unavailable
    } else {
        tonic::Code::Unknown
    };
    assert_eq!(status.code(), code);
}

fn grpc(id: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    h2::headers(id, &[&head, fields].concat(), true)
}

fn hinted(class: ErrorClass, millis: u64) -> Classification {
    Classification::new(class).retry_after(Duration::from_millis(millis))
}

#[tokio::test]
async fn what_the_server_says_and_asks_for() {
    let busy = |pushback: &'static str| {
        move |id| {
            h2::Answer::Frames(grpc(
                id,
                &[("grpc-status", "14"), ("grpc-retry-pushback-ms", pushback)],
            ))
        }
    };
    means(
        "trailers only",
        fails_by(busy("250")).await,
        hinted(Transient, 250),
    );
    for never in ["-1", "soon", "", "1.5"] {
        let expected = Classification::new(Transient).no_retry();
        means(never, fails_by(busy(never)).await, expected);
    }
    let status = fails_by(|id| {
        let head = [(":status", "200"), ("content-type", "application/grpc")];
        let trailers = [("grpc-status", "14"), ("grpc-retry-pushback-ms", "250")];
        h2::Answer::Frames(
            [
                h2::headers(id, &head, false),
                h2::headers(id, &trailers, true),
            ]
            .concat(),
        )
    })
    .await;
    means("trailers after a head", status, hinted(Transient, 250));
    for (http, expected) in [
        ("503", hinted(Transient, 7000)),
        ("429", hinted(RateLimit, 7000)),
    ] {
        let status = fails_by(move |id| {
            h2::Answer::Frames(h2::headers(
                id,
                &[(":status", http), ("retry-after", "7")],
                true,
            ))
        })
        .await;
        means(http, status, expected);
    }
    means(
        "no status",
        fails_by(|id| h2::Answer::Frames(grpc(id, &[]))).await,
        Unknown,
    );
    for (code, expected) in [
        ("3", Permanent),
        ("5", Permanent),
        ("13", ServerError),
        ("8", RateLimit),
    ] {
        let status =
            fails_by(move |id| h2::Answer::Frames(grpc(id, &[("grpc-status", code)]))).await;
        means(code, status, expected);
    }
}

#[test]
fn retry_info_is_what_another_decoder_reads() {
    use tonic_types::{ErrorDetails, StatusExt as _};
    for delay in [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_millis(2500),
        Duration::new(u64::from(u32::MAX), 999_999_999),
    ] {
        let mut details = ErrorDetails::new();
        details
            .set_localized_message("en", "busy")
            .set_retry_info(Some(delay));
        let mut status = Status::with_error_details(tonic::Code::Unavailable, "busy", details);
        let expected = Classification::new(Transient).retry_after(delay);
        means("RetryInfo", status.clone(), expected);
        status
            .metadata_mut()
            .insert("grpc-retry-pushback-ms", "9".parse().unwrap());
        means("pushback beside it", status, hinted(Transient, 9));
    }
}

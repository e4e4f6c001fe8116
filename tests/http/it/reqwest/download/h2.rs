//! Downloads over HTTP/2: a stream has an end of its own, and ways of its own to be lost.

use redress::StopReason;
use redress::contrib::reqwest_0_13::{Discontinuity, RetryExt as _};
use reqwest::Client;

use super::super::h2::client;
use super::{WHOLE, drain, policy};
use crate::support::h2::{self, Answer, Seen, Server};

/// Reads a body to its end: from then on this program knows that bodies tell it.
pub(super) async fn know_the_end(http: &Client) {
    let whole = Server::new(|id, _, _| Answer::Frames(after(id, &[], h2::data(id, b"", true))));
    let policy = policy();
    let mut download = http.get(whole.url("/")).retry(&policy).download();
    assert!(drain(&mut download).await.1.is_none());
}

const ETAG: (&str, &str) = ("etag", "\"a\"");
const LENGTH: (&str, &str) = ("content-length", "20");

/// Ten bytes of twenty, of an answer with these headers.
fn half(id: u32, headers: &[(&str, &str)]) -> Vec<u8> {
    let head = [&[(":status", "200")], headers].concat();
    let head = h2::headers(id, &head, false);
    [head, h2::data(id, &WHOLE[..10], false)].concat()
}

fn rest(id: u32) -> Vec<u8> {
    let head = [
        (":status", "206"),
        ("content-range", "bytes 10-19/20"),
        ETAG,
    ];
    let head = h2::headers(id, &head, false);
    [head, h2::data(id, &WHOLE[10..], true)].concat()
}

/// A server that answers the first request in this way, and others with the rest.
fn server(first: impl Fn(u32) -> Answer + Send + Sync + 'static) -> Server {
    Server::new(move |id, number, _| match number {
        1 => first(id),
        _ => Answer::Frames(rest(id)),
    })
}

async fn fetch(server: &Server) -> (Vec<u8>, Option<redress::Error<super::Failure>>) {
    let policy = policy();
    let mut download = client().get(server.url("/file")).retry(&policy).download();
    drain(&mut download).await
}

fn asked(seen: &Seen) -> (Option<&str>, Option<&str>) {
    (seen.header("range"), seen.header("if-range"))
}

/// An answer on a stream.
type First = dyn Fn(u32) -> Answer + Send + Sync;

fn after(id: u32, headers: &[(&str, &str)], frames: Vec<u8>) -> Vec<u8> {
    [half(id, headers), frames].concat()
}

/// Everything that ends a stream in its middle.
fn cuts(headers: &'static [(&'static str, &'static str)]) -> Vec<(String, Box<First>)> {
    let mut cuts: Vec<(String, Box<First>)> = Vec::new();
    for reason in [
        h2::NO_ERROR,
        h2::PROTOCOL_ERROR,
        h2::INTERNAL_ERROR,
        h2::REFUSED_STREAM,
        h2::CANCEL,
        h2::ENHANCE_YOUR_CALM,
    ] {
        cuts.push((
            format!("RST_STREAM {reason}"),
            Box::new(move |id| Answer::Frames(after(id, headers, h2::rst_stream(id, reason)))),
        ));
        // Streams up to the last one may go on; the connection does not.
        for taken in [true, false] {
            cuts.push((
                format!("GOAWAY {reason}, which has {taken} taken it"),
                Box::new(move |id| {
                    let last = if taken { id } else { 0 };
                    Answer::Fin(after(id, headers, h2::goaway(last, reason)))
                }),
            ));
        }
    }
    cuts.push((
        "the end of the connection".to_owned(),
        Box::new(move |id| Answer::Fin(half(id, headers))),
    ));
    cuts
}

#[tokio::test]
async fn whatever_ends_a_stream_in_the_middle_is_a_cut() {
    know_the_end(&client()).await;
    const LONG: &[(&str, &str)] = &[ETAG, LENGTH];
    const UNKNOWN: &[(&str, &str)] = &[ETAG];
    for headers in [LONG, UNKNOWN] {
        for (what, first) in cuts(headers) {
            let server = server(first);
            let (bytes, error) = fetch(&server).await;
            assert!(error.is_none(), "{what}, {headers:?}: {error:?}");
            assert_eq!(bytes, WHOLE, "{what}, {headers:?}");
            let seen = server.seen();
            assert_eq!(seen.len(), 2, "{what}");
            assert_eq!(asked(&seen[0]), (None, None));
            assert_eq!(
                asked(&seen[1]),
                (Some("bytes=10-"), Some("\"a\"")),
                "{what}"
            );
            assert_eq!(seen[1].header("accept-encoding"), Some("identity"));
            // What ends a stream leaves the connection.
            let connections = if what.starts_with("RST") { 1 } else { 2 };
            assert_eq!(server.connections(), connections, "{what}");
        }
    }
}

/// Without a validator the rest cannot be asked for, and no part is taken for the whole.
#[tokio::test]
async fn a_cut_without_a_validator_is_an_error() {
    know_the_end(&client()).await;
    const LONG: &[(&str, &str)] = &[LENGTH];
    for headers in [LONG, &[]] {
        for (what, first) in cuts(headers) {
            let server = server(first);
            let (bytes, error) = fetch(&server).await;
            assert_eq!(bytes, &WHOLE[..10], "{what}, {headers:?}");
            let error = error.unwrap();
            assert_eq!(error.stop_reason(), StopReason::RetryForbidden, "{what}");
            let why = error.source_ref().unwrap().discontinued().unwrap();
            // What ends without an error looks like the end.
            let expected = match what.as_str() {
                "RST_STREAM 0" | "GOAWAY 0, which has false taken it" if headers.is_empty() => {
                    Discontinuity::EndUnknown
                }
                "RST_STREAM 0" | "GOAWAY 0, which has false taken it" => Discontinuity::Short,
                _ => Discontinuity::NoValidator,
            };
            assert_eq!(why.reason(), expected, "{what}, {headers:?}");
            assert_eq!(server.requests(), 1, "{what}");
        }
    }
}

#[tokio::test]
async fn a_stream_says_itself_where_it_ends() {
    let ends = |id, headers: &[(&str, &str)]| {
        let data = half(id, headers);
        Answer::Frames([data, h2::data(id, &WHOLE[10..], true)].concat())
    };
    let trailers = |id, headers: &[(&str, &str)]| {
        let data = after(id, headers, h2::data(id, &WHOLE[10..], false));
        Answer::Frames([data, h2::headers(id, &[("x-sum", "1")], true)].concat())
    };
    // The answer is complete, and the server wants no more of the request.
    let reset = |id, headers: &[(&str, &str)]| {
        let data = after(id, headers, h2::data(id, &WHOLE[10..], true));
        Answer::Frames([data, h2::rst_stream(id, h2::NO_ERROR)].concat())
    };
    type Whole = fn(u32, &[(&str, &str)]) -> Answer;
    let all: [Whole; 3] = [ends, trailers, reset];
    for headers in [&[][..], &[ETAG], &[LENGTH], &[ETAG, LENGTH]] {
        for (which, answer) in all.into_iter().enumerate() {
            let headers: Vec<_> = headers.to_vec();
            let server = server(move |id| answer(id, &headers));
            let (bytes, error) = fetch(&server).await;
            assert!(error.is_none(), "{which}: {error:?}");
            assert_eq!((bytes.as_slice(), server.requests()), (WHOLE, 1), "{which}");
        }
    }
    for status in ["200", "204"] {
        let empty = move |id| Answer::Frames(h2::headers(id, &[(":status", status)], true));
        let server = server(empty);
        let (bytes, error) = fetch(&server).await;
        assert!(error.is_none() && bytes.is_empty(), "{status}: {error:?}");
    }
}

/// All bytes that were announced are here, so nothing is asked.
#[tokio::test]
async fn a_cut_behind_the_last_byte_is_none() {
    type End = fn(u32) -> Vec<u8>;
    let whole = |id| after(id, &[LENGTH], h2::data(id, &WHOLE[10..], false));
    let server_of = |cut: End, fin: bool| {
        server(move |id| {
            let frames = [whole(id), cut(id)].concat();
            if fin {
                Answer::Fin(frames)
            } else {
                Answer::Frames(frames)
            }
        })
    };
    let cases: [(End, bool); 4] = [
        (|id| h2::rst_stream(id, h2::INTERNAL_ERROR), false),
        (|id| h2::rst_stream(id, h2::NO_ERROR), false),
        (|_| h2::goaway(0, h2::INTERNAL_ERROR), true),
        (|_| Vec::new(), true),
    ];
    for (which, (cut, fin)) in cases.into_iter().enumerate() {
        let server = server_of(cut, fin);
        let (bytes, error) = fetch(&server).await;
        assert!(error.is_none(), "{which}: {error:?}");
        assert_eq!((bytes.as_slice(), server.requests()), (WHOLE, 1), "{which}");
    }
}

/// A length that is not that of the body is an error of the protocol, at its end or before.
#[tokio::test]
async fn a_server_that_lies_about_the_length() {
    let too_short = |id: u32| {
        let headers = [(":status", "200"), ETAG, ("content-length", "5")];
        let head = h2::headers(id, &headers, false);
        Answer::Frames([head, h2::data(id, WHOLE, true)].concat())
    };
    let short = Server::new(move |id, _, _| too_short(id));
    let (bytes, error) = fetch(&short).await;
    assert_eq!(error.unwrap().stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!((bytes.len(), short.requests()), (0, 3));
    let too_long = |id: u32| {
        let mut frames = half(id, &[ETAG, LENGTH]);
        frames.extend(h2::data(id, b"", true));
        Answer::Frames(frames)
    };
    let long = server(too_long);
    let (bytes, error) = fetch(&long).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((bytes.as_slice(), long.requests()), (WHOLE, 2));
}

/// A stream that is refused before its head is asked for again, and the file may be another one then.
#[tokio::test]
async fn before_the_first_byte_everything_is_tried_again() {
    let cases: [fn(u32) -> Vec<u8>; 3] = [
        |id| h2::rst_stream(id, h2::REFUSED_STREAM),
        |_| h2::goaway(0, h2::NO_ERROR),
        |id| h2::headers(id, &[(":status", "503")], true),
    ];
    for (which, fails) in cases.into_iter().enumerate() {
        let server = Server::new(move |id, number, _| {
            Answer::Frames(match number {
                1 => fails(id),
                _ => after(id, &[("etag", "\"b\"")], h2::data(id, &WHOLE[10..], true)),
            })
        });
        let (bytes, error) = fetch(&server).await;
        assert!(error.is_none(), "{which}: {error:?}");
        assert_eq!(bytes, WHOLE, "{which}");
        let seen = server.seen();
        assert_eq!((seen.len(), asked(&seen[1])), (2, (None, None)), "{which}");
    }
}

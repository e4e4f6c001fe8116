//! Bodies over HTTP/2, which hyper shows as ended when the server gives their stream up without an error.

use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
use redress::{Error, StopReason};
use reqwest::Client;

use super::policy;
use crate::support::h2::{self, Answer, Server};

/// A client that speaks it at once, as to a server that it knows.
pub(super) fn client() -> Client {
    let builder = Client::builder().no_proxy().http2_prior_knowledge();
    builder.retry(reqwest::retry::never()).build().unwrap()
}

const BODY: &str = "{\"whole\": true}";

fn head(id: u32) -> Vec<u8> {
    let length = BODY.len().to_string();
    let fields = [(":status", "200"), ("content-length", length.as_str())];
    h2::headers(id, &fields, false)
}

fn part(id: u32, end: usize) -> Vec<u8> {
    [head(id), h2::data(id, &BODY.as_bytes()[..end], false)].concat()
}

async fn read_in_each_way(server: &Server) -> Vec<Result<String, Error<Failure>>> {
    let (http, policy) = (client(), policy());
    let get = || http.get(server.url("/page")).retry(&policy);
    let json = get().json::<serde_json::Value>().await;
    vec![
        get().text().await,
        get()
            .bytes()
            .await
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()),
        json.map(|json| json.to_string().replace(':', ": ")),
    ]
}

#[tokio::test]
async fn a_body_that_is_shorter_than_announced_is_read_again() {
    let cuts: [fn(u32) -> Answer; 4] = [
        |id| Answer::Frames([part(id, 9), h2::rst_stream(id, h2::NO_ERROR)].concat()),
        |id| Answer::Frames([part(id, 9), h2::rst_stream(id, h2::CANCEL)].concat()),
        |id| Answer::Fin([part(id, 9), h2::goaway(0, h2::NO_ERROR)].concat()),
        |id| Answer::Fin(part(id, 9)),
    ];
    for (which, cut) in cuts.into_iter().enumerate() {
        let server = Server::new(move |id, number, _| match number % 2 {
            1 => cut(id),
            // In chunks, which are joined.
            _ => {
                let (half, rest) = BODY.as_bytes().split_at(5);
                let half = [head(id), h2::data(id, half, false)].concat();
                Answer::Frames([half, h2::data(id, rest, true)].concat())
            }
        });
        for read in read_in_each_way(&server).await {
            assert_eq!(read.unwrap(), BODY, "{which}");
        }
        assert_eq!(server.requests(), 6, "{which}");
        // Each time: the error of the last attempt.
        let server = Server::new(move |id, _, _| cut(id));
        for read in read_in_each_way(&server).await {
            let error = read.unwrap_err();
            assert_eq!(
                error.stop_reason(),
                StopReason::MaxAttemptsGlobal,
                "{which}"
            );
        }
        assert_eq!(server.requests(), 9, "{which}");
    }
}

/// A stream is refused before its request is processed, says RFC 9113. One that has begun to answer was not.
#[tokio::test]
async fn a_post_that_is_refused_in_the_middle_of_its_answer_is_not_repeated() {
    let cuts: [fn(u32) -> Answer; 2] = [
        |id| Answer::Frames([part(id, 9), h2::rst_stream(id, h2::REFUSED_STREAM)].concat()),
        |id| Answer::Fin([part(id, 9), h2::goaway(0, h2::ENHANCE_YOUR_CALM)].concat()),
    ];
    for (which, cut) in cuts.into_iter().enumerate() {
        let server = Server::new(move |id, _, _| cut(id));
        let (http, policy) = (client(), policy());
        let post = || {
            http.post(server.url("/pay"))
                .body("amount=5")
                .retry(&policy)
        };
        let chunks = async |mut response: reqwest::Response| {
            while response.chunk().await?.is_some() {}
            Ok::<_, reqwest::Error>(())
        };
        let errors = [
            post().text().await.map(drop).unwrap_err(),
            post().bytes().await.map(drop).unwrap_err(),
            post().read(chunks).await.unwrap_err(),
        ];
        for error in errors {
            let reason = error.stop_reason();
            assert_eq!(reason, StopReason::MayHaveBeenApplied, "{which}");
        }
        assert_eq!(server.requests(), 3, "{which}");
    }
}

#[test]
fn the_blocking_client_reads_such_a_body_again_too() {
    use redress::contrib::reqwest_0_13::blocking::RetryExt as _;
    let server = Server::new(|id, number, _| match number % 2 {
        1 => Answer::Frames([part(id, 9), h2::rst_stream(id, h2::NO_ERROR)].concat()),
        _ => Answer::Frames([head(id), h2::data(id, BODY.as_bytes(), true)].concat()),
    });
    let http = reqwest::blocking::Client::builder().no_proxy();
    let http = http.http2_prior_knowledge().build().unwrap();
    let policy = policy();
    let get = || http.get(server.url("/page")).retry(&policy);
    assert_eq!(get().text().unwrap(), BODY);
    assert_eq!(get().bytes().unwrap(), BODY);
    assert_eq!(get().json::<serde_json::Value>().unwrap()["whole"], true);
    assert_eq!(server.requests(), 6);
}

/// The answer to HEAD has a length and no body, and what is read is still what its URL answered.
#[tokio::test]
async fn an_answer_that_is_read_first_is_the_same_answer() {
    let (http, policy) = (client(), policy());
    let server = Server::new(|id, _, _| {
        let length = [(":status", "200"), ("content-length", "15")];
        Answer::Frames(h2::headers(id, &length, true))
    });
    let head = http.head(server.url("/")).retry(&policy).text().await;
    assert_eq!(head.unwrap(), "");
    let server = Server::new(|id, _, _| {
        Answer::Frames([head_of(id, "iso-8859-1"), h2::data(id, b"\xe9", true)].concat())
    });
    let text = http.get(server.url("/")).retry(&policy).bytes().await;
    assert_eq!(text.unwrap(), b"\xe9"[..]);
    let json = http
        .get(server.url("/page"))
        .retry(&policy)
        .json::<u32>()
        .await;
    let error = json.unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::NonRetryableClass);
    let failure = error.into_source().unwrap();
    assert_eq!(failure.url().unwrap().path(), "/page");
}

fn head_of(id: u32, charset: &str) -> Vec<u8> {
    let kind = format!("text/plain; charset={charset}");
    let fields = [
        (":status", "200"),
        ("content-length", "1"),
        ("content-type", &kind),
    ];
    h2::headers(id, &fields, false)
}

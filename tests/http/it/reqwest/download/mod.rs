//! Downloads that go on where they were cut.

mod cases;
mod h2;
mod reading;
mod seeds;
mod time;

use std::time::Duration;

use redress::contrib::reqwest_0_13::{Download, Failure};
use redress::strategies::{instant, retry_after_or};
use redress::{Error, Policy};

use crate::support::h1::{Answer, Seen, Server};

/// Three attempts without a byte, which wait only if a server asks for it.
fn policy() -> Policy {
    let strategy = retry_after_or(instant()).jitter(0);
    let policy = Policy::builder().strategy(strategy).max_attempts(3);
    policy.build().unwrap()
}

/// Returns what a download has yielded, and its error if it did not come to its end.
async fn drain(download: &mut Download<'_>) -> (Vec<u8>, Option<Error<Failure>>) {
    let mut bytes = Vec::new();
    loop {
        match download.chunk().await {
            Ok(Some(chunk)) => bytes.extend(chunk),
            Ok(None) => return (bytes, None),
            Err(error) => return (bytes, Some(error)),
        }
    }
}

/// A head of HTTP/1.1 with these lines, and what follows it.
fn raw(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n{headers}\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

fn fin(status: u16, headers: &str, body: &[u8]) -> Answer {
    Answer::Fin(raw(status, headers, body))
}

/// A server that gives the first answer to a request for the whole, and then these in turn.
fn server(first: Answer, rest: impl Into<Vec<Answer>>) -> Server {
    let mut answers = vec![first];
    answers.extend(rest.into());
    Server::answers(answers)
}

/// Ten bytes of twenty, with an ETag; then the end of the connection.
fn half() -> Answer {
    fin(200, "content-length: 20\r\netag: \"a\"\r\n", b"0123456789")
}

/// The other ten.
fn rest() -> Answer {
    let headers = "content-length: 10\r\ncontent-range: bytes 10-19/20\r\netag: \"a\"\r\n";
    Answer::Write(raw(206, headers, b"abcdefghij"))
}

const WHOLE: &[u8] = b"0123456789abcdefghij";

fn asked(seen: &Seen) -> (Option<&str>, Option<&str>) {
    (seen.header("range"), seen.header("if-range"))
}

const SOON: Duration = Duration::from_millis(5);

use std::time::Duration;

use redress::ErrorClass::{Permanent, RateLimit, ServerError, Transient};
use ureq::{Agent, Error};

use super::{means, unsent};
use crate::support::h1::{self, Answer, answer, cut};
use crate::support::{closed, full};

fn agent() -> Agent {
    let limit = |millis| Some(Duration::from_millis(millis));
    Agent::config_builder()
        .proxy(None)
        .timeout_connect(limit(150))
        .timeout_recv_response(limit(200))
        .timeout_recv_body(limit(200))
        .build()
        .into()
}

fn fails(agent: &Agent, url: &str) -> Error {
    match agent.get(url).call() {
        Err(error) => error,
        Ok(mut response) => response.body_mut().read_to_string().unwrap_err(),
    }
}

#[test]
fn a_connection_that_was_not_made() {
    let agent = agent();
    means(
        "refused",
        fails(&agent, &format!("http://{}", closed())),
        unsent(Transient),
    );
    means(
        "DNS",
        fails(&agent, "http://no-such-host.invalid/"),
        unsent(Transient),
    );
    let full = full();
    let error = fails(&agent, &format!("http://{}", full.addr));
    means("connect timeout", error, unsent(Transient));
}

#[test]
fn a_connection_that_broke() {
    for (what, answer) in [
        ("RST before the head", Answer::Reset(vec![])),
        ("FIN before the head", Answer::Fin(vec![])),
        ("RST in the body", Answer::Reset(cut(200, b"abc"))),
        ("FIN in the body", Answer::Fin(cut(200, b"abc"))),
        (
            "FIN in a chunk",
            Answer::Fin(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc".to_vec()),
        ),
        ("hang before the head", Answer::Hang(vec![])),
        ("hang in the body", Answer::Hang(cut(200, b"abc"))),
    ] {
        let server = h1::Server::answers([answer]);
        means(what, fails(&agent(), &server.url("/")), Transient);
    }
}

#[test]
fn a_kept_connection_that_the_server_closes_as_the_next_request_arrives() {
    let server = h1::Server::answers([answer(200, "", b""), Answer::Fin(vec![])]);
    let agent = agent();
    agent.get(server.url("/")).call().unwrap();
    means("kept", fails(&agent, &server.url("/")), Transient);
    assert_eq!(server.connections(), 1);
}

#[test]
fn what_stays_wrong() {
    let agent = agent();
    let server = h1::Server::answers([Answer::Write(b"garbage\r\n\r\n".to_vec())]);
    means("garbage", fails(&agent, &server.url("/")), Permanent);
    let server = h1::Server::answers([answer(302, "location: /\r\n", b"")]);
    means("redirects", fails(&agent, &server.url("/")), Permanent);
    means("bad URL", fails(&agent, "nonsense"), Permanent);
    let server = h1::Server::answers([Answer::Hang(vec![])]);
    let url = format!("https://{}/", server.addr);
    means("no TLS", fails(&agent, &url), Permanent);
    let server = h1::Server::answers([answer(200, "", b"no JSON")]);
    let mut response = agent.get(server.url("/")).call().unwrap();
    means(
        "JSON",
        response.body_mut().read_json::<u32>().unwrap_err(),
        Permanent,
    );
}

#[test]
fn a_status() {
    for (status, expected) in [
        (503, ServerError.into()),
        (501, Permanent.into()),
        (429, unsent(RateLimit)),
        (404, Permanent.into()),
    ] {
        let server = h1::Server::answers([answer(status, "", b"")]);
        means(
            &status.to_string(),
            fails(&agent(), &server.url("/")),
            expected,
        );
    }
}

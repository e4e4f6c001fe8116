use std::time::Duration;

use redress::ErrorClass::{Permanent, RateLimit, ServerError, Transient, Unknown};
use reqwest::{Client, ClientBuilder, Error};

use super::{means, unsent};
use crate::support::h1::{self, Answer, answer, cut};
use crate::support::{closed, full, h2};

type Script = Box<dyn Fn(u32) -> h2::Answer + Send + Sync>;

fn builder() -> ClientBuilder {
    Client::builder().no_proxy().retry(reqwest::retry::never())
}

fn client() -> Client {
    builder().build().unwrap()
}

async fn fails(client: &Client, url: &str) -> Error {
    match client.get(url).send().await {
        Err(error) => error,
        Ok(response) => response
            .error_for_status()
            .unwrap()
            .bytes()
            .await
            .unwrap_err(),
    }
}

#[tokio::test]
async fn a_connection_that_was_not_made() {
    let client = client();
    means(
        "refused",
        fails(&client, &format!("http://{}", closed())).await,
        unsent(Transient),
    );
    means(
        "DNS",
        fails(&client, "http://no-such-host.invalid/").await,
        unsent(Transient),
    );
    means(
        "no TLS",
        fails(&client, "https://127.0.0.1:1/").await,
        unsent(Unknown),
    );
    let full = full();
    let client = builder()
        .connect_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = fails(&client, &format!("http://{}", full.addr)).await;
    assert!(error.is_connect() && error.is_timeout());
    means("connect timeout", error, unsent(Transient));
}

#[tokio::test]
async fn a_connection_that_broke() {
    for (what, answer) in [
        ("RST before the head", Answer::Reset(vec![])),
        ("FIN before the head", Answer::Fin(vec![])),
        ("RST in the body", Answer::Reset(cut(200, b"abc"))),
        ("FIN in the body", Answer::Fin(cut(200, b"abc"))),
    ] {
        let server = h1::Server::answers([answer]);
        means(what, fails(&client(), &server.url("/")).await, Transient);
    }
}

#[tokio::test]
async fn a_time_that_is_over() {
    let limit = Duration::from_millis(100);
    let server = h1::Server::answers([Answer::Hang(vec![])]);
    let error = client()
        .get(server.url("/"))
        .timeout(limit)
        .send()
        .await
        .unwrap_err();
    means("before the head", error, Transient);
    let server = h1::Server::answers([Answer::Hang(cut(200, b"abc"))]);
    let total = builder().timeout(limit).build().unwrap();
    means(
        "in the body",
        fails(&total, &server.url("/")).await,
        Transient,
    );
    let read = builder().read_timeout(limit).build().unwrap();
    means("of a read", fails(&read, &server.url("/")).await, Transient);
}

#[tokio::test]
async fn what_stays_wrong() {
    let client = client();
    let server = h1::Server::answers([Answer::Write(b"garbage\r\n\r\n".to_vec())]);
    means("garbage", fails(&client, &server.url("/")).await, Permanent);
    let server = h1::Server::answers([answer(302, "location: /\r\n", b"")]);
    means(
        "redirects",
        fails(&client, &server.url("/")).await,
        Permanent,
    );
    means(
        "bad URL",
        fails(&client, "not a URL").await,
        unsent(Permanent),
    );
    let server = h1::Server::answers([answer(200, "", b"no JSON")]);
    let response = client.get(server.url("/")).send().await.unwrap();
    means("JSON", response.json::<u32>().await.unwrap_err(), Permanent);
    let server = h1::Server::answers([Answer::Reset(cut(200, b"[1, "))]);
    let response = client.get(server.url("/")).send().await.unwrap();
    means(
        "JSON that is cut",
        response.json::<Vec<u32>>().await.unwrap_err(),
        Transient,
    );
}

#[tokio::test]
async fn a_status() {
    for (status, expected) in [
        (503, ServerError.into()),
        (500, ServerError.into()),
        (501, Permanent.into()),
        (429, unsent(RateLimit)),
        (425, unsent(Transient)),
        (404, Permanent.into()),
    ] {
        let server = h1::Server::answers([answer(status, "", b"")]);
        let response = client().get(server.url("/")).send().await.unwrap();
        let error = response.error_for_status().unwrap_err();
        means(&status.to_string(), error, expected);
    }
}

#[tokio::test]
async fn what_http_2_says() {
    let client = builder().http2_prior_knowledge().build().unwrap();
    let rst = |reason| move |id| h2::Answer::Frames(h2::rst_stream(id, reason));
    let goaway = |last, reason| move |_| h2::Answer::Frames(h2::goaway(last, reason));
    let cases: [(&str, Script, _); 12] = [
        (
            "RST REFUSED_STREAM",
            Box::new(rst(h2::REFUSED_STREAM)),
            unsent(Transient),
        ),
        (
            "RST INTERNAL_ERROR",
            Box::new(rst(h2::INTERNAL_ERROR)),
            ServerError.into(),
        ),
        ("RST CANCEL", Box::new(rst(h2::CANCEL)), Transient.into()),
        (
            "RST NO_ERROR",
            Box::new(rst(h2::NO_ERROR)),
            Transient.into(),
        ),
        (
            "RST CALM",
            Box::new(rst(h2::ENHANCE_YOUR_CALM)),
            RateLimit.into(),
        ),
        (
            "RST HTTP_1_1_REQUIRED",
            Box::new(rst(h2::HTTP_1_1_REQUIRED)),
            Permanent.into(),
        ),
        (
            "GOAWAY NO_ERROR",
            Box::new(goaway(0, h2::NO_ERROR)),
            unsent(Transient),
        ),
        (
            "GOAWAY CALM",
            Box::new(goaway(0, h2::ENHANCE_YOUR_CALM)),
            unsent(RateLimit),
        ),
        (
            "GOAWAY INTERNAL_ERROR",
            Box::new(goaway(0, h2::INTERNAL_ERROR)),
            unsent(Transient),
        ),
        (
            "GOAWAY that took it, then FIN",
            Box::new(|_| h2::Answer::Fin(h2::goaway(1, h2::NO_ERROR))),
            Transient.into(),
        ),
        (
            "FIN",
            Box::new(|_| h2::Answer::Fin(vec![])),
            Transient.into(),
        ),
        (
            "RST of the connection",
            Box::new(|_| h2::Answer::Reset),
            Transient.into(),
        ),
    ];
    for (what, script, expected) in cases {
        let server = h2::Server::new(move |id, _, _| script(id));
        means(what, fails(&client, &server.url("/")).await, expected);
        assert_eq!(server.requests(), 1, "{what}");
    }
}

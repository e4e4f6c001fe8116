//! Which requests are sent again.

use redress::contrib::reqwest_0_13::{CheckExt as _, Failure, RetryExt as _};
use redress::{StopReason, retry};
use reqwest::Method;

use super::{client, policy};
use crate::support::h1::{Answer, Server, answer};
use crate::support::{closed, h2};

/// Returns how many requests a server gets from a call, and how it ends.
async fn requests(method: Method, key: bool, answer: Answer) -> (usize, Option<StopReason>) {
    let server = Server::answers([answer]);
    let mut request = client().request(method, server.url("/")).body("order");
    if key {
        request = request.idempotency_key("\"7f3a\"");
    }
    let ended = request.retry(&policy()).text().await;
    (
        server.requests(),
        ended.err().map(|error| error.stop_reason()),
    )
}

#[tokio::test]
async fn the_table_of_what_may_be_repeated() {
    let hint = "retry-after: 0\r\n";
    let lost = StopReason::MayHaveBeenApplied;
    for (what, answer, repeatable, other, why) in [
        ("408", answer(408, "", b""), 3, 3, None),
        ("421", answer(421, "", b""), 3, 3, None),
        ("425", answer(425, "", b""), 3, 3, None),
        ("429", answer(429, "", b""), 3, 3, None),
        ("503 with a hint", answer(503, hint, b""), 3, 3, None),
        ("409", answer(409, "", b""), 3, 3, None),
        ("423", answer(423, "", b""), 3, 3, None),
        ("412", answer(412, "", b""), 1, 1, None),
        ("404", answer(404, "", b""), 1, 1, None),
        ("400", answer(400, "", b""), 1, 1, None),
        ("501", answer(501, "", b""), 1, 1, None),
        ("505", answer(505, "", b""), 1, 1, None),
        ("511", answer(511, "", b""), 1, 1, None),
        ("500", answer(500, "", b""), 3, 1, Some(lost)),
        ("502", answer(502, "", b""), 3, 1, Some(lost)),
        ("503", answer(503, "", b""), 3, 1, Some(lost)),
        ("reset", Answer::Reset(vec![]), 3, 1, Some(lost)),
        ("FIN", Answer::Fin(vec![]), 3, 1, Some(lost)),
        (
            "cut",
            Answer::Fin(crate::support::h1::cut(200, b"abc")),
            3,
            1,
            Some(lost),
        ),
        ("200", answer(200, "", b""), 1, 1, None),
        ("204", answer(204, "", b""), 1, 1, None),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let (count, _) = requests(method.clone(), false, answer.clone()).await;
            assert_eq!(count, repeatable, "{method}, {what}");
        }
        let (count, _) = requests(Method::POST, true, answer.clone()).await;
        assert_eq!(count, repeatable, "POST with a key, {what}");
        for method in [Method::POST, Method::PATCH] {
            let (count, reason) = requests(method.clone(), false, answer.clone()).await;
            assert_eq!(count, other, "{method}, {what}");
            if why.is_some() {
                assert_eq!(reason, why, "{method}, {what}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_sent_is_sent_again_whatever_it_is() {
    let post = client().post(format!("http://{}/", closed())).body("order");
    let error = post.retry(&policy()).send().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert!(
        error
            .into_source()
            .unwrap()
            .transport()
            .unwrap()
            .is_connect()
    );

    let http = reqwest::Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never());
    let http = http.http2_prior_knowledge().build().unwrap();
    for refusal in ["RST", "GOAWAY"] {
        let server = h2::Server::new(move |id, count, _| {
            let ok = || h2::headers(id, &[(":status", "200")], true);
            match (count, refusal) {
                (1, "RST") => h2::Answer::Frames(h2::rst_stream(id, h2::REFUSED_STREAM)),
                (1, _) => h2::Answer::Frames(h2::goaway(0, h2::NO_ERROR)),
                _ => h2::Answer::Frames(ok()),
            }
        });
        let response = http
            .post(server.url("/"))
            .body("order")
            .retry(&policy())
            .send()
            .await;
        assert_eq!(response.unwrap().status(), 200, "{refusal}");
        assert_eq!(server.requests(), 2, "{refusal}");
    }
}

#[tokio::test]
async fn the_caller_may_say_otherwise() {
    let server = Server::answers([answer(500, "", b"")]);
    let search = client().post(server.url("/search")).body("what");
    search
        .retry(&policy())
        .idempotent(true)
        .send()
        .await
        .unwrap();
    assert_eq!(server.requests(), 3);
    let server = Server::answers([answer(500, "", b"")]);
    let get = client().get(server.url("/next"));
    get.retry(policy().context().once()).send().await.unwrap();
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn one_key_goes_with_every_attempt() {
    let server = Server::answers([
        answer(500, "", b""),
        answer(500, "", b""),
        answer(200, "", b""),
    ]);
    let post = client().post(server.url("/")).body("order");
    post.retry(&policy())
        .idempotency_key(7311)
        .send()
        .await
        .unwrap();
    let seen = server.seen();
    let keys: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("idempotency-key"))
        .collect();
    assert_eq!(keys, [Some("7311"); 3]);
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_sent() {
    let error = client()
        .get("nonsense")
        .retry(&policy())
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 0);
    assert_eq!(error.stop_reason(), StopReason::NonRetryableClass);
    assert!(
        error
            .into_source()
            .unwrap()
            .transport()
            .unwrap()
            .is_builder()
    );
    let wrong = client().get("http://localhost/").idempotency_key("a\nb");
    assert!(wrong.retry(&policy()).send().await.is_err());
}

#[retry(strategy = instant(), max_attempts = 3)]
async fn user(http: &reqwest::Client, url: &str) -> Result<String, Failure> {
    Ok(http.get(url).send().await?.check().await?.text().await?)
}

#[tokio::test]
async fn a_function_with_the_attribute() {
    let server = Server::answers([answer(503, "", b"full"), answer(200, "", b"Ada")]);
    assert_eq!(user(&client(), &server.url("/")).await.unwrap(), "Ada");
    let server = Server::answers([answer(404, "", b"no such user")]);
    let failure = user(&client(), &server.url("/")).await.unwrap_err();
    assert_eq!(failure.body(), b"no such user");
    assert_eq!(failure.to_string(), "127.0.0.1 answered 404 Not Found");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn texts_say_what_has_failed_and_keep_the_url_to_themselves() {
    let url = "http://127.0.0.1:1/users/7?token=SECRET";
    let error = client().get(url).retry(&policy()).text().await;
    let failure = error.unwrap_err().into_source().unwrap();
    let mut texts = vec![
        format!("{failure}"),
        format!("{failure:#}"),
        format!("{failure:?}"),
    ];
    let mut link = std::error::Error::source(&failure);
    while let Some(error) = link {
        texts.extend([format!("{error}"), format!("{error:?}")]);
        link = error.source();
    }
    for text in &texts {
        assert!(
            !text.contains("SECRET") && !text.contains("users"),
            "{text}"
        );
    }
    assert!(texts[1].contains("Connection refused"), "{}", texts[1]);
    assert_eq!(failure.url().unwrap().as_str(), url);
}

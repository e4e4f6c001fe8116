//! `ureq` under policies.

use std::time::{Duration, Instant};

use redress::contrib::ureq_3::{Agent, RetriedRequest};
use redress::deadline::Scope;
use redress::strategies::{instant, retry_after_or};
use redress::testing::VirtualClock;
use redress::{Cause, Policy, StopReason};
use ureq::http::Method;

use crate::support::closed;
use crate::support::h1::{Answer, Server, answer, cut};

fn agent() -> Agent {
    let strategy = retry_after_or(instant()).jitter(0);
    let policy = Policy::builder()
        .strategy(strategy)
        .max_attempts(3)
        .build()
        .unwrap();
    Agent::new(
        ureq::Agent::config_builder().proxy(None).build().into(),
        policy,
    )
}

#[test]
fn the_rule_of_what_may_be_repeated() {
    let hint = "retry-after: 0\r\n";
    for (what, answer, repeatable, other) in [
        ("429", answer(429, "", b""), 3, 3),
        ("409", answer(409, "", b""), 3, 3),
        ("503 with a hint", answer(503, hint, b""), 3, 3),
        ("503", answer(503, "", b""), 3, 1),
        ("501", answer(501, "", b""), 1, 1),
        ("404", answer(404, "", b""), 1, 1),
        ("reset", Answer::Reset(vec![]), 3, 1),
        ("FIN", Answer::Fin(vec![]), 3, 1),
        ("cut", Answer::Fin(cut(200, b"abc")), 3, 1),
        ("200", answer(200, "", b""), 1, 1),
    ] {
        let count = |method: Method, keyed: bool| {
            let server = Server::answers([answer.clone()]);
            let agent = agent();
            let mut request = agent.request(method, server.url("/")).body("order");
            if keyed {
                request = request.idempotency_key("a1");
            }
            let _ = request.text();
            let seen = server.seen();
            assert!(seen.iter().all(|seen| seen.body == b"order"), "{what}");
            seen.len()
        };
        assert_eq!(count(Method::PUT, false), repeatable, "PUT, {what}");
        assert_eq!(
            count(Method::POST, true),
            repeatable,
            "POST with a key, {what}"
        );
        assert_eq!(count(Method::POST, false), other, "POST, {what}");
    }
    let url = format!("http://{}/", closed());
    let error = agent().post(&url).body("order").call().unwrap_err();
    assert_eq!(error.attempts(), 3);
}

#[test]
fn the_last_failing_response_is_returned_with_its_body() {
    let server = Server::answers([answer(503, "x-reason: full\r\n", b"come back")]);
    let mut response = agent().get(server.url("/")).call().unwrap();
    assert_eq!((response.status().as_u16(), server.requests()), (503, 3));
    assert_eq!(response.headers()["x-reason"], "full");
    assert_eq!(response.body_mut().read_to_string().unwrap(), "come back");
    let server = Server::answers([answer(500, "", &[b'x'; 64 * 1024 + 1])]);
    let mut response = agent().get(server.url("/")).call().unwrap();
    assert!(response.body_mut().read_to_string().is_err());
}

#[test]
fn an_answer_that_says_no_is_an_error_of_text_only() {
    let server = Server::answers([answer(404, "", b"no such user")]);
    let mut response = agent().get(server.url("/")).call().unwrap();
    assert_eq!(
        response.body_mut().read_to_string().unwrap(),
        "no such user"
    );
    let error = agent().get(server.url("/")).text().unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::NonRetryableClass)
    );
    assert!(matches!(
        error.into_source(),
        Some(ureq::Error::StatusCode(404))
    ));
}

#[test]
fn reading_the_body_is_part_of_the_attempt_of_text() {
    let server = Server::answers([Answer::Fin(cut(200, b"abc")), answer(200, "", b"whole")]);
    assert_eq!(agent().get(server.url("/")).text().unwrap(), "whole");
}

#[test]
fn a_hint_is_honoured_although_ureq_makes_an_error_of_the_status() {
    let server = Server::answers([
        answer(429, "retry-after: 7\r\n", b""),
        answer(200, "", b"ok"),
    ]);
    let clock = VirtualClock::new();
    let policy = Policy::builder().strategy(retry_after_or(instant()).jitter(0));
    let agent = Agent::new(
        agent().agent().clone(),
        policy.clock(clock.clone()).build().unwrap(),
    );
    assert_eq!(agent.get(server.url("/")).text().unwrap(), "ok");
    assert_eq!(clock.sleeps(), [Duration::from_secs(7)]);
}

#[test]
fn a_thousand_calls_that_each_meet_a_503_use_one_connection() {
    let body = vec![b'x'; 1000];
    let (failing, good) = (answer(503, "", &body), answer(200, "", &body));
    let server = Server::new(move |_, n| {
        if n % 2 == 1 {
            failing.clone()
        } else {
            good.clone()
        }
    });
    let agent = agent();
    for _ in 0..1000 {
        agent.get(server.url("/")).text().unwrap();
    }
    println!(
        "ureq: 1,000 calls, {} requests, {} connections",
        server.requests(),
        server.connections()
    );
    assert_eq!((server.requests(), server.connections()), (2000, 1));
}

#[test]
fn the_deadline_shortens_the_timeouts_of_the_agent() {
    let server = Server::answers([Answer::Hang(vec![])]);
    let policy = Policy::builder()
        .strategy(instant())
        .attempt_timeout(0.1)
        .deadline(0.25);
    let agent = Agent::new(agent().agent().clone(), policy.build().unwrap());
    let started = Instant::now();
    let error = agent.get(server.url("/")).call().unwrap_err();
    // Without limits, the call would hang for ever.
    assert!(started.elapsed() >= Duration::from_millis(250));
    assert_eq!(error.cause(), Some(Cause::Error));
    assert!(matches!(error.into_source(), Some(ureq::Error::Timeout(_))));
    assert!(
        (1..=3).contains(&server.requests()),
        "{}",
        server.requests()
    );
}

#[test]
fn a_deadline_of_the_caller_is_sent_on() {
    let server = Server::answers([answer(503, "", b""), answer(200, "", b"ok")]);
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(3)
        .inherit_deadline()
        .build()
        .unwrap();
    let plain = agent();
    let agent = Agent::new(plain.agent().clone(), policy);
    let ask = || agent.get(server.url("/")).text();
    Scope::new(Duration::from_secs(20)).run(ask).unwrap();
    let seen = server.seen();
    for (seen, attempt) in seen.iter().zip(["1/3", "2/3"]) {
        let left = seen.header("x-envoy-expected-rq-timeout-ms").unwrap();
        assert!(
            (1..=20_000).contains(&left.parse::<u32>().unwrap()),
            "{left}"
        );
        assert_eq!(seen.header("redress-attempt"), Some(attempt));
    }
    // No more than the time that ureq has.
    let body = agent.post(server.url("/")).body("socks").call();
    assert_eq!(body.unwrap().status(), 200);
    assert_eq!(server.seen()[2].body, b"socks");
    // A policy that does not inherit sends nothing.
    plain.get(server.url("/")).text().unwrap();
    assert_eq!(server.seen()[3].header("redress-attempt"), None);
}

#[test]
fn a_kept_connection_that_the_server_closes_costs_an_attempt() {
    let server = Server::answers([
        answer(200, "", b"a"),
        Answer::Fin(vec![]),
        answer(200, "", b"b"),
    ]);
    let agent = agent();
    assert_eq!(agent.get(server.url("/")).text().unwrap(), "a");
    assert_eq!(agent.get(server.url("/")).text().unwrap(), "b");
    assert_eq!(server.requests(), 3);
}

#[test]
fn the_verbs() {
    let server = Server::answers([answer(200, "", b"ok")]);
    let agent = agent();
    let url = server.url("/");
    let call = |request: RetriedRequest<'_>| assert_eq!(request.call().unwrap().status(), 200);
    call(agent.get(&url).header("x-a", "b").operation("GET /"));
    call(agent.head(&url));
    call(agent.delete(&url));
    for body in [agent.post(&url), agent.put(&url), agent.patch(&url)] {
        body.body(&[1, 2, 3]).call().unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen[0].header("x-a"), Some("b"));
    assert!(seen[3..].iter().all(|seen| seen.body == [1, 2, 3]));
    assert!(agent.get("not a URL").call().is_err());
}

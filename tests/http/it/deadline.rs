//! Deadlines between services: three of axum in a row, of which the first gives up, or the last is down.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use redress::contrib::axum_0_8::{DeadlineLayer, Unavailable, operation};
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::deadline::{self, Scope};
use redress::strategies::{fixed, instant};
use redress::{CircuitBreaker, Policy, PolicyBuilder};
use reqwest::Client;

const SECOND: Duration = Duration::from_secs(1);

/// Serves on a free port, until the runtime of the test ends.
async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    addr
}

fn client() -> Client {
    let builder = Client::builder().no_proxy().retry(reqwest::retry::never());
    builder.build().unwrap()
}

fn passes_on(attempts: u32) -> PolicyBuilder {
    let builder = Policy::builder().strategy(instant()).max_attempts(attempts);
    builder.inherit_deadline().leave_retries_to_caller()
}

/// A service that asks another one under a policy.
struct Hop {
    http: Client,
    policy: Policy,
    next: String,
}

async fn hop(State(hop): State<Arc<Hop>>) -> Result<String, Unavailable> {
    Ok(hop.http.get(&hop.next).retry(&hop.policy).text().await?)
}

/// Starts a service that asks `next` under a policy.
async fn relay(policy: &Policy, next: SocketAddr) -> SocketAddr {
    let hop_to = Hop {
        http: client(),
        policy: policy.clone(),
        next: format!("http://{next}/"),
    };
    let app = Router::new()
        .route("/", get(hop))
        .with_state(Arc::new(hop_to));
    serve(app.layer(DeadlineLayer::new())).await
}

/// Counts the requests at the last of three services, which is down.
async fn requests_at_the_last(policy: &Policy) -> usize {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let down = move || {
        counted.fetch_add(1, SeqCst);
        async { StatusCode::SERVICE_UNAVAILABLE }
    };
    let c = serve(Router::new().route("/", get(down))).await;
    let b = relay(policy, c).await;
    let a = relay(policy, b).await;
    let user = client().get(format!("http://{a}/")).retry(policy);
    let status = user.send().await.unwrap().status();
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    requests.load(SeqCst)
}

#[tokio::test]
async fn attempts_of_layers_do_not_multiply() {
    let alone = Policy::builder().strategy(instant()).max_attempts(4);
    let multiplied = requests_at_the_last(&alone.build().unwrap()).await;
    let left = requests_at_the_last(&passes_on(4).build().unwrap()).await;
    println!(
        "requests at the last of three services: {multiplied}, with one layer that retries {left}"
    );
    assert_eq!((multiplied, left), (64, 4));
}

/// What became of one request of a user's: when the first service left it, and when requests for it were
/// started by the second.
#[derive(Default)]
struct Story {
    sent: Option<Instant>,
    received: Option<Instant>,
    left: Option<Instant>,
    started: Vec<Instant>,
}

#[derive(Clone)]
struct Stories(Arc<Mutex<Vec<Story>>>);

impl Stories {
    fn of(&self, request: usize, tell: impl FnOnce(&mut Story)) {
        tell(&mut self.0.lock().unwrap()[request]);
    }
}

/// Work that B goes on with in a task of its own, so that it is not the lost connection that ends it.
async fn work(policy: Policy, http: Client, url: String, request: usize, stories: Stories) {
    let attempt = || {
        stories.of(request, |story| story.started.push(Instant::now()));
        let asked = http.get(&url).send();
        async move { asked.await?.error_for_status().map(drop) }
    };
    let _ = policy.call_async(attempt).await;
}

/// How the requests went that B started.
#[derive(Debug, Default)]
struct Started {
    all: usize,
    /// After A had left.
    late: usize,
    /// The requests of A that took more than half of the margin to arrive, which B cannot know: nothing is
    /// said of them.
    slow: usize,
}

/// What B takes away for the way of a request, and for a machine that has much else to do.
const MARGIN: Duration = Duration::from_millis(500);

/// Has A ask B, which asks C, and counts the requests that B starts after A has left.
async fn started(inherit: bool, tries: usize, at_once: usize) -> Started {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(70)).await;
        StatusCode::SERVICE_UNAVAILABLE
    };
    let c = serve(Router::new().route("/", get(slow))).await;
    let stories = Stories(Arc::default());
    stories.0.lock().unwrap().resize_with(tries, Story::default);
    let policy = Policy::builder()
        .strategy(fixed(0.03))
        .unlimited_attempts()
        .deadline(3);
    let policy = if inherit {
        policy.inherit_deadline()
    } else {
        policy
    };
    let policy = policy.build().unwrap();
    let (told, http) = (stories.clone(), client());
    let handler = move |Path(request): Path<usize>| {
        let url = format!("http://{c}/");
        told.of(request, |story| story.received = Some(Instant::now()));
        let work = work(policy.clone(), http.clone(), url, request, told.clone());
        let task = tokio::spawn(deadline::attach(work));
        async move { task.await.unwrap() }
    };
    let b = Router::new().route("/{request}", get(handler));
    let b = serve(b.layer(DeadlineLayer::new().margin(MARGIN))).await;
    let a = Policy::builder()
        .deadline(1)
        .max_attempts(1)
        .inherit_deadline()
        .build()
        .unwrap();
    let http = client();
    for first in (0..tries).step_by(at_once) {
        let mut tasks = tokio::task::JoinSet::new();
        for request in first..tries.min(first + at_once) {
            let (a, http, stories) = (a.clone(), http.clone(), stories.clone());
            tasks.spawn(async move {
                stories.of(request, |story| story.sent = Some(Instant::now()));
                let asked = http.get(format!("http://{b}/{request}")).retry(&a).text();
                let _ = asked.await;
                stories.of(request, |story| story.left = Some(Instant::now()));
            });
        }
        tasks.join_all().await;
    }
    tokio::time::sleep(SECOND / 4).await;
    let mut counts = Started::default();
    for story in stories.0.lock().unwrap().iter() {
        let (sent, left) = (story.sent.unwrap(), story.left.unwrap());
        let arrived = story
            .received
            .is_some_and(|received| received - sent <= MARGIN / 2);
        if !arrived {
            counts.slow += 1;
            continue;
        }
        counts.all += story.started.len();
        counts.late += story
            .started
            .iter()
            .filter(|started| **started > left)
            .count();
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_started_for_a_caller_that_has_left() {
    let number =
        |name, default| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (tries, at_once) = (number("TRIES", 100), number("AT_ONCE", 25));
    let counts = started(true, tries, at_once).await;
    println!("{tries} tries, requests to the last service: {counts:?}");
    assert_eq!(counts.late, 0);
    assert!(counts.all > 0);
    let counts = started(false, 25, 25).await;
    println!("without: {counts:?}");
    assert!(counts.late > 0);
}

#[tokio::test]
async fn what_is_left_is_sent_on_rounded_down() {
    async fn said(headers: HeaderMap) -> String {
        let text = |name| {
            headers
                .get(name)
                .map_or("none", |value| value.to_str().unwrap())
        };
        format!(
            "{} {}",
            text("x-envoy-expected-rq-timeout-ms"),
            text("redress-attempt")
        )
    }
    let server = serve(Router::new().route("/", get(said))).await;
    let url = format!("http://{server}/");
    let http = client();
    let ask = async |policy: &Policy| http.get(&url).retry(policy).text().await.unwrap();
    let plain = Policy::new();
    let scope = Scope::new(5 * SECOND);
    assert_eq!(scope.clone().attach(ask(&plain)).await, "none none");
    let policy = passes_on(4).deadline(60).build().unwrap();
    let millis = |said: &str| said.split_once(' ').unwrap().0.parse::<u64>().unwrap();
    let alone = ask(&policy).await;
    assert!((59_000..60_000).contains(&millis(&alone)), "{alone}");
    assert!(alone.ends_with(" 1/4"), "{alone}");
    let near = scope.clone().attach(ask(&policy)).await;
    assert!((4_000..5_000).contains(&millis(&near)), "{near}");
    let repeated = scope.attempt(2, Some(3)).attach(ask(&policy)).await;
    assert!(repeated.ends_with(" 2/3"), "{repeated}");
    let own = http
        .get(&url)
        .timeout(2 * SECOND)
        .retry(&policy)
        .text()
        .await
        .unwrap();
    assert!((1_000..=2_000).contains(&millis(&own)), "{own}");
}

#[tokio::test]
async fn refusals_are_answers_and_operations_have_the_path_of_their_route() {
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let refused = Policy::builder().circuit_breaker(breaker).build().unwrap();
    let late = Policy::builder().deadline(0.01).build().unwrap();
    let fails = Policy::builder().max_attempts(1).build().unwrap();
    let policies = [refused, late, fails];
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let handler = move |Path(which): Path<usize>, request: Request| {
        let policy = policies[which].clone();
        let name = operation(request.method(), request.extensions());
        seen.lock().unwrap().push(name.clone());
        async move {
            let call = policy.context().operation(name);
            let called = call.call_async(|| async move {
                if which == 1 {
                    pending::<()>().await;
                }
                Err::<String, _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
            });
            Ok::<_, Unavailable>(called.await?)
        }
    };
    let server = serve(Router::new().route("/orders/{which}", get(handler))).await;
    let http = client();
    let mut answers = Vec::new();
    for which in 0..3 {
        let asked = http.get(format!("http://{server}/orders/{which}")).send();
        let answer = asked.await.unwrap();
        let after = answer.headers().get("retry-after");
        let after: Option<u64> = after.map(|after| after.to_str().unwrap().parse().unwrap());
        answers.push((answer.status().as_u16(), after));
    }
    assert_eq!(answers[1..], [(504, None), (502, None)]);
    assert!(
        answers[0].0 == 503 && answers[0].1.is_some_and(|after| after > 0),
        "{answers:?}"
    );
    assert_eq!(*names.lock().unwrap(), ["GET /orders/{which}"; 3]);
}

#[tokio::test]
async fn a_header_of_a_name_of_its_own_counts_less_the_margin() {
    let layer = DeadlineLayer::new().millis_header("x-timeout-ms".parse().unwrap());
    let app = Router::new().route(
        "/",
        get(|| async { format!("{:?}", deadline::remaining()) }),
    );
    let app = app.clone().layer(layer.clone()).merge(
        Router::new()
            .route(
                "/late",
                get(|| async { format!("{:?}", deadline::remaining()) }),
            )
            .layer(layer.margin(5 * SECOND)),
    );
    let server = serve(app).await;
    let ask = async |path: &str, millis: &str| {
        let request = client()
            .get(format!("http://{server}{path}"))
            .header("x-timeout-ms", millis);
        request.send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(ask("/", "soon").await, "None");
    let left = ask("/", "3000").await;
    assert!(left.starts_with("Some(2."), "{left}");
    assert_eq!(ask("/late", "3000").await, "Some(0ns)");
}

//! Calls to a real server that limits its callers, who are not told the limit: axum on loopback, with
//! `governor` for 20 requests a second and 20 at once; beyond it 429 with `Retry-After` in whole seconds.
//!
//! `cargo bench --manifest-path tests/http/Cargo.toml --bench limited`
//!
//! Every contender has a server of its own and is given the same calls, at the same time. The time is given as a
//! share of the time in which the server grants as many requests as there are calls. throttle-net limits by a
//! rate that it has to be given: the server's, half of it, double. The others are as they are by
//! default, with six attempts; backon is told the hint, as its documentation does it, and reqwest-retry does
//! not look at it. Real time passes: about four minutes, in which the machine should have nothing
//! else to do.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark may panic"
)]

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use backon::{ExponentialBuilder, Retryable};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::{Gate, Policy};
use reqwest_middleware::ClientBuilder;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use throttle_net::Throttle;

/// What the server grants in a second, and at once.
const RATE: u32 = 20;

/// How many attempts each contender makes.
const ATTEMPTS: u32 = 6;

struct Server {
    limiter: DefaultDirectRateLimiter,
    requests: AtomicU64,
    limited: AtomicU64,
}

impl Server {
    async fn start() -> (Arc<Self>, String) {
        let rate = NonZeroU32::new(RATE).unwrap();
        let server = Arc::new(Self {
            limiter: RateLimiter::direct(Quota::per_second(rate)),
            requests: AtomicU64::new(0),
            limited: AtomicU64::new(0),
        });
        let app = axum::Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&server));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app).into_future());
        (server, url)
    }
}

async fn answer(State(server): State<Arc<Server>>) -> Response {
    server.requests.fetch_add(1, Ordering::Relaxed);
    let Err(limited) = server.limiter.check() else {
        return "granted".into_response();
    };
    server.limited.fetch_add(1, Ordering::Relaxed);
    let wait = limited.wait_time_from(DefaultClock::default().now());
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    (
        StatusCode::TOO_MANY_REQUESTS,
        [(header::RETRY_AFTER, seconds.to_string())],
    )
        .into_response()
}

/// Makes one call to a URL. Returns whether it was granted.
type Call = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

fn call<F: Future<Output = bool> + Send + 'static>(
    call: impl Fn() -> F + Send + Sync + 'static,
) -> Call {
    Arc::new(move || Box::pin(call()))
}

/// The hint of a response that is limited.
fn hint(response: &reqwest::Response) -> Option<Duration> {
    let after = response.headers().get(header::RETRY_AFTER)?;
    after.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn redress_call(policy: Policy, url: String) -> Call {
    let client = reqwest::Client::new();
    call(move || {
        let (request, policy) = (client.get(&url), policy.clone());
        async move {
            let sent = request.retry(&policy).send().await;
            sent.is_ok_and(|response| response.status().is_success())
        }
    })
}

fn backon_call(url: String) -> Call {
    let client = reqwest::Client::new();
    call(move || {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let fetch = || async {
                let response = client.get(&url).send().await.map_err(|_| None)?;
                match response.status().is_success() {
                    true => Ok(()),
                    false => Err(hint(&response)),
                }
            };
            let times = ATTEMPTS as usize - 1;
            let retry = fetch.retry(
                ExponentialBuilder::default()
                    .with_jitter()
                    .with_max_times(times),
            );
            // Beyond its last attempt there is no delay to adjust.
            let retry =
                retry.adjust(|hint: &Option<Duration>, delay| delay.map(|own| hint.unwrap_or(own)));
            retry.await.is_ok()
        }
    })
}

fn reqwest_retry_call(url: String) -> Call {
    let policy = ExponentialBackoff::builder().build_with_max_retries(ATTEMPTS - 1);
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(RetryTransientMiddleware::new_with_policy(policy))
        .build();
    call(move || {
        let request = client.get(&url);
        async move {
            let sent = request.send().await;
            sent.is_ok_and(|response| response.status().is_success())
        }
    })
}

fn throttle_call(rate: u32, url: String) -> Call {
    let client = reqwest::Client::new();
    let throttle = Arc::new(Throttle::per_second(rate));
    call(move || {
        let (client, throttle, url) = (client.clone(), Arc::clone(&throttle), url.clone());
        async move {
            for _ in 0..ATTEMPTS {
                throttle.acquire().await.unwrap();
                match client.get(&url).send().await {
                    Ok(response) if response.status().is_success() => return true,
                    Ok(response) => throttle.pause_for(hint(&response).unwrap_or_default()),
                    Err(_) => return false,
                }
            }
            false
        }
    })
}

/// Makes a call of a contender to a URL.
type Make = fn(String) -> Call;

const CONTENDERS: [(&str, Make); 8] = [
    ("redress, a gate", |url| {
        redress_call(Policy::builder().gate(Gate::new()).build().unwrap(), url)
    }),
    ("redress, recommended", |url| {
        redress_call(Policy::recommended(), url)
    }),
    ("redress, defaults", |url| redress_call(Policy::new(), url)),
    ("throttle-net, told the rate", |url| {
        throttle_call(RATE, url)
    }),
    ("throttle-net, told half", |url| {
        throttle_call(RATE / 2, url)
    }),
    ("throttle-net, told double", |url| {
        throttle_call(RATE * 2, url)
    }),
    ("backon", backon_call),
    ("reqwest-retry", reqwest_retry_call),
];

struct Result {
    lost: u64,
    limited: f64,
    time: f64,
}

/// Makes so many calls by so many tasks, each one after the other.
async fn run(make: Make, tasks: u64, calls: u64) -> Result {
    let (server, url) = Server::start().await;
    let one = make(url);
    let left = Arc::new(AtomicU64::new(calls));
    let started = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (one, left) = (Arc::clone(&one), Arc::clone(&left));
            tokio::spawn(async move {
                let mut lost = 0;
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                    .is_ok()
                {
                    lost += u64::from(!one().await);
                }
                lost
            })
        })
        .collect();
    let mut lost = 0;
    for task in tasks {
        lost += task.await.unwrap();
    }
    let bound = (calls - u64::from(RATE)) as f64 / f64::from(RATE);
    let requests = server.requests.load(Ordering::Relaxed) as f64;
    Result {
        lost,
        limited: server.limited.load(Ordering::Relaxed) as f64 / requests,
        time: started.elapsed().as_secs_f64() / bound,
    }
}

#[tokio::main]
async fn main() {
    println!("Lost calls, share of 429s among the requests, time as a share of the bound:\n");
    let tasks = [(1, 500), (10, 500), (100, 500), (1000, 1000)];
    let heads: Vec<_> = tasks
        .iter()
        .map(|(tasks, calls)| format!("{tasks} tasks, {calls} calls"))
        .collect();
    println!(
        "| | {} |\n|---|{}",
        heads.join(" | "),
        "---|".repeat(tasks.len())
    );
    let mut rows: Vec<String> = CONTENDERS
        .iter()
        .map(|(name, _)| format!("| {name} |"))
        .collect();
    for (tasks, calls) in tasks {
        let running: Vec<_> = CONTENDERS
            .iter()
            .map(|(_, make)| tokio::spawn(run(*make, tasks, calls)))
            .collect();
        for (row, running) in rows.iter_mut().zip(running) {
            let Result {
                lost,
                limited,
                time,
            } = running.await.unwrap();
            row.push_str(&format!(" {lost}, {:.1}%, {time:.2} |", limited * 100.0));
        }
    }
    println!("{}", rows.join("\n"));
}

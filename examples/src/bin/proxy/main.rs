//! A proxy of axum in front of a service that fails: what its callers see, what the service sees, and what a
//! scrape of its metrics says.
//!
//! ```console
//! $ cargo run -p redress-examples --features proxy --bin proxy
//! ```
//!
//! It starts the service and the proxy on free ports, sends requests through five phases, and prints a row
//! for each. With `-- --stay` it then goes on serving, for a browser or `curl`.

#![allow(clippy::print_stdout, reason = "it is an example")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

mod proxy;
mod service;

use proxy::Proxy;
use service::{Mode, Service};

/// What the service does in a phase, how many requests come, and how long their callers wait.
struct Phase {
    name: &'static str,
    mode: Mode,
    requests: u32,
    patience: Option<Duration>,
}

const PHASES: [Phase; 5] = [
    Phase {
        name: "all is well",
        mode: Mode::Well,
        requests: 100,
        patience: None,
    },
    Phase {
        name: "every third order fails once",
        mode: Mode::Flaky,
        requests: 99,
        patience: None,
    },
    Phase {
        name: "the service is down",
        mode: Mode::Down,
        requests: 100,
        patience: None,
    },
    Phase {
        name: "it is back",
        mode: Mode::Well,
        requests: 100,
        patience: None,
    },
    Phase {
        name: "it is slow, and callers wait 200 ms",
        mode: Mode::Slow,
        requests: 20,
        patience: Some(Duration::from_millis(200)),
    },
];

/// How many answers of each status there were.
#[derive(Default)]
struct Answers([u32; 4]);

const STATUSES: [u16; 4] = [200, 502, 503, 504];

impl Answers {
    fn count(&mut self, status: u16) -> Result<(), String> {
        let known = STATUSES.iter().position(|known| *known == status);
        let count = known.and_then(|known| self.0.get_mut(known));
        *count.ok_or_else(|| format!("an answer of {status}"))? += 1;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Arc::new(Service::default());
    let orders = service::serve(Arc::clone(&service)).await?;
    let at = proxy::serve(Proxy::new(orders)?).await?;
    let client = reqwest::Client::new();

    println!(
        "{:<36} {:>8} {:>5} {:>5} {:>5} {:>5} {:>12}",
        "", "requests", 200, 502, 503, 504, "reach it"
    );
    for phase in PHASES {
        service.set(phase.mode);
        if phase.name == "it is back" {
            // Until the breaker lets a probe through.
            tokio::time::sleep(proxy::RECOVERY).await;
        }
        let before = service.requests.load(Ordering::Relaxed);
        let mut answers = Answers::default();
        // The first one alone: it is the probe of a breaker that has just let one through.
        answers.count(ask(&client, &at, 0, phase.patience).await?)?;
        let mut asking = tokio::task::JoinSet::new();
        for order in 1..phase.requests {
            if asking.len() == 10
                && let Some(answer) = asking.join_next().await
            {
                answers.count(answer??)?;
            }
            let (client, at) = (client.clone(), at.clone());
            asking.spawn(async move { ask(&client, &at, order, phase.patience).await });
        }
        while let Some(answer) = asking.join_next().await {
            answers.count(answer??)?;
        }
        let reached = service.requests.load(Ordering::Relaxed) - before;
        let Answers([ok, bad, refused, late]) = answers;
        println!(
            "{:<36} {:>8} {ok:>5} {bad:>5} {refused:>5} {late:>5} {reached:>12}",
            phase.name, phase.requests
        );
    }

    let metrics = client
        .get(format!("{at}/metrics"))
        .send()
        .await?
        .text()
        .await?;
    println!();
    for line in metrics.lines().filter(|line| {
        line.starts_with("redress_calls_total")
            || line.starts_with("redress_circuit_transitions_total")
    }) {
        println!("{line}");
    }
    if std::env::args().any(|arg| arg == "--stay") {
        println!("\n{at}/orders/7 and {at}/metrics, until it is stopped");
        service.set(Mode::Well);
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Asks the proxy for an order. Returns the status of its answer.
async fn ask(
    client: &reqwest::Client,
    at: &str,
    order: u32,
    patience: Option<Duration>,
) -> reqwest::Result<u16> {
    let mut request = client.get(format!("{at}/orders/{order}"));
    if let Some(patience) = patience {
        request = request.header(
            "x-envoy-expected-rq-timeout-ms",
            patience.as_millis().to_string(),
        );
    }
    Ok(request.send().await?.status().as_u16())
}

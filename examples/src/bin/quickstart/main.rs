//! A client and a server that misbehaves: what is `#[retry]` worth?
//!
//! The same requests meet the same faults three times: as plain calls, in the loop that most people
//! write first, and through `#[retry]`. The program prints the results, and fails if `#[retry]` did
//! not get more answers with fewer useless requests.
//!
//! `cargo run -p redress-examples --bin quickstart`
//!
//! With a file as its argument it makes the calls through `#[retry]` only, and records them there. What
//! another policy would have made of them:
//!
//! `redress replay calls.jsonl --recorded quickstart.toml:as-recorded --policy quickstart.toml:patient`

mod report;
mod script;
mod server;

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redress::contrib::reqwest_0_13::{CheckExt as _, Failure};
use redress::simulate::CallRecorder;
use redress::strategies::{equal_jitter, retry_after_or};
use redress::{Classify as _, Event, Policy, retry};
use tokio::task::JoinSet;

use crate::report::{Row, Stops};
use crate::server::Server;

/// A client of the order service.
struct Orders {
    http: reqwest::Client,
    server: Server,
    stops: Stops,
}

impl Orders {
    /// Gets an order with a single request.
    async fn get(&self, id: u32) -> Result<String, Failure> {
        let response = self.http.get(self.server.url_of(id)).send().await?;
        Ok(response.check().await?.text().await?)
    }

    /// Gets an order in up to five attempts, as if all failures were alike.
    async fn get_in_a_loop(&self, id: u32) -> Result<String, Failure> {
        for _ in 1..5 {
            if let Ok(order) = self.get(id).await {
                return Ok(order);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.get(id).await
    }

    /// Gets an order within five seconds: retries only if that can help, and no sooner than it can.
    #[retry(
        strategy = retry_after_or(equal_jitter(base = 20ms, max = 200ms), jitter = 50ms),
        attempt_timeout = 300ms,
        deadline = 5s,
        on_event = |event| self.count_stop(event),
    )]
    async fn get_with_retry(&self, id: u32) -> Result<String, Failure> {
        self.get(id).await
    }

    /// Sees every decision of every call, and counts the decisions to stop.
    fn count_stop(&self, event: &Event<'_>) {
        if let Some(reason) = event.stop_reason() {
            self.stops.count(reason.as_str());
        }
    }

    /// Starts a separate server for each client, so that all meet the same script.
    async fn start() -> Result<Self, AnyError> {
        Ok(Self {
            // The limit for an answer, the same for all three ways.
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(1))
                .build()?,
            server: Server::start().await?,
            stops: Stops::default(),
        })
    }
}

/// The three ways to get an order.
#[derive(Clone, Copy)]
enum Way {
    Plain,
    Loop,
    Retry,
}

const CALLS: u32 = 240;

/// The interval at which calls start, whether or not the earlier ones are over.
const PACE: Duration = Duration::from_millis(3);

/// Gets all orders in one way.
async fn measure(way: Way) -> Result<Row, AnyError> {
    let orders = Arc::new(Orders::start().await?);
    let mut calls = JoinSet::new();
    let mut pace = tokio::time::interval(PACE);
    for id in 0..CALLS {
        pace.tick().await;
        let orders = Arc::clone(&orders);
        calls.spawn(async move {
            let started = Instant::now();
            let result = match way {
                Way::Plain => orders.get(id).await,
                Way::Loop => orders.get_in_a_loop(id).await,
                Way::Retry => orders.get_with_retry(id).await,
            };
            (started.elapsed(), result)
        });
    }

    let mut times = Vec::new();
    let mut succeeded = 0;
    while let Some(call) = calls.join_next().await {
        let (time, result) = call?;
        times.push(time);
        match (result, way) {
            (Ok(_), _) => succeeded += 1,
            (Err(_), Way::Retry) => {} // `count_stop` has seen the reason
            (Err(error), _) => orders.stops.count(error.classify().class().as_str()),
        }
    }
    Ok(Row {
        name: match way {
            Way::Plain => "plain call",
            Way::Loop => "naive loop",
            Way::Retry => "#[retry]",
        },
        succeeded,
        times,
        traffic: orders.server.traffic(),
        stopped: orders.stops.to_string(),
    })
}

/// Gets the order that meets every fault, through the same policy as a value, which reports every
/// decision.
async fn print_timeline() -> Result<(), AnyError> {
    let orders = Orders::start().await?;
    let policy = Policy::builder()
        .strategy(retry_after_or(equal_jitter(0.2).base(0.02)).jitter(0.05)) // seconds
        .attempt_timeout(0.3)
        .deadline(5)
        .build()?;
    let outcome = policy
        .context()
        .capture_timeline()
        .execute_async(|| orders.get(script::EVERYTHING))
        .await;
    if let Some(timeline) = &outcome.timeline {
        println!("{timeline}");
    }
    println!("\nIt got {:?}.", outcome.into_result()?);
    Ok(())
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Records the calls through `#[retry]`, each as a line of the file.
async fn record(calls: &Path) -> Result<(), AnyError> {
    let recorder = CallRecorder::new(File::create(calls)?);
    redress::observe::set_default(recorder.clone())?;
    measure(Way::Retry).await?;
    Ok(recorder.flush()?)
}

async fn run() -> Result<(), AnyError> {
    if let Some(calls) = std::env::args_os().nth(1) {
        return record(Path::new(&calls)).await;
    }
    let plain = measure(Way::Plain).await?;
    let naive = measure(Way::Loop).await?;
    let retry = measure(Way::Retry).await?;
    report::print_table(&[&plain, &naive, &retry]);
    report::check(&plain, &naive, &retry)?;

    println!("\nOne call: refused, left hanging, answered with 503 and 429, served in the end.\n");
    print_timeline().await
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! Redis is killed three times while eight tasks write to it.
//!
//! ```console
//! $ cargo run -p redress-examples --features redis --bin redis
//! ```
//!
//! The example starts the server itself (Debian: `apt-get install redis-server`). Each task writes 250 keys,
//! first without a retry and then under a policy. What a client meets meanwhile, connections that are lost
//! or refused and a server that is `LOADING` its data, is TRANSIENT, and the policy waits until it is over.
//! Writes are `SET`s, which may happen twice; an `INCR` may not.

#![allow(clippy::print_stdout, reason = "it is an example")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client, RedisError};
use redress::Policy;
use redress::strategies::decorrelated_jitter;
use redress_examples::redis_server::RedisServer;

/// How many tasks write, and how many keys each.
const TASKS: u32 = 8;
const WRITES: u32 = 250;

/// How often the server is killed.
const KILLS: u32 = 3;

/// What the writes met.
#[derive(Debug, Default)]
struct Met {
    /// Writes that were begun, by which the server is killed, never by time.
    begun: AtomicU32,
    attempts: AtomicU32,
    failed: AtomicU32,
    loading: AtomicU32,
    refused: AtomicU32,
    lost: AtomicU32,
}

impl Met {
    fn note(&self, error: &RedisError) {
        let count = if error.code() == Some("LOADING") {
            &self.loading
        } else if error.is_connection_refusal() {
            &self.refused
        } else {
            &self.lost
        };
        count.fetch_add(1, Relaxed);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let policy = Policy::builder()
        .strategy(decorrelated_jitter(0.5).base(Duration::from_millis(10)))
        .max_attempts(1_000) // the deadline decides
        .deadline(60)
        .build()?;
    println!(
        "{:>10} {:>7} {:>7} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "", "writes", "failed", "attempts", "lost", "refused", "LOADING", "missing"
    );
    write("no retry", None).await?;
    let (failed, missing) = write("redress", Some(policy)).await?;
    if failed > 0 || missing > 0 {
        return Err(format!("{failed} writes have failed, {missing} are missing").into());
    }
    Ok(())
}

/// Writes all keys, and returns how many writes failed, and how many that were confirmed are missing.
async fn write(
    name: &str,
    policy: Option<Policy>,
) -> Result<(u32, u32), Box<dyn Error + Send + Sync>> {
    let mut server = RedisServer::new()?;
    server.start()?;
    server.wait()?;
    // It connects once for each attempt: the policy decides how often and how long to wait.
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_response_timeout(Some(Duration::from_secs(5)));
    let client = Client::open(server.url())?;
    let connection = ConnectionManager::new_lazy_with_config(client, config)?;

    let met = Arc::new(Met::default());
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (policy, connection) = (policy.clone(), connection.clone());
            tokio::spawn(write_keys(task, policy, connection, Arc::clone(&met)))
        })
        .collect();
    for kill in 1..=KILLS {
        while met.begun.load(Relaxed) < TASKS * WRITES * kill / (KILLS + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill()?;
        server.start()?;
        // The next crash meets one that is well.
        while tokio::task::block_in_place(|| server.wait()).is_err() {}
    }
    let mut confirmed = Vec::new();
    for task in tasks {
        confirmed.extend(task.await?);
    }
    let mut missing = 0;
    for key in &confirmed {
        let found: Option<u32> = connection.clone().get(key).await?;
        missing += u32::from(found.is_none());
    }
    let count = |count: &AtomicU32| count.load(Relaxed);
    println!(
        "{name:>10} {:>7} {:>7} {:>9} {:>8} {:>8} {:>8} {missing:>8}",
        count(&met.begun),
        count(&met.failed),
        count(&met.attempts),
        count(&met.lost),
        count(&met.refused),
        count(&met.loading),
    );
    Ok((count(&met.failed), missing))
}

async fn write_keys(
    task: u32,
    policy: Option<Policy>,
    connection: ConnectionManager,
    met: Arc<Met>,
) -> Vec<String> {
    let mut confirmed = Vec::new();
    for number in 0..WRITES {
        let key = format!("{task}:{number}");
        met.begun.fetch_add(1, Relaxed);
        let attempt = || {
            let (mut connection, key, met) = (connection.clone(), &key, &met);
            async move {
                met.attempts.fetch_add(1, Relaxed);
                let set = connection.set::<_, _, ()>(key, number).await;
                set.inspect_err(|error| met.note(error))
            }
        };
        let done = match &policy {
            Some(policy) => policy.call_async(attempt).await.is_ok(),
            None => attempt().await.is_ok(),
        };
        if done {
            confirmed.push(key);
        } else {
            met.failed.fetch_add(1, Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    confirmed
}

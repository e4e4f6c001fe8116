//! Serialization failures under load, and what heals them.
//!
//! ```console
//! $ cargo run --release -p redress-examples --features postgres --bin postgres -- URL [--svg FILE]
//! ```
//!
//! `URL` is that of a PostgreSQL in which a schema may be made and dropped, such as
//! `postgres://postgres@localhost/postgres`. Some tasks move money between eight accounts, in serializable
//! transactions: without a retry, in a loop as it is often written by hand, and under a policy.

#![allow(clippy::print_stdout, reason = "it is an example")]

use std::error::Error;
use std::process::ExitCode;

mod bank;
mod drawing;
mod ways;

use bank::Bank;
use ways::WAYS;

/// How many tasks move money at a time.
const TASKS: [u32; 4] = [1, 4, 16, 64];

#[tokio::main]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), flag, file) = (args.next(), args.next(), args.next()) else {
        eprintln!(
            "usage: postgres URL [--svg FILE], where URL is such as postgres://postgres@localhost/postgres"
        );
        return ExitCode::from(2);
    };
    match (flag.as_deref(), file) {
        (None, None) => run(&url, None).await,
        (Some("--svg"), Some(file)) => run(&url, Some(&file)).await,
        _ => {
            eprintln!("usage: postgres URL [--svg FILE]");
            return ExitCode::from(2);
        }
    }
    .map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

async fn run(url: &str, svg: Option<&str>) -> Result<(), Box<dyn Error>> {
    let bank = Bank::open(url).await?;
    println!(
        "{:>5} tasks {:>22} {:>8} {:>8} {:>10} {:>9}",
        "", "", "done", "failed", "attempts", "a second"
    );
    let mut measured = Vec::new();
    for tasks in TASKS {
        for way in WAYS {
            let run = bank.run(way, tasks).await?;
            println!(
                "{tasks:>11} {:>22} {:>7.1}% {:>8} {:>10.2} {:>9.0}",
                way.name(),
                100.0 * run.share_done(),
                run.failed,
                run.attempts_for_each(),
                run.done_a_second(),
            );
            measured.push((tasks, way, run));
        }
    }
    bank.close().await?;
    if let Some(file) = svg {
        std::fs::write(file, drawing::draw(&measured)?)?;
        println!("\nwrote {file}");
    }
    Ok(())
}

//! A queue that retries for its workers, and workers that are killed in the middle.
//!
//! The jobs are in SQLite. A worker takes one and makes one attempt. Instead of waiting for the
//! next attempt it defers: a sleep handler stops the call, and the job goes back to the queue with
//! a resume token. The operation continues in the process that takes its job next. This program
//! starts such a worker, kills it with SIGKILL eight times, at the worst moments, and starts it
//! again. At the end it checks the results: every job must be finished, none may have had more
//! attempts than its caps allow, and each effect must have happened exactly once.
//!
//! The state of a job in case its worker dies is recorded before the attempt, in one transaction
//! with the attempt itself: see `worker.rs`.
//!
//! It is made by hand to show what a queue has to keep, and that one table of one's own is enough. A job that is
//! in a queue of apalis needs none of it: the example in `examples/jobs` has the same on Redis with one layer.
//! Here the record of an attempt and the job's next state are one transaction, so that not even a worker that
//! dies before its first request is forgotten or counted twice.
//!
//! `cargo run -p redress-examples --features queue --bin queue`

mod checks;
mod policy;
mod queue;
mod service;
mod supervisor;
mod worker;

use std::error::Error;
use std::path::Path;

/// The number of jobs: some of every kind, and more than are finished before the last kill.
const JOBS: u32 = 28;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => supervise(),
        [command, folder] if command == "worker" => worker::run(Path::new(folder)),
        _ => Err("usage: queue".into()),
    }
}

fn supervise() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("redress-queue-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let checked = run_in(&folder);
    std::fs::remove_dir_all(&folder)?;
    checked
}

fn run_in(folder: &Path) -> Result<(), Box<dyn Error>> {
    queue::Queue::open(folder)?.fill(JOBS)?;
    service::Service::open(folder)?;
    supervisor::run(folder)?;
    checks::check(folder)
}

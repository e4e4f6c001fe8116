//! A queue that retries for its workers, and workers that are killed in the middle.
//!
//! The jobs lie in SQLite. A worker takes one, makes one attempt, and where the policy says to wait it
//! does not: a sleep handler defers, and the job goes back to the queue with a resume token. So an
//! operation goes on in whichever process takes its job next. This program starts such a worker,
//! kills it with SIGKILL eight times, at moments chosen to hurt, and starts it again. In the end it
//! looks at what happened: every job must have come to an end, none may have been attempted more
//! often than its caps allow, and each effect must have happened once.
//!
//! What a job becomes if its worker dies is written down before the attempt, in one transaction with
//! the attempt itself: see `worker.rs`.
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

/// How many jobs there are: some of every kind, and more than are over before the last kill.
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

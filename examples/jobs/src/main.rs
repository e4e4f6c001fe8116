//! Jobs of apalis on Redis, under a policy, and workers that are killed.
//!
//! ```console
//! $ cargo run --manifest-path examples/jobs/Cargo.toml
//! ```
//!
//! The example starts Redis itself (Debian: `apt-get install redis-server`), and two workers as processes of
//! their own. A worker makes one attempt of a job; the delay until the next one is a task in the queue, and
//! whichever worker takes it goes on where the last one was. Some jobs kill their worker with SIGKILL in the
//! middle of an attempt: that attempt counts. At the end each job is done, or was given up with a reason.

#![allow(clippy::print_stdout, reason = "it is an example")]

#[path = "../../src/redis_server.rs"]
#[allow(unreachable_pub, reason = "it is another package's, too")]
mod redis_server;
mod worker;

use std::error::Error;
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use apalis::prelude::TaskSink as _;
use redis::AsyncCommands as _;
use redis_server::RedisServer;
use worker::{MAX_ATTEMPTS, Mail};

type AnyError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let ran = match arguments.as_slice() {
        [] => supervise().await,
        [command, url, name] if command == "worker" => worker::run(url, name).await,
        _ => Err("usage: jobs".into()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The mails: to whom, and what becomes of them.
const MAILS: [(&str, Mail); 8] = [
    ("ada", Mail::Fine),
    ("bob", Mail::Busy { times: 1 }),
    ("cyd", Mail::Busy { times: 2 }),
    ("dan", Mail::Refused),
    ("eve", Mail::Deadly { times: 1 }),
    ("fay", Mail::Deadly { times: 9 }),
    ("gus", Mail::Down),
    ("hal", Mail::Fine),
];

async fn supervise() -> Result<(), AnyError> {
    let mut server = RedisServer::new()?;
    server.start()?;
    server.wait()?;
    let url = server.url();
    let mut storage = worker::storage(&url).await?;
    for (to, mail) in MAILS {
        storage.push((to.to_owned(), mail)).await?;
    }
    let mut redis = storage.get_connection().clone();
    let (mut workers, mut started, mut killed) = (Workers(Vec::new()), 0, 0);
    let mut open = MAILS.len();
    while open > 0 {
        while workers.0.len() < 2 {
            started += 1;
            workers.0.push(start(&url, started)?);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before = workers.0.len();
        for index in (0..before).rev() {
            let ended = match workers.0.get_mut(index) {
                Some(worker) => worker.try_wait()?.is_some(),
                None => false,
            };
            if ended {
                let ended = workers.0.swap_remove(index).wait()?;
                killed += u32::from(ended.code().is_none());
            }
        }
        let config = storage.get_config();
        let over: usize = redis.hlen("ends").await?;
        let dead: usize = redis.scard(config.dead_jobs_set()).await?;
        open = MAILS.len().saturating_sub(over + dead);
    }
    drop(workers);
    println!("{killed} workers were killed\n");
    report(&mut storage).await
}

/// Kills what is left of them.
struct Workers(Vec<Child>);

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &mut self.0 {
            let _killed = worker.kill();
            let _reaped = worker.wait();
        }
    }
}

fn start(url: &str, number: u32) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["worker", url, &format!("worker-{number}")])
        .spawn()
}

/// Prints what became of each mail, from what the attempts and the storage have written down.
async fn report(storage: &mut worker::Storage) -> Result<(), AnyError> {
    let config = storage.get_config().clone();
    let mut redis = storage.get_connection().clone();
    // Why the storage says that jobs are over.
    let dead: Vec<String> = redis.smembers(config.dead_jobs_set()).await?;
    let mut reasons = Vec::new();
    for id in dead {
        let job: String = redis.hget(config.job_data_hash(), &id).await?;
        let meta = format!("{}:{id}", config.job_meta_hash());
        let result: String = redis.hget(meta, "result").await?;
        reasons.push((job, result));
    }
    println!("{:<5} {:<34} end", "mail", "attempts, at seconds");
    for (to, mail) in MAILS {
        let attempts: Vec<String> = redis.lrange(format!("attempts:{to}"), 0, -1).await?;
        let done: Option<String> = redis.hget("ends", to).await?;
        let of = format!("\"{to}\"");
        let reason = reasons.iter().find(|(job, _)| job.contains(&of));
        let end = match (&done, reason) {
            (Some(_), _) => "done",
            (None, Some((_, result))) => result.trim_start_matches(r#"{"Err":"AbortError: "#),
            (None, None) => return Err(format!("the mail to {to} is lost").into()),
        };
        let end = end.trim_end_matches(r#""}"#);
        println!("{to:<5} {:<34} {end}", attempts.join("  "));
        if attempts.len() > MAX_ATTEMPTS as usize {
            return Err(format!("the mail to {to} was tried beyond the cap").into());
        }
        let can_be_done = matches!(
            mail,
            Mail::Fine | Mail::Busy { .. } | Mail::Deadly { times: 1 }
        );
        if can_be_done != done.is_some() {
            return Err(format!("the mail to {to} has ended in the wrong way").into());
        }
    }
    println!("\nno job was lost, and none was tried more than {MAX_ATTEMPTS} times");
    Ok(())
}

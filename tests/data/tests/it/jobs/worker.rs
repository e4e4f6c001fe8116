//! A process that works on jobs until it is killed.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use apalis::prelude::*;
use redress::contrib::apalis_1::Deferring;
use redress::strategies::{fixed, retry_after_or};
use redress::{Classification, Classify, DefaultClassifier, ErrorClass, Policy};

use super::service::Service;
use super::storage;

/// The most attempts of a job, those whose worker died included.
pub(super) const CAP: u32 = 4;

/// Who retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Redress,
    /// The storage, by `RetryAfterError` and `max_attempts`.
    Apalis,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Easy,
    /// So many calls are answered with "busy".
    Busy(u32),
    Never,
}

impl Kind {
    /// A third fails.
    pub(super) const fn of(job: u32) -> Self {
        match job % 9 {
            0 => Self::Busy(1),
            3 => Self::Busy(2),
            6 => Self::Never,
            _ => Self::Easy,
        }
    }
}

/// The service asks to be left alone.
#[derive(Debug)]
struct Busy(u64);

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "busy, come back in {} ms", self.0)
    }
}

impl std::error::Error for Busy {}

impl Classify for Busy {
    fn classify(&self) -> Classification {
        Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_millis(self.0))
    }
}

#[derive(Debug, Clone)]
struct Calls {
    service: Service,
    way: Way,
    /// One job of so many kills its worker in its first call.
    deadly: u32,
}

async fn body(job: u32, calls: Data<Calls>) -> Result<u32, BoxDynError> {
    let call = calls.service.begin(job);
    if call.before == 0 && job % calls.deadly == 7 {
        let own = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &own]).status().unwrap();
        std::thread::sleep(Duration::MAX);
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    let hint = 1_100 + u64::from(job % 5) * 100;
    match Kind::of(job) {
        Kind::Busy(times) if call.before >= times => call.done(),
        Kind::Easy => call.done(),
        Kind::Busy(_) | Kind::Never => {
            call.busy(hint);
            let busy = Busy(hint);
            return Err(match calls.way {
                Way::Redress => busy.into(),
                Way::Apalis => RetryAfterError::new(busy, Duration::from_millis(hint)).into(),
            });
        }
    }
    Ok(job)
}

/// Runs a worker on a storage; a macro, because of the types of layers.
macro_rules! work {
    ($storage:expr, $name:expr, $calls:expr $(, $lease:ident)?) => {{
        let (storage, calls) = ($storage, $calls);
        let due = Strategy::new().interval(Duration::from_millis(100));
        let worker = WorkerBuilder::new($name)
            .backend(storage.clone().poll_with_strategy(due))
            .data(calls.clone())
            .concurrency(4);
        if calls.way == Way::Apalis {
            worker.build(body).run().await
        } else {
            let policy = Policy::builder()
                .classifier(DefaultClassifier.knows::<Busy>())
                .strategy(retry_after_or(fixed(1)))
                .max_attempts(CAP)
                .deadline(3600)
                .build()
                .unwrap();
            let layer = Deferring::new(policy, storage)$(.$lease())?;
            worker.layer(layer).build(body).run().await
        }
    }};
}

const ENV: &str = "REDRESS_JOBS";

/// Makes the command that runs a worker: this program, with the test below.
pub(super) fn command(
    (storage, url): (&str, &str),
    folder: &Path,
    way: Way,
    deadly: u32,
    name: &str,
) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let way = if way == Way::Apalis {
        "apalis"
    } else {
        "redress"
    };
    command
        .args([
            "jobs::worker::works_until_it_is_killed",
            "--exact",
            "--ignored",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(
            ENV,
            format!("{storage}|{url}|{}|{way}|{deadly}|{name}", folder.display()),
        );
    command
}

#[tokio::test]
#[ignore = "a process of the proof"]
async fn works_until_it_is_killed() {
    let told = std::env::var(ENV).expect("the proof starts it");
    let words: Vec<_> = told.split('|').collect();
    let [storage, url, folder, way, deadly, name] = *words else {
        panic!("{told}");
    };
    let calls = Calls {
        service: Service::new(Path::new(folder)),
        way: if way == "apalis" {
            Way::Apalis
        } else {
            Way::Redress
        },
        deadly: deadly.parse().unwrap(),
    };
    let ended = match storage {
        "sqlite" => work!(storage::sqlite(url).await, name, calls),
        "postgres" => work!(storage::postgres(url).await, name, calls),
        _ => work!(storage::redis(url).await, name, calls, wait_for_lease),
    };
    panic!("nobody stops it: {ended:?}");
}

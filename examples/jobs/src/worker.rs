//! A process that works until it is killed.

use std::fmt;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use apalis::prelude::*;
use apalis_redis::{Config, RedisStorage};
use redis::AsyncCommands as _;
use redis::aio::ConnectionManager;
use redress::contrib::apalis_1::Deferring;
use redress::strategies::{exponential, retry_after_or};
use redress::{Classification, Classify, DefaultClassifier, ErrorClass, Policy};
use serde::{Deserialize, Serialize};

use crate::AnyError;

/// The most attempts of a job, those whose worker died included.
pub(crate) const MAX_ATTEMPTS: u32 = 4;

/// What becomes of a mail.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Mail {
    Fine,
    /// The server asks so many times to come back in two seconds.
    Busy {
        times: usize,
    },
    /// There is no such mailbox.
    Refused,
    /// The worker that sends it dies, so many times.
    Deadly {
        times: usize,
    },
    /// The server answers 503, always.
    Down,
}

/// The job: to whom, and what.
pub(crate) type Job = (String, Mail);

pub(crate) type Storage = RedisStorage<Job>;

pub(crate) async fn storage(url: &str) -> Result<Storage, AnyError> {
    let connection = ConnectionManager::new(redis::Client::open(url)?).await?;
    let config = Config::default()
        .queue("mails")
        .batch_size(1) // what a worker has taken and not begun counts when it dies
        .heartbeat_interval(Duration::from_secs(1))
        .missed_heartbeats(3)
        .idempotency_ttl(Some(Duration::from_secs(24 * 3600)));
    Ok(RedisStorage::new(connection).with_config(config))
}

#[derive(Debug)]
enum MailError {
    Busy(Duration),
    Refused,
    Down,
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(after) => write!(f, "the mail server is busy for {after:?}"),
            Self::Refused => f.write_str("no such mailbox"),
            Self::Down => f.write_str("the mail server answered 503"),
        }
    }
}

impl std::error::Error for MailError {}

impl Classify for MailError {
    fn classify(&self) -> Classification {
        match self {
            Self::Busy(after) => Classification::new(ErrorClass::RateLimit).retry_after(*after),
            Self::Refused => ErrorClass::Permanent.into(),
            Self::Down => ErrorClass::ServerError.into(),
        }
    }
}

/// The body of the job. It knows nothing of retries.
async fn send((to, mail): Job, redis: Data<ConnectionManager>) -> Result<(), BoxDynError> {
    let mut redis = (*redis).clone();
    let at = seconds(&mut redis).await?;
    let attempt: usize = redis.rpush(format!("attempts:{to}"), at).await?;
    match mail {
        Mail::Fine => {}
        Mail::Busy { times } if attempt > times => {}
        Mail::Deadly { times } if attempt > times => {}
        Mail::Busy { .. } => return Err(MailError::Busy(Duration::from_secs(2)).into()),
        Mail::Refused => return Err(MailError::Refused.into()),
        Mail::Down => return Err(MailError::Down.into()),
        Mail::Deadly { .. } => {
            let own = std::process::id().to_string();
            Command::new("kill").args(["-KILL", &own]).status()?;
            std::thread::sleep(Duration::from_secs(60));
        }
    }
    redis.hset::<_, _, _, ()>("ends", to, "done").await?;
    Ok(())
}

/// Returns the seconds since the first attempt of all.
async fn seconds(redis: &mut ConnectionManager) -> Result<String, BoxDynError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    redis.set_nx::<_, _, ()>("begun", now).await?;
    let begun: f64 = redis.get("begun").await?;
    Ok(format!("{:.1}", now - begun))
}

pub(crate) async fn run(url: &str, name: &str) -> Result<(), AnyError> {
    let mut storage = storage(url).await?;
    let policy = Policy::builder()
        .classifier(DefaultClassifier.knows::<MailError>())
        .strategy(retry_after_or(exponential(1, 60)))
        .max_attempts(MAX_ATTEMPTS)
        .deadline(3600)
        .build()?;
    let redis = storage.get_connection().clone();
    let look = Strategy::new().interval(Duration::from_millis(200));
    WorkerBuilder::new(name)
        .backend(storage.clone().poll_with_strategy(look))
        .data(redis)
        .concurrency(1) // so that a worker that dies takes one job along
        .layer(Deferring::new(policy, storage).wait_for_lease())
        .build(send)
        .run()
        .await?;
    Ok(())
}

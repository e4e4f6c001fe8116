//! The storages of apalis, on servers of the tests.

use std::sync::Arc;
use std::time::Duration;

use apalis_postgres::PostgresStorage;
use apalis_redis::RedisStorage;
use apalis_sqlite::SqliteStorage;
use redis::aio::ConnectionManager;
use redress_data_tests::{Postgres, Redis};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

use crate::pg::Database;

/// A worker is taken for dead after three of them.
const HEARTBEAT: Duration = Duration::from_secs(1);

pub(super) async fn sqlite(url: &str) -> SqliteStorage<u32> {
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(120))
        .connect(url)
        .await
        .unwrap();
    let config = apalis_sqlite::Config::default()
        .queue("jobs")
        .batch_size(2)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(3);
    SqliteStorage::new(&pool).with_config(config)
}

pub(super) async fn postgres(url: &str) -> PostgresStorage<u32> {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(120))
        .connect(url)
        .await
        .unwrap();
    let config = apalis_postgres::Config::default()
        .queue("jobs")
        .batch_size(2)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(3);
    PostgresStorage::new(&pool).with_config(config)
}

pub(super) async fn redis(url: &str) -> RedisStorage<u32> {
    let client = redis::Client::open(url).unwrap();
    let config = apalis_redis::Config::default()
        .queue("jobs")
        .batch_size(2)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(3)
        .idempotency_ttl(Some(Duration::from_secs(3600)));
    RedisStorage::new(client.get_connection_manager().await.unwrap()).with_config(config)
}

/// A storage that is empty, its server, and what is looked up in it.
#[expect(dead_code, reason = "a server ends with the value that holds it")]
pub(super) enum Storage {
    Sqlite(SqliteStorage<u32>, TempDir),
    Postgres(PostgresStorage<u32>, Arc<Postgres>),
    Redis(RedisStorage<u32>, Redis),
}

impl Storage {
    pub(super) async fn sqlite() -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/jobs.db?mode=rwc", folder.path().display());
        let storage = sqlite(&url).await;
        SqliteStorage::setup(storage.pool()).await.unwrap();
        (Self::Sqlite(storage, folder), url)
    }

    pub(super) async fn postgres() -> (Self, String) {
        let database = Database::new().await;
        let url = database.url();
        let storage = postgres(&url).await;
        PostgresStorage::setup(storage.pool()).await.unwrap();
        (Self::Postgres(storage, database.server), url)
    }

    pub(super) async fn redis() -> (Self, String) {
        let server = tokio::task::spawn_blocking(|| Redis::start(&[])).await;
        let server = server.unwrap();
        let url = format!("redis://127.0.0.1:{}/", server.port());
        (Self::Redis(redis(&url).await, server), url)
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "sqlite",
            Self::Postgres(..) => "postgres",
            Self::Redis(..) => "redis",
        }
    }

    /// Returns how many tasks are not at their end.
    pub(super) async fn open(&mut self) -> usize {
        let open = "status NOT IN ('Done', 'Killed')";
        let count: i64 = match self {
            Self::Sqlite(storage, _) => {
                count_sqlite(
                    storage.pool(),
                    &format!("SELECT count(*) FROM Jobs WHERE {open}"),
                )
                .await
            }
            Self::Postgres(storage, _) => {
                let count = format!("SELECT count(*) FROM apalis.jobs WHERE {open}");
                count_postgres(storage.pool(), &count).await
            }
            Self::Redis(storage, _) => {
                let config = storage.get_config().clone();
                let connection = storage.get_connection();
                let active = size(connection, "LLEN", &config.active_jobs_list()).await;
                let waits = size(connection, "ZCARD", &config.scheduled_jobs_set()).await;
                let keys = format!("{}*", config.inflight_jobs_set());
                let held: Vec<String> = redis::cmd("KEYS")
                    .arg(keys)
                    .query_async(connection)
                    .await
                    .unwrap();
                let mut running = 0;
                for key in held {
                    running += size(connection, "SCARD", &key).await;
                }
                active + waits + running
            }
        };
        usize::try_from(count).unwrap()
    }

    /// Returns the jobs whose task is `Killed`, with what was written down as the reason.
    pub(super) async fn killed(&mut self) -> Vec<(u32, String)> {
        let of = "job, CAST(last_result AS text)";
        let rows: Vec<(Vec<u8>, String)> = match self {
            Self::Sqlite(storage, _) => {
                let all = format!("SELECT {of} FROM Jobs WHERE status = 'Killed'");
                let all = sqlx::query_as(sqlx::AssertSqlSafe(all));
                all.fetch_all(storage.pool()).await.unwrap()
            }
            Self::Postgres(storage, _) => {
                let all = format!("SELECT {of} FROM apalis.jobs WHERE status = 'Killed'");
                let all = sqlx::query_as(sqlx::AssertSqlSafe(all));
                all.fetch_all(storage.pool()).await.unwrap()
            }
            Self::Redis(storage, _) => {
                let config = storage.get_config().clone();
                let connection = storage.get_connection();
                let dead: Vec<String> = redis::cmd("SMEMBERS")
                    .arg(config.dead_jobs_set())
                    .query_async(connection)
                    .await
                    .unwrap();
                let mut rows = Vec::new();
                for id in dead {
                    let (job, result) = redis::pipe()
                        .hget(config.job_data_hash(), &id)
                        .hget(format!("{}:{id}", config.job_meta_hash()), "result")
                        .query_async(connection)
                        .await
                        .unwrap();
                    rows.push((job, result));
                }
                rows
            }
        };
        let job = |text: Vec<u8>| String::from_utf8(text).unwrap().parse().unwrap();
        rows.into_iter()
            .map(|(text, result)| (job(text), result))
            .collect()
    }

    /// Returns how many tasks were pushed that wait for their time, with the metadata of one.
    pub(super) async fn waiting(&mut self) -> (i64, String) {
        let tasks = "status = 'Pending'";
        match self {
            Self::Sqlite(storage, _) => {
                let all = format!("SELECT count(*), max(metadata) FROM Jobs WHERE {tasks}");
                let all = sqlx::query_as(sqlx::AssertSqlSafe(all));
                all.fetch_one(storage.pool()).await.unwrap()
            }
            Self::Postgres(storage, _) => {
                let all =
                    format!("SELECT count(*), max(metadata::text) FROM apalis.jobs WHERE {tasks}");
                let all = sqlx::query_as(sqlx::AssertSqlSafe(all));
                all.fetch_one(storage.pool()).await.unwrap()
            }
            Self::Redis(storage, _) => {
                let config = storage.get_config().clone();
                let connection = storage.get_connection();
                let all: Vec<String> = redis::cmd("ZRANGE")
                    .arg(config.scheduled_jobs_set())
                    .arg(0)
                    .arg(-1)
                    .query_async(connection)
                    .await
                    .unwrap();
                let meta = format!("{}:{}", config.job_meta_hash(), all.first().unwrap());
                let token: String = redis::cmd("HGET")
                    .arg(meta)
                    .arg("redress.token")
                    .query_async(connection)
                    .await
                    .unwrap();
                (i64::try_from(all.len()).unwrap(), token)
            }
        }
    }
}

async fn count_sqlite(pool: &SqlitePool, count: &str) -> i64 {
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count.to_owned()));
    count.fetch_one(pool).await.unwrap()
}

async fn count_postgres(pool: &PgPool, count: &str) -> i64 {
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count.to_owned()));
    count.fetch_one(pool).await.unwrap()
}

async fn size(connection: &mut ConnectionManager, command: &str, key: &str) -> i64 {
    let size = redis::cmd(command).arg(key).query_async(connection).await;
    size.unwrap()
}

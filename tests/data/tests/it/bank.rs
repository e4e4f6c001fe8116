//! Money that is moved while backends are killed and answers to COMMIT are lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use deadpool_postgres::Pool;
use redress::Policy;
use redress::contrib::tokio_postgres_0_7::transaction;
use redress::contrib::transaction::TransactionError;
use redress::strategies::decorrelated_jitter;
use redress_data_tests::{Cut, Proxy};
use tokio_postgres::{Client, Error};

use super::pg::{Database, connect};

const WRITERS: u32 = 8;
/// As many as the claim is about, and fewer for what stands beside it.
const TRANSFERS: u32 = 2_000;
const BESIDE: u32 = 500;
const ACCOUNTS: i32 = 4;

/// Moves money, and writes down that it did. Nothing keeps it from doing so twice.
async fn transfer(client: &Client, id: i32) -> Result<(), Error> {
    let (from, to) = (
        id % ACCOUNTS,
        (id + 1 + id / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS,
    );
    let balance = "SELECT balance FROM accounts WHERE id = $1";
    let balance: i64 = client.query_one(balance, &[&from]).await?.try_get(0)?;
    let moved = balance.min(7);
    let update = "UPDATE accounts SET balance = balance + $1 WHERE id = $2";
    client.execute(update, &[&-moved, &from]).await?;
    client.execute(update, &[&moved, &to]).await?;
    client
        .execute("INSERT INTO transfers VALUES ($1)", &[&id])
        .await?;
    Ok(())
}

fn policy() -> Policy {
    let jitter = decorrelated_jitter(Duration::from_millis(50)).base(Duration::from_millis(1));
    Policy::builder()
        .strategy(jitter)
        .max_attempts(1_000)
        .unlimited_unknown_attempts()
        .no_deadline()
        .build()
        .unwrap()
}

/// What the calls said, and what the table says.
#[derive(Debug, Default)]
struct Books {
    done: Vec<i32>,
    unknown: Vec<i32>,
    failed: Vec<i32>,
    applied: Vec<i32>,
    sum: i64,
    kills: u32,
}

impl Books {
    fn times(&self, id: i32) -> usize {
        self.applied
            .iter()
            .filter(|applied| **applied == id)
            .count()
    }

    fn twice(&self) -> usize {
        (0..TRANSFERS.cast_signed())
            .filter(|id| self.times(*id) > 1)
            .count()
    }
}

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Done,
    Unknown,
    Failed,
}

/// Lets 8 writers move money so often by `call`.
async fn run<F>(transfers: u32, call: impl Fn(Pool, i32) -> F + Send + Sync + 'static) -> Books
where
    F: Future<Output = Ended> + Send,
{
    let database = Database::new().await;
    let tables = "CREATE TABLE accounts (id int PRIMARY KEY, balance bigint);
        INSERT INTO accounts SELECT id, 1000 FROM generate_series(0, 3) id;
        CREATE TABLE transfers (id int)";
    database.direct.batch_execute(tables).await.unwrap();
    let proxy = Proxy::start(database.server.port(), Cut::Answer).await;
    proxy.cut_every(50);
    let pool = database.pool_at(proxy.port(), 8);

    let over = Arc::new(AtomicBool::new(false));
    let killer = {
        let (over, config) = (Arc::clone(&over), database.config());
        tokio::spawn(async move {
            let client = connect(&config).await.unwrap();
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND application_name = '' AND query NOT LIKE '%keep%' ORDER BY random() LIMIT 1";
            let mut kills = 0;
            while !over.load(Ordering::SeqCst) {
                kills += client.execute(kill, &[]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            u32::try_from(kills).unwrap()
        })
    };
    // Its backend is spared.
    database
        .direct
        .batch_execute("SELECT 'keep'")
        .await
        .unwrap();

    let (next, call) = (Arc::new(AtomicU32::new(0)), Arc::new(call));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (next, pool, call) = (Arc::clone(&next), pool.clone(), Arc::clone(&call));
            tokio::spawn(async move {
                let mut ended = Vec::new();
                loop {
                    let id = next.fetch_add(1, Ordering::SeqCst);
                    if id >= transfers {
                        return ended;
                    }
                    let id = id.cast_signed();
                    ended.push((id, call(pool.clone(), id).await));
                }
            })
        })
        .collect();
    let mut books = Books::default();
    for writer in writers {
        for (id, ended) in writer.await.unwrap() {
            match ended {
                Ended::Done => books.done.push(id),
                Ended::Unknown => books.unknown.push(id),
                Ended::Failed => books.failed.push(id),
            }
        }
    }
    over.store(true, Ordering::SeqCst);
    books.kills = killer.await.unwrap();
    let client = connect(&database.config()).await.unwrap();
    let applied = client.query("SELECT id FROM transfers", &[]).await.unwrap();
    books.applied = applied.iter().map(|row| row.get(0)).collect();
    let sum = client
        .query_one("SELECT sum(balance)::bigint FROM accounts", &[])
        .await
        .unwrap();
    books.sum = sum.get(0);
    books
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transfer_is_applied_once_or_reported_as_unknown() {
    let policy = Arc::new(policy());
    let books = run(TRANSFERS, move |pool, id| {
        let policy = Arc::clone(&policy);
        async move {
            let body = async |client: &Client| transfer(client, id).await;
            let ended = transaction(|| pool.get(), &*policy, body)
                .serializable()
                .await;
            match ended.map_err(redress::Error::into_source) {
                Ok(()) => Ended::Done,
                Err(Some(TransactionError::CommitUnknown(_))) => Ended::Unknown,
                Err(_) => Ended::Failed,
            }
        }
    })
    .await;

    println!(
        "transaction: {} done, {} unknown, {} failed, {} backends killed, {} applied twice",
        books.done.len(),
        books.unknown.len(),
        books.failed.len(),
        books.kills,
        books.twice(),
    );
    assert_eq!(books.sum, 4_000);
    assert_eq!(books.twice(), 0);
    assert!(books.failed.is_empty(), "{:?}", books.failed);
    assert!(books.done.iter().all(|id| books.times(*id) == 1));
    // 2,000 COMMITs, each 50th of which is cut.
    assert!(books.unknown.len() >= 40);
    assert!(books.kills > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_the_server_knows_all_of_them() {
    let policy = Arc::new(policy());
    let books = run(BESIDE, move |pool, id| {
        let policy = Arc::clone(&policy);
        async move {
            let body = async |client: &Client| transfer(client, id).await;
            let call = transaction(|| pool.get(), &*policy, body)
                .serializable()
                .ask_server();
            call.await.map_or(Ended::Failed, |()| Ended::Done)
        }
    })
    .await;
    println!(
        "ask_server: {} done, {} backends killed",
        books.done.len(),
        books.kills
    );
    assert_eq!(books.sum, 4_000);
    assert_eq!(books.done.len(), BESIDE as usize);
    assert!(books.done.iter().all(|id| books.times(*id) == 1));
    assert!(books.kills > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_retry_loses_that() {
    let policy = Arc::new(policy());
    let books = run(BESIDE, move |pool, id| {
        let policy = Arc::clone(&policy);
        async move {
            let once = || async {
                let mut client = pool.get().await.map_err(std::io::Error::other)?;
                let begun = client.build_transaction();
                let level = tokio_postgres::IsolationLevel::Serializable;
                let begun = begun.isolation_level(level).start().await;
                let begun = begun.map_err(std::io::Error::other)?;
                transfer(begun.client(), id)
                    .await
                    .map_err(std::io::Error::other)?;
                begun.commit().await.map_err(std::io::Error::other)
            };
            policy
                .call_async(once)
                .await
                .map_or(Ended::Failed, |()| Ended::Done)
        }
    })
    .await;
    println!(
        "plain retry: {} done, {} applied twice",
        books.done.len(),
        books.twice()
    );
    // Nothing has warned of these.
    assert_eq!(books.done.len(), BESIDE as usize);
    assert!(books.twice() > 0);
}

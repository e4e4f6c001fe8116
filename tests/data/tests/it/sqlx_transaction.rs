//! Transactions of sqlx under a policy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redress::contrib::sqlx_0_9::transaction;
use redress::contrib::transaction::TransactionError;
use redress::{ErrorClass, Policy, StopReason, strategies::fixed};
use redress_data_tests::{Cut, Proxy};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, Error, MySqlPool, PgConnection, query_scalar, raw_sql};

use super::pg::Database;
use super::sqlx_errors::{mariadb, url};

fn policy() -> Policy {
    Policy::builder()
        .strategy(fixed(Duration::from_millis(1)))
        .build()
        .unwrap()
}

async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .connect(url)
        .await
        .unwrap()
}

async fn add_one(connection: &mut PgConnection) -> Result<i32, Error> {
    query_scalar("UPDATE acc SET v = v + 1 WHERE id = 1 RETURNING v")
        .fetch_one(connection)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_commits_in_a_spawned_task_with_what_it_borrows() {
    let database = Database::new().await;
    let url = database.url();
    let added = tokio::spawn(async move {
        let (pool, policy) = (pool(&url).await, policy());
        let (amount, what) = (5, String::from("v"));
        transaction(&pool, &policy, async |tx| {
            let add = "UPDATE acc SET v = v + $1 WHERE id = 1 RETURNING v";
            let value: i32 = query_scalar(add).bind(amount).fetch_one(&mut *tx).await?;
            if what.is_empty() {
                return Err(Error::RowNotFound);
            }
            Ok(value)
        })
        .serializable()
        .await
    });
    assert_eq!(added.await.unwrap().unwrap(), 5);
    assert_eq!(database.value(1).await, 5);
}

#[tokio::test]
async fn a_serialization_failure_at_commit_runs_all_of_it_again() {
    let database = Database::new().await;
    let (pool, policy) = (pool(&database.url()).await, policy());
    let runs = AtomicU32::new(0);
    let sum: i64 = transaction(&pool, &policy, async |tx| {
        let sum = query_scalar("SELECT sum(v) FROM acc")
            .fetch_one(&mut *tx)
            .await?;
        add_one(&mut *tx).await?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let skew = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM acc;
                UPDATE acc SET v = v + 1 WHERE id = 2; COMMIT";
            database
                .direct
                .batch_execute(skew)
                .await
                .map_err(|e| Error::Protocol(e.to_string()))?;
        }
        Ok::<_, Error>(sum)
    })
    .serializable()
    .await
    .unwrap();
    assert_eq!((sum, runs.into_inner()), (1, 2));
}

#[tokio::test]
async fn errors_of_the_body_and_those_it_keeps_to_itself_roll_back() {
    let database = Database::new().await;
    let (pool, policy) = (pool(&database.url()).await, policy());
    let twice = "INSERT INTO acc VALUES (1, 1)";
    let error = transaction(&pool, &policy, async |tx| {
        add_one(&mut *tx).await?;
        raw_sql(twice).execute(&mut *tx).await
    })
    .await
    .unwrap_err();
    assert_eq!(
        (error.attempts(), error.class()),
        (1, Some(ErrorClass::Permanent))
    );
    assert!(matches!(
        error.source_ref(),
        Some(TransactionError::Body(_))
    ));

    // What the driver says of a swallowed one.
    let mut by_hand = pool.begin().await.unwrap();
    add_one(&mut by_hand).await.unwrap();
    assert!(raw_sql(twice).execute(&mut *by_hand).await.is_err());
    assert!(by_hand.commit().await.is_ok());
    assert_eq!(database.value(1).await, 0);

    let error = transaction(&pool, &policy, async |tx| {
        add_one(&mut *tx).await?;
        let _swallowed = raw_sql(twice).execute(&mut *tx).await;
        Ok::<_, Error>(())
    })
    .await
    .unwrap_err();
    assert!(matches!(
        error.source_ref(),
        Some(TransactionError::Swallowed(_))
    ));
    assert_eq!(
        (error.attempts(), error.class()),
        (2, Some(ErrorClass::Unknown))
    );

    // A savepoint keeps a failure to itself, and the rest is committed.
    transaction(&pool, &policy, async |tx| {
        add_one(&mut *tx).await?;
        let mut inner = tx.begin().await?;
        assert!(raw_sql(twice).execute(&mut *inner).await.is_err());
        inner.rollback().await?;
        let mut inner = tx.begin().await?;
        add_one(&mut inner).await?;
        inner.commit().await
    })
    .await
    .unwrap();
    assert_eq!(database.value(1).await, 2);
}

#[tokio::test]
async fn a_lost_answer_is_not_a_second_run() {
    for cut in [Cut::Answer, Cut::Request] {
        let database = Database::new().await;
        let proxy = Proxy::start(database.server.port(), cut).await;
        let through = format!(
            "postgres://postgres@127.0.0.1:{}/{}",
            proxy.port(),
            database.name
        );
        let (pool, policy) = (pool(&through).await, policy());
        let runs = AtomicU32::new(0);
        let body = async |tx: &mut PgConnection| {
            runs.fetch_add(1, Ordering::SeqCst);
            add_one(tx).await
        };
        let happened = i32::from(cut == Cut::Answer);

        proxy.cut(1);
        let error = transaction(&pool, &policy, body).await.unwrap_err();
        assert_eq!(
            (error.attempts(), error.stop_reason()),
            (1, StopReason::RetryForbidden)
        );
        assert!(error.into_source().unwrap().is_commit_unknown());
        assert_eq!(database.value(1).await, happened);

        proxy.cut(1);
        let next = happened + 1;
        let value = transaction(&pool, &policy, body)
            .if_commit_unknown(async |connection| {
                let look = "SELECT v = $1 FROM acc WHERE id = 1 FOR UPDATE";
                query_scalar::<_, bool>(look)
                    .bind(next)
                    .fetch_one(connection)
                    .await
            })
            .await
            .unwrap();
        assert_eq!((value, database.value(1).await), (next, next));

        proxy.cut(1);
        transaction(&pool, &policy, body)
            .idempotent()
            .await
            .unwrap();
        assert_eq!(database.value(1).await, next + 1 + happened);
    }
}

#[tokio::test]
async fn mariadb_is_rolled_back_after_a_lock_that_was_not_given() {
    let server = mariadb().await;
    let root = MySqlPool::connect(&url(&server, "root", "mysql"))
        .await
        .unwrap();
    raw_sql("CREATE DATABASE waits")
        .execute(&root)
        .await
        .unwrap();
    let pool = MySqlPool::connect(&url(&server, "root", "waits"))
        .await
        .unwrap();
    let table = "CREATE TABLE t (id int PRIMARY KEY, v int) ENGINE = InnoDB";
    raw_sql(table).execute(&pool).await.unwrap();
    raw_sql("INSERT INTO t VALUES (1, 0), (2, 0)")
        .execute(&pool)
        .await
        .unwrap();
    let mut other = pool.begin().await.unwrap();
    raw_sql("UPDATE t SET v = 9 WHERE id = 1")
        .execute(&mut *other)
        .await
        .unwrap();
    let other = std::sync::Mutex::new(Some(other));

    let (runs, policy) = (AtomicU32::new(0), policy());
    transaction(&pool, &policy, async |tx| {
        raw_sql("UPDATE t SET v = v + 1 WHERE id = 2")
            .execute(&mut *tx)
            .await?;
        if runs.fetch_add(1, Ordering::SeqCst) > 0 {
            let other = other.lock().unwrap().take();
            if let Some(other) = other {
                other.rollback().await?;
            }
        }
        raw_sql("UPDATE t SET v = v + 1 WHERE id = 1")
            .execute(&mut *tx)
            .await
    })
    .serializable()
    .await
    .unwrap();
    let sum: i64 = query_scalar("SELECT CAST(SUM(v) AS SIGNED) FROM t")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!((sum, runs.into_inner()), (2, 2));
}

#[tokio::test]
async fn sqlite_heals_a_snapshot_that_is_old_and_begins_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("db"))
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(10));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone());
    let (pool, policy) = (pool.await.unwrap(), policy());
    let mut other = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    let table = "PRAGMA journal_mode = WAL; CREATE TABLE t (v int); INSERT INTO t VALUES (0)";
    raw_sql(table).execute(&mut other).await.unwrap();
    let other = tokio::sync::Mutex::new(other);

    let runs = AtomicU32::new(0);
    transaction(&pool, &policy, async |tx| {
        let v: i64 = query_scalar("SELECT v FROM t").fetch_one(&mut *tx).await?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let mut other = other.lock().await;
            raw_sql("UPDATE t SET v = v + 10")
                .execute(&mut *other)
                .await?;
        }
        sqlx::query("UPDATE t SET v = $1")
            .bind(v + 1)
            .execute(&mut *tx)
            .await
    })
    .await
    .unwrap();
    let mut other = other.into_inner();
    let v: i64 = query_scalar("SELECT v FROM t")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!((v, runs.into_inner()), (11, 2));

    // One that will write says so at once, and fails there while another one writes.
    raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let body =
        async |tx: &mut sqlx::SqliteConnection| raw_sql("UPDATE t SET v = 0").execute(tx).await;
    let error = transaction(&pool, &policy, body)
        .begin_with("BEGIN IMMEDIATE")
        .await
        .unwrap_err();
    assert!(matches!(
        error.source_ref(),
        Some(TransactionError::Begin(_))
    ));
    assert_eq!(error.class(), Some(ErrorClass::Concurrency));
}

//! Transactions of tokio-postgres under a policy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redress::contrib::tokio_postgres_0_7::transaction;
use redress::contrib::transaction::TransactionError;
use redress::{ErrorClass, Policy, StopReason, strategies::fixed};
use redress_data_tests::{Cut, Proxy};
use tokio_postgres::{Client, Error, NoTls};

use super::pg::{Database, connect};

fn policy() -> Policy {
    Policy::builder()
        .strategy(fixed(Duration::from_millis(1)))
        .build()
        .unwrap()
}

async fn add_one(client: &Client) -> Result<i32, Error> {
    let add = "UPDATE acc SET v = v + 1 WHERE id = 1 RETURNING v";
    client.query_one(add, &[]).await?.try_get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_commits_in_a_spawned_task_with_what_it_borrows() {
    let database = Database::new().await;
    let pool = database.pool(1);
    let added = tokio::spawn(async move {
        let policy = policy();
        let amount = 5;
        let what = String::from("UPDATE acc SET v = v + $1 WHERE id = 1 RETURNING v");
        transaction(
            || pool.get(),
            &policy,
            async |client| {
                let row = client.query_one(what.as_str(), &[&amount]).await?;
                row.try_get::<_, i32>(0)
            },
        )
        .serializable()
        .await
    });
    assert_eq!(added.await.unwrap().unwrap(), 5);
    assert_eq!(database.value(1).await, 5);
}

#[tokio::test]
async fn it_takes_the_connections_of_other_pools_and_of_none() {
    let database = Database::new().await;
    let policy = policy();
    let manager = bb8_postgres::PostgresConnectionManager::new(database.config(), NoTls);
    let pool = bb8::Pool::builder().build(manager).await.unwrap();
    transaction(|| pool.get(), &policy, async |client| add_one(client).await)
        .await
        .unwrap();
    let config = database.config();
    transaction(
        || connect(&config),
        &policy,
        async |client| add_one(client).await,
    )
    .await
    .unwrap();
    transaction(
        || async { connect(&config).await.map(Box::new) },
        &policy,
        async |client| add_one(client).await,
    )
    .await
    .unwrap();
    assert_eq!(database.value(1).await, 3);
}

#[tokio::test]
async fn an_error_of_the_body_rolls_back() {
    let database = Database::new().await;
    let (pool, policy) = (database.pool(1), policy());
    let runs = AtomicU32::new(0);
    let error = transaction(
        || pool.get(),
        &policy,
        async |client| {
            runs.fetch_add(1, Ordering::SeqCst);
            add_one(client).await?;
            client.batch_execute("INSERT INTO acc VALUES (1, 1)").await
        },
    )
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
    assert_eq!((runs.into_inner(), database.value(1).await), (1, 0));

    // The connection that comes back is outside of a transaction.
    let client = pool.get().await.unwrap();
    let pid: i32 = client
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0);
    let state = "SELECT state FROM pg_stat_activity WHERE pid = $1";
    let state: String = database
        .direct
        .query_one(state, &[&pid])
        .await
        .unwrap()
        .get(0);
    assert_eq!(state, "idle");
}

#[tokio::test]
async fn a_serialization_failure_at_commit_runs_all_of_it_again() {
    let database = Database::new().await;
    let (pool, policy) = (database.pool(1), policy());
    let other = connect(&database.config()).await.unwrap();
    let runs = AtomicU32::new(0);
    let sum = transaction(
        || pool.get(),
        &policy,
        async |client| {
            let sum: i64 = client
                .query_one("SELECT sum(v) FROM acc", &[])
                .await?
                .try_get(0)?;
            client
                .batch_execute("UPDATE acc SET v = v + 1 WHERE id = 1")
                .await?;
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                // Another one reads what this one writes, writes what it has read, and commits first.
                let skew = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM acc;
                UPDATE acc SET v = v + 1 WHERE id = 2; COMMIT";
                other.batch_execute(skew).await?;
            }
            Ok::<_, Error>(sum)
        },
    )
    .serializable()
    .await
    .unwrap();
    assert_eq!((sum, runs.into_inner()), (1, 2));
    assert_eq!((database.value(1).await, database.value(2).await), (1, 1));
}

#[tokio::test]
async fn an_error_that_the_body_keeps_to_itself_is_no_success() {
    let database = Database::new().await;
    let (pool, policy) = (database.pool(1), policy());
    let body = async |client: &Client| {
        add_one(client).await?;
        let _swallowed = client.batch_execute("INSERT INTO acc VALUES (1, 1)").await;
        Ok::<_, Error>(())
    };

    // What the driver says of it.
    let mut client = pool.get().await.unwrap();
    let by_hand = client.transaction().await.unwrap();
    body(by_hand.client()).await.unwrap();
    assert!(by_hand.commit().await.is_ok());
    drop(client);
    assert_eq!(database.value(1).await, 0);

    let error = transaction(|| pool.get(), &policy, body).await.unwrap_err();
    assert!(matches!(
        error.source_ref(),
        Some(TransactionError::Swallowed(_))
    ));
    assert_eq!(
        (error.attempts(), error.class()),
        (2, Some(ErrorClass::Unknown))
    );
    assert_eq!(database.value(1).await, 0);

    // A swallowed serialization failure heals, as the second run has none.
    let runs = AtomicU32::new(0);
    transaction(
        || pool.get(),
        &policy,
        async |client| {
            add_one(client).await?;
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                let raise = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$";
                let _swallowed = client.batch_execute(raise).await;
            }
            Ok::<_, Error>(())
        },
    )
    .await
    .unwrap();
    assert_eq!(database.value(1).await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_not_a_second_run() {
    let database = Database::new().await;
    let proxy = Proxy::start(database.server.port(), Cut::Answer).await;
    let (pool, policy) = (database.pool_at(proxy.port(), 2), policy());

    // A plain retry around it applies it twice.
    #[redress::retry(strategy = fixed(1ms))]
    async fn plain(pool: &deadpool_postgres::Pool) -> anyhow::Result<()> {
        let mut client = pool.get().await?;
        let transaction = client.transaction().await?;
        transaction
            .batch_execute("UPDATE acc SET v = v + 1 WHERE id = 1")
            .await?;
        transaction.commit().await?;
        Ok(())
    }
    proxy.cut(1);
    plain(&pool).await.unwrap();
    assert_eq!(database.value(1).await, 2);

    proxy.cut(1);
    let body = async |client: &Client| add_one(client).await;
    let error = transaction(|| pool.get(), &policy, body).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::RetryForbidden)
    );
    assert!(error.into_source().unwrap().is_commit_unknown());
    assert_eq!(database.value(1).await, 3);

    // Told that it does no harm, it runs again.
    proxy.cut(1);
    transaction(|| pool.get(), &policy, body)
        .idempotent()
        .await
        .unwrap();
    assert_eq!(database.value(1).await, 5);
}

#[tokio::test]
async fn where_it_can_look_it_happens_once() {
    for cut in [Cut::Answer, Cut::Request] {
        let database = Database::new().await;
        let proxy = Proxy::start(database.server.port(), cut).await;
        let (pool, policy) = (database.pool_at(proxy.port(), 2), policy());
        let runs = AtomicU32::new(0);
        let body = async |client: &Client| {
            runs.fetch_add(1, Ordering::SeqCst);
            add_one(client).await
        };
        let again = u32::from(cut == Cut::Request);

        proxy.cut(1);
        let value = transaction(|| pool.get(), &policy, body)
            .ask_server()
            .await
            .unwrap();
        assert_eq!((value, database.value(1).await), (1, 1), "{cut:?}");
        assert_eq!(runs.swap(0, Ordering::SeqCst), 1 + again);

        proxy.cut(1);
        let value = transaction(|| pool.get(), &policy, body)
            .if_commit_unknown(async |client| {
                let row = client
                    .query_one("SELECT v = 2 FROM acc WHERE id = 1 FOR UPDATE", &[])
                    .await?;
                row.try_get::<_, bool>(0)
            })
            .await
            .unwrap();
        assert_eq!((value, database.value(1).await), (2, 2), "{cut:?}");
        assert_eq!(runs.swap(0, Ordering::SeqCst), 1 + again);

        // One that has written nothing lost nothing.
        proxy.cut(1);
        let reads = async |client: &Client| {
            client
                .query_one("SELECT v FROM acc WHERE id = 1", &[])
                .await?
                .try_get::<_, i32>(0)
        };
        let value = transaction(|| pool.get(), &policy, reads)
            .ask_server()
            .await
            .unwrap();
        assert_eq!(value, 2);
    }
}

#[tokio::test]
async fn a_look_that_fails_looks_again_and_ends_as_unknown() {
    let database = Database::new().await;
    let proxy = Proxy::start(database.server.port(), Cut::Answer).await;
    let (pool, policy) = (database.pool_at(proxy.port(), 2), policy());
    let body = async |client: &Client| add_one(client).await;
    let looks = AtomicU32::new(0);

    proxy.cut(1);
    let value = transaction(|| pool.get(), &policy, body)
        .if_commit_unknown(async |_| match looks.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(std::io::Error::other("not yet")),
            _ => Ok(true),
        })
        .await;
    assert_eq!((value.unwrap(), looks.into_inner()), (1, 3));

    proxy.cut(1);
    let error = transaction(|| pool.get(), &policy, body)
        .if_commit_unknown(async |_| Err::<bool, _>(std::io::Error::other("never")))
        .await
        .unwrap_err();
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (6, StopReason::MaxAttemptsGlobal)
    );
    assert!(error.into_source().unwrap().is_commit_unknown());
    assert_eq!(database.value(1).await, 2);
}

#[tokio::test]
async fn an_attempt_that_is_cut_off_while_it_commits_is_known_to_have_been() {
    let database = Database::new().await;
    let proxy = Proxy::start(database.server.port(), Cut::Late(Duration::from_secs(600))).await;
    let config = super::pg::config(proxy.port(), &database.name);
    let timeout = |attempts| {
        let second = Duration::from_secs(1);
        let strategy = fixed(Duration::from_millis(1));
        let policy = Policy::builder().attempt_timeout(second).strategy(strategy);
        policy.max_attempts(attempts).build().unwrap()
    };
    let body = async |client: &Client| add_one(client).await;

    // Which attempt it is does not matter.
    for (attempts, value) in [(3, 1), (1, 2)] {
        proxy.cut(1);
        let policy = timeout(attempts);
        let error = transaction(|| connect(&config), &policy, body)
            .await
            .unwrap_err();
        assert!(error.into_source().unwrap().is_commit_unknown());
        assert_eq!(database.value(1).await, value);
    }
    proxy.cut(1);
    let policy = timeout(3);
    assert_eq!(
        transaction(|| connect(&config), &policy, body)
            .ask_server()
            .await
            .unwrap(),
        3
    );
    assert_eq!(database.value(1).await, 3);
}

#[tokio::test]
async fn a_connection_that_is_lost_before_commit_costs_an_attempt() {
    let database = Database::new().await;
    let (pool, policy) = (database.pool(1), policy());
    let runs = AtomicU32::new(0);
    let body = async |client: &Client| {
        let value = add_one(client).await?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            // What happened to this statement, the body keeps to itself.
            let _lost = client
                .batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")
                .await;
            while !client.is_closed() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok::<_, Error>(value)
    };
    assert_eq!(transaction(|| pool.get(), &policy, body).await.unwrap(), 1);
    assert_eq!((runs.into_inner(), database.value(1).await), (2, 1));
}

#[tokio::test]
async fn the_connection_is_back_with_its_pool_before_the_pause() {
    let database = Database::new().await;
    let pool = database.pool(1);
    let (pauses, lent) = (AtomicU32::new(0), pool.clone());
    let pauses = std::sync::Arc::new(pauses);
    let counter = pauses.clone();
    let policy = Policy::builder()
        .sleeper(move |_| {
            let (lent, counter) = (lent.clone(), counter.clone());
            async move {
                // The only one that there is.
                drop(lent.get().await.unwrap());
                counter.fetch_add(1, Ordering::SeqCst);
            }
        })
        .build()
        .unwrap();
    let error = transaction(
        || pool.get(),
        &policy,
        async |client| {
            add_one(client).await?;
            let raise = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$";
            client.batch_execute(raise).await
        },
    )
    .await
    .unwrap_err();
    assert_eq!((error.attempts(), pauses.load(Ordering::SeqCst)), (6, 5));
    assert_eq!(database.value(1).await, 0);
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_nothing_behind() {
    let database = Database::new().await;
    let (pool, policy) = (database.pool(1), policy());
    let begun = tokio::sync::Notify::new();
    let call = transaction(
        || pool.get(),
        &policy,
        async |client| {
            add_one(client).await?;
            begun.notify_one();
            std::future::pending::<()>().await;
            Ok::<_, Error>(())
        },
    );
    tokio::select! {
        ended = call => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    // It would wait for the lock of a transaction that was still open.
    database
        .direct
        .batch_execute("UPDATE acc SET v = v + 10 WHERE id = 1")
        .await
        .unwrap();
    assert_eq!(database.value(1).await, 10);
    let next = transaction(|| pool.get(), &policy, async |client| add_one(client).await).await;
    assert_eq!(next.unwrap(), 11);
}

#[tokio::test]
async fn it_waits_for_the_server_as_often_as_by_hand() {
    let database = Database::new().await;
    let proxy = Proxy::start(database.server.port(), Cut::Answer).await;
    let (pool, policy) = (database.pool_at(proxy.port(), 1), policy());
    let update = "UPDATE acc SET v = v + 1 WHERE id = 1";
    drop(pool.get().await.unwrap());

    let before = proxy.requests();
    let mut client = pool.get().await.unwrap();
    let by_hand = client.transaction().await.unwrap();
    by_hand.batch_execute(update).await.unwrap();
    by_hand.commit().await.unwrap();
    drop(client);
    let by_hand = proxy.requests() - before;
    assert_eq!(by_hand, 3);

    let body = async |client: &Client| client.batch_execute(update).await;
    let before = proxy.requests();
    transaction(|| pool.get(), &policy, body).await.unwrap();
    assert_eq!(proxy.requests() - before, by_hand);

    let before = proxy.requests();
    transaction(|| pool.get(), &policy, body)
        .ask_server()
        .await
        .unwrap();
    assert_eq!(proxy.requests() - before, by_hand + 1);
}

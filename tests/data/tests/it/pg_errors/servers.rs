//! What a server says of itself: one that is full, starts, ends, or repeats another one.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use redress::ErrorClass;
use redress_data_tests::{Postgres, Rows};
use tokio::task::spawn_blocking;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::said;
use crate::pg::{config, connect};
use crate::said::assert_class;

/// A server of its own, since all who share it would see what happens to it.
pub(super) async fn of_its_own(rows: &Rows, version: u32) {
    let start = move || {
        let mut settings = vec!["max_locks_per_transaction=10", "autovacuum=off"];
        if version < 17 {
            settings.push("old_snapshot_threshold=0");
        }
        Postgres::start(&settings)
    };
    let server = Arc::new(spawn_blocking(start).await.unwrap());
    let config = config(server.port(), "postgres");
    let client = connect(&config).await.unwrap();
    full(rows, &client).await;
    configuration(rows, &client).await;
    tokio::join!(replica(rows, &server, &client), async {
        if version < 17 {
            old_snapshot(rows, &config).await;
        }
    });
    drop(client);
    crash(rows, &server, &config).await;
    shutdown(rows, &server, &config).await;
}

async fn full(rows: &Rows, client: &Client) {
    let locks = "SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 1000000) i";
    let error = client.batch_execute(locks).await.unwrap_err();
    said(rows, error, "53200", ErrorClass::ServerError);
    let free = "SELECT pg_advisory_unlock_all()";
    client.batch_execute(free).await.unwrap();
}

/// Somebody has written into the file that `ALTER SYSTEM` writes.
async fn configuration(rows: &Rows, client: &Client) {
    let folder = client.query_one("SHOW data_directory", &[]).await.unwrap();
    let file = format!("{}/postgresql.auto.conf", folder.get::<_, String>(0));
    let write = async |text: &str| {
        let copy = format!("COPY (SELECT '{text}') TO '{file}'");
        client.batch_execute(&copy).await.unwrap();
    };
    write("no settings at all").await;
    let set = "ALTER SYSTEM SET work_mem = '1MB'";
    let error = client.batch_execute(set).await.unwrap_err();
    said(rows, error, "F0000", ErrorClass::ServerError);
    write("").await;
}

/// A replica takes no writes, and ends what is in the way of what it repeats.
async fn replica(rows: &Rows, server: &Arc<Postgres>, primary: &Client) {
    let tables = "CREATE TABLE repeated AS SELECT i FROM generate_series(1, 100) i";
    primary
        .batch_execute("CREATE DATABASE dropped")
        .await
        .unwrap();
    primary.batch_execute(tables).await.unwrap();
    let copied = Arc::clone(server);
    let start = move || {
        copied.replica(&[
            "max_locks_per_transaction=10",
            "max_standby_streaming_delay=0",
        ])
    };
    let replica = spawn_blocking(start).await.unwrap();
    let of = |database| config(replica.port(), database);
    let client = connect(&of("postgres")).await.unwrap();
    let write = client.batch_execute("DELETE FROM repeated").await;
    said(rows, write.unwrap_err(), "25006", ErrorClass::Transient);

    let other = connect(&of("postgres")).await.unwrap();
    let dropped = connect(&of("dropped")).await.unwrap();
    let (reading, connected, ()) = tokio::join!(
        other.batch_execute("SELECT i, pg_sleep(600) FROM repeated"),
        dropped.batch_execute("SELECT pg_sleep(600)"),
        async {
            let sleeping = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            while client.query(sleeping, &[]).await.unwrap().len() < 2 {}
            primary
                .batch_execute("DROP DATABASE dropped")
                .await
                .unwrap();
            primary.batch_execute("DROP TABLE repeated").await.unwrap();
        }
    );
    said(rows, reading.unwrap_err(), "40001", ErrorClass::Concurrency);
    said(rows, connected.unwrap_err(), "57P04", ErrorClass::Permanent);
}

/// What a transaction would read was removed, since it is old. A threshold of none means five seconds.
async fn old_snapshot(rows: &Rows, config: &Config) {
    let (old, new) = (
        connect(config).await.unwrap(),
        connect(config).await.unwrap(),
    );
    let table = "CREATE TABLE old AS SELECT i, 0 AS v FROM generate_series(1, 1000) i";
    new.batch_execute(table).await.unwrap();
    let sum = "SELECT sum(v) FROM old";
    let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ; {sum}");
    old.batch_execute(&begin).await.unwrap();
    let error = loop {
        new.batch_execute("UPDATE old SET v = v + 1").await.unwrap();
        new.batch_execute(sum).await.unwrap();
        match old.batch_execute(sum).await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(error) => break error,
        }
    };
    said(rows, error, "72000", ErrorClass::Concurrency);
}

/// One backend crashed: the server ends all others, and starts again. What it says is a warning, which is
/// not the answer to anything, and does not reach every client before its connection is reset.
async fn crash(rows: &Rows, server: &Postgres, config: &Config) {
    let warning = loop {
        if let Some(warning) = warning_of_a_crash(server, config).await {
            break warning;
        }
    };
    assert_eq!(warning.code().code(), "57P02");
    assert_class(warning, ErrorClass::Transient);
    rows.say("57P02");
}

async fn warning_of_a_crash(server: &Postgres, config: &Config) -> Option<DbError> {
    // None of these while it recovers.
    let victim = connect(config).await.ok()?;
    let (_client, mut connection) = config.connect(NoTls).await.ok()?;
    let process = victim
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .ok()?;
    server.crash(process.get(0));
    loop {
        match poll_fn(|context| connection.poll_message(context)).await? {
            Ok(AsyncMessage::Notice(warning)) => return Some(warning),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// It says so to new clients, too, while it recovers from a crash and while it shuts down.
async fn shutdown(rows: &Rows, server: &Postgres, config: &Config) {
    let _session = loop {
        match connect(config).await {
            Ok(session) => break session,
            Err(error) => assert_class(error, ErrorClass::Transient),
        }
    };
    server.shut_down_slowly();
    let error = loop {
        if let Err(error) = connect(config).await {
            break error;
        }
    };
    said(rows, error, "57P03", ErrorClass::Transient);
}

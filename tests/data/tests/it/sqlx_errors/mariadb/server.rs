//! A server that is full, read-only or ends, and clients that it does not understand.

use std::time::Duration;

use redress::ErrorClass;
use redress_data_tests::{MariaDb, Rows};
use sqlx::mysql::MySqlPoolOptions;

use super::super::wire::Wire;
use super::{conflicts, fails, mysql, said, works};
use crate::said::assert_class;

/// A server of its own, since all who share it would see what happens to it.
pub(super) async fn of_its_own(rows: &Rows) {
    let start = || {
        MariaDb::start(&[
            "--max-connections=10",
            "--max-user-connections=2",
            "--max-allowed-packet=1024",
            "--net-buffer-length=1024",
            "--innodb-lock-wait-timeout=1",
            "--innodb-rollback-on-timeout",
        ])
    };
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let mut admin = mysql(&server, "root", "mysql").await.unwrap();
    works(
        &mut admin,
        "CREATE USER plain; CREATE DATABASE own; GRANT ALL ON own.* TO plain; USE own",
    )
    .await;
    works(
        &mut admin,
        "CREATE TABLE t (id int PRIMARY KEY, v int) ENGINE = InnoDB",
    )
    .await;
    works(&mut admin, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
    conflicts::branches(rows, &server).await;

    works(&mut admin, "SET GLOBAL read_only = ON").await;
    let mut plain = mysql(&server, "plain", "own").await.unwrap();
    let read_only = fails(&mut plain, "INSERT INTO t VALUES (3, 1)").await;
    said(rows, read_only, 1290, ErrorClass::Transient);

    not_understood(rows, &server);
    too_many(rows, &server).await;

    let id: i64 = sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS SIGNED)")
        .fetch_one(&mut plain)
        .await
        .unwrap();
    works(&mut admin, &format!("KILL {id}")).await;
    assert_class(fails(&mut plain, "SELECT 1").await, ErrorClass::Transient);

    // From now on nobody may come from here.
    works(
        &mut admin,
        "DELETE FROM mysql.global_priv WHERE Host IN ('%', '127.0.0.1')",
    )
    .await;
    works(&mut admin, "FLUSH PRIVILEGES").await;
    let stranger = loop {
        let greeting = Wire::greeting(server.port());
        // It has not noticed yet that the sessions from before are gone.
        if greeting.number() != Some(1040) {
            break greeting;
        }
    };
    stranger.assert_said(rows, 1130, ErrorClass::Permission);

    let pool = MySqlPoolOptions::new().acquire_timeout(Duration::from_millis(50));
    let pool = pool.connect_lazy("mysql://root@127.0.0.1:1/").unwrap();
    assert_class(pool.acquire().await.err().unwrap(), ErrorClass::Transient);
}

/// Clients that speak wrongly, as a driver does when its connection is damaged.
fn not_understood(rows: &Rows, server: &MariaDb) {
    let mut client = Wire::connect(server.port());
    client.send(0, &[0xee]);
    client
        .answer()
        .assert_said(rows, 1047, ErrorClass::Transient);
    let mut client = Wire::connect(server.port());
    client.send(5, b"\x03SELECT 1");
    client
        .answer()
        .assert_said(rows, 1156, ErrorClass::Transient);
    let mut client = Wire::connect(server.port());
    client.send(0, &[b"\x03SELECT '", &[b'x'; 100_000][..], b"'"].concat());
    client
        .answer()
        .assert_said(rows, 1153, ErrorClass::Permanent);
}

async fn too_many(rows: &Rows, server: &MariaDb) {
    let mut sessions = Vec::new();
    // Of one user, and of all.
    for (user, number) in [("plain", 1203), ("root", 1040)] {
        let error = loop {
            match mysql(server, user, "own").await {
                Ok(session) => sessions.push(session),
                Err(error) => break error,
            }
        };
        said(rows, error, number, ErrorClass::RateLimit);
    }
}

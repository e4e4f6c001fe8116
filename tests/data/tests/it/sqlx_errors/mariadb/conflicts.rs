//! Transactions that are in each other's way.

use redress::ErrorClass;
use redress_data_tests::{MariaDb, Rows};
use sqlx::raw_sql;

use super::{fails, mariadb, mysql, said, works};

pub(super) async fn in_each_others_way(rows: &Rows) {
    let server = mariadb().await;
    let mut a = mysql(&server, "root", "mysql").await.unwrap();
    works(&mut a, "CREATE DATABASE ways; USE ways").await;
    works(
        &mut a,
        "CREATE TABLE t (id int PRIMARY KEY, v int) ENGINE = InnoDB",
    )
    .await;
    works(&mut a, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
    let mut b = mysql(&server, "root", "ways").await.unwrap();

    works(&mut a, "BEGIN; UPDATE t SET v = 1 WHERE id = 1").await;
    works(&mut b, "BEGIN; UPDATE t SET v = 2 WHERE id = 2").await;
    let waited = fails(&mut b, "UPDATE t SET v = 2 WHERE id = 1").await;
    said(rows, waited, 1205, ErrorClass::Concurrency);
    // Half of it is still there: this is why it has to be rolled back.
    let v: i32 = sqlx::query_scalar("SELECT v FROM t WHERE id = 2")
        .fetch_one(&mut b)
        .await
        .unwrap();
    assert_eq!(v, 2);
    works(&mut a, "ROLLBACK").await;
    works(&mut b, "ROLLBACK").await;

    works(&mut a, "BEGIN; UPDATE t SET v = 1 WHERE id = 1").await;
    works(&mut b, "BEGIN; UPDATE t SET v = 2 WHERE id = 2").await;
    let (x, y) = tokio::join!(
        raw_sql("UPDATE t SET v = 1 WHERE id = 2").execute(&mut a),
        raw_sql("UPDATE t SET v = 2 WHERE id = 1").execute(&mut b),
    );
    said(
        rows,
        x.err().or(y.err()).unwrap(),
        1213,
        ErrorClass::Concurrency,
    );
    works(&mut a, "ROLLBACK").await;
    works(&mut b, "ROLLBACK").await;

    // What a snapshot shows has changed since.
    works(
        &mut b,
        "SET innodb_snapshot_isolation = ON; BEGIN; SELECT * FROM t",
    )
    .await;
    works(&mut a, "UPDATE t SET v = 5").await;
    let changed = fails(&mut b, "UPDATE t SET v = 6").await;
    said(rows, changed, 1020, ErrorClass::Concurrency);
}

/// Branches of XA that were rolled back, which is said where they are to be committed.
pub(super) async fn branches(rows: &Rows, server: &MariaDb) {
    let mut a = mysql(server, "root", "own").await.unwrap();
    let mut b = mysql(server, "root", "own").await.unwrap();
    works(&mut a, "XA START 'a'; UPDATE t SET v = 1 WHERE id = 1").await;
    works(&mut b, "XA START 'b'; UPDATE t SET v = 2 WHERE id = 2").await;
    let (x, y) = tokio::join!(
        raw_sql("UPDATE t SET v = 1 WHERE id = 2").execute(&mut a),
        raw_sql("UPDATE t SET v = 2 WHERE id = 1").execute(&mut b),
    );
    let (victim, id) = if x.is_err() {
        (&mut a, "a")
    } else {
        (&mut b, "b")
    };
    said(
        rows,
        x.err().or(y.err()).unwrap(),
        1213,
        ErrorClass::Concurrency,
    );
    let error = fails(victim, &format!("XA COMMIT '{id}' ONE PHASE")).await;
    said(rows, error, 1614, ErrorClass::Concurrency);

    let mut late = mysql(server, "root", "own").await.unwrap();
    works(&mut late, "XA START 'c'").await;
    let waited = fails(&mut late, "UPDATE t SET v = 3").await;
    said(rows, waited, 1205, ErrorClass::Concurrency);
    let error = fails(&mut late, "XA COMMIT 'c' ONE PHASE").await;
    said(rows, error, 1613, ErrorClass::Concurrency);
}

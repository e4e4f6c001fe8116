//! Transactions that are in each other's way.

use redress::ErrorClass;
use redress_data_tests::Rows;

use super::said;
use crate::pg::{Database, connect};

pub(super) async fn in_each_others_way(rows: &Rows) {
    let database = Database::new().await;
    let (a, b) = (&database.direct, connect(&database.config()).await.unwrap());

    let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM acc";
    a.batch_execute(begin).await.unwrap();
    b.batch_execute(begin).await.unwrap();
    a.batch_execute("UPDATE acc SET v = v + 1 WHERE id = 1; COMMIT")
        .await
        .unwrap();
    let skew = b
        .batch_execute("UPDATE acc SET v = v + 1 WHERE id = 2; COMMIT")
        .await;
    said(rows, skew.unwrap_err(), "40001", ErrorClass::Concurrency);
    b.batch_execute("ROLLBACK").await.unwrap();

    a.batch_execute("BEGIN; SELECT * FROM acc WHERE id = 1 FOR UPDATE")
        .await
        .unwrap();
    let locked = b
        .batch_execute("SELECT * FROM acc WHERE id = 1 FOR UPDATE NOWAIT")
        .await;
    said(rows, locked.unwrap_err(), "55P03", ErrorClass::Concurrency);

    b.batch_execute("BEGIN; SELECT * FROM acc WHERE id = 2 FOR UPDATE")
        .await
        .unwrap();
    for client in [a, &b] {
        client
            .batch_execute("SET deadlock_timeout = '20ms'")
            .await
            .unwrap();
    }
    let (x, y) = tokio::join!(
        a.batch_execute("SELECT * FROM acc WHERE id = 2 FOR UPDATE"),
        b.batch_execute("SELECT * FROM acc WHERE id = 1 FOR UPDATE"),
    );
    let victim = x.err().or(y.err()).unwrap();
    said(rows, victim, "40P01", ErrorClass::Concurrency);
}

pub(super) async fn that_failed(rows: &Rows) {
    let database = Database::new().await;
    let client = &database.direct;
    let failed = client.batch_execute("BEGIN; SELECT 1/0").await;
    said(rows, failed.unwrap_err(), "22012", ErrorClass::Permanent);
    let next = client.batch_execute("SELECT 1").await;
    said(rows, next.unwrap_err(), "25P02", ErrorClass::Permanent);
    client.batch_execute("ROLLBACK").await.unwrap();

    // Another session holds the database.
    let drop = format!("DROP DATABASE {}", database.name);
    let other = Database::new().await;
    let in_use = other.direct.batch_execute(&drop).await;
    said(rows, in_use.unwrap_err(), "55006", ErrorClass::Concurrency);
}

//! What SQLite says. Each row of its table is in `tests/drivers`.

use std::time::Duration;

use redress::ErrorClass;
use redress::classify::sqlite_code;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Error, raw_sql};

use crate::said::assert_class;

#[tokio::test]
async fn what_sqlite_says() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("db"))
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(10));
    let mut x = SqliteConnection::connect_with(&options).await.unwrap();
    let mut y = SqliteConnection::connect_with(&options).await.unwrap();
    let table = "PRAGMA journal_mode = WAL; CREATE TABLE t (id integer PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)";
    raw_sql(table).execute(&mut x).await.unwrap();
    let said = |error: Error, code: i32, class: ErrorClass| {
        let shown = error
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(shown, code.to_string(), "{error:?}");
        assert_eq!(sqlite_code(code), class);
        assert_class(error, class);
    };

    raw_sql("BEGIN IMMEDIATE").execute(&mut x).await.unwrap();
    let busy = raw_sql("BEGIN IMMEDIATE")
        .execute(&mut y)
        .await
        .unwrap_err();
    said(busy, 5, ErrorClass::Concurrency);
    raw_sql("COMMIT").execute(&mut x).await.unwrap();

    raw_sql("BEGIN; SELECT * FROM t")
        .execute(&mut y)
        .await
        .unwrap();
    raw_sql("UPDATE t SET v = 1").execute(&mut x).await.unwrap();
    let snapshot = raw_sql("UPDATE t SET v = 2")
        .execute(&mut y)
        .await
        .unwrap_err();
    said(snapshot, 517, ErrorClass::Concurrency);
    raw_sql("ROLLBACK").execute(&mut y).await.unwrap();

    let twice = raw_sql("INSERT INTO t VALUES (1, 1)")
        .execute(&mut x)
        .await
        .unwrap_err();
    said(twice, 1555, ErrorClass::Permanent);
    said(
        raw_sql("SELEC").execute(&mut x).await.unwrap_err(),
        1,
        ErrorClass::Permanent,
    );
    raw_sql("PRAGMA max_page_count = 1; PRAGMA query_only = ON")
        .execute(&mut y)
        .await
        .unwrap();
    let read_only = raw_sql("INSERT INTO t VALUES (2, 1)")
        .execute(&mut y)
        .await
        .unwrap_err();
    said(read_only, 8, ErrorClass::Permission);
    let fill = "PRAGMA query_only = OFF; PRAGMA max_page_count = 3;
        INSERT INTO t SELECT value, 1 FROM generate_series(2, 100000)";
    let fill = fill.replace(
        "SELECT value, 1 FROM generate_series(2, 100000)",
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, 1 FROM n",
    );
    let full = raw_sql(AssertSqlSafe(fill))
        .execute(&mut y)
        .await
        .unwrap_err();
    said(full, 13, ErrorClass::ServerError);

    let missing = SqliteConnectOptions::new().filename(folder.path().join("no/db"));
    let error = SqliteConnection::connect_with(&missing)
        .await
        .err()
        .unwrap();
    said(error, 14, ErrorClass::Unknown);
    std::fs::write(folder.path().join("text"), "x".repeat(4096)).unwrap();
    let text = SqliteConnectOptions::new().filename(folder.path().join("text"));
    let error = match SqliteConnection::connect_with(&text).await {
        Ok(mut text) => raw_sql("SELECT * FROM t")
            .execute(&mut text)
            .await
            .unwrap_err(),
        Err(error) => error,
    };
    said(error, 26, ErrorClass::Permanent);
}

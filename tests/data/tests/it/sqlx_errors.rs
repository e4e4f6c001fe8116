//! What PostgreSQL, MariaDB and SQLite say through sqlx, and what is made of it.

use std::sync::Arc;
use std::time::Duration;

use redress::ErrorClass;
use redress::classify::{mysql_error, sqlite_code};
use redress_data_tests::{MariaDb, Shared};
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError, MySqlPoolOptions};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Error, raw_sql};

use super::pg::Database;
use super::pg_errors::TABLE;
use super::said::assert_class;

#[tokio::test]
async fn every_code_of_postgres_arrives_as_it_is_in_the_table() {
    let database = Database::new().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(&database.url())
        .await
        .unwrap();
    for (code, class) in TABLE {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let error = raw_sql(AssertSqlSafe(raise))
            .execute(&pool)
            .await
            .unwrap_err();
        assert_eq!(
            error.as_database_error().unwrap().code().as_deref(),
            Some(*code)
        );
        assert_class(error, *class);
    }
}

#[tokio::test]
async fn connections_of_postgres_that_end_or_are_not_to_be_had() {
    let database = Database::new().await;
    let options = || PgPoolOptions::new().max_connections(1);
    let pool = options().connect(&database.url()).await.unwrap();
    let mut held = pool.acquire().await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *held)
        .await
        .unwrap();
    let kill = "SELECT pg_terminate_backend($1, 60000)";
    database.direct.query_one(kill, &[&pid]).await.unwrap();
    // The server's last word, or the end of the stream.
    let error = raw_sql("SELECT 1").execute(&mut *held).await.unwrap_err();
    assert_class(error, ErrorClass::Transient);

    let soon = Duration::from_secs(1);
    let small = options()
        .acquire_timeout(soon)
        .connect_lazy(&database.url())
        .unwrap();
    let held = small.acquire().await;
    let error = small.acquire().await.err().unwrap();
    assert!(matches!(error, Error::PoolTimedOut));
    assert_class(error, ErrorClass::Transient);
    drop(held);
    small.close().await;
    assert_class(small.acquire().await.err().unwrap(), ErrorClass::Permanent);

    let nobody = "postgres://postgres@127.0.0.1:1/postgres";
    let refused = sqlx::PgConnection::connect(nobody).await.err().unwrap();
    assert!(matches!(refused, Error::Io(_)));
    assert_class(refused, ErrorClass::Transient);

    let pool = options().connect(&database.url()).await.unwrap();
    let none = sqlx::query("SELECT 1 WHERE false")
        .fetch_one(&pool)
        .await
        .err()
        .unwrap();
    assert!(matches!(none, Error::RowNotFound));
    assert_class(none, ErrorClass::Permanent);
    let wrong = sqlx::query_scalar::<_, i32>("SELECT 'x'")
        .fetch_one(&pool)
        .await
        .unwrap_err();
    assert_class(wrong, ErrorClass::Permanent);
    assert_class(
        "postgres://x:y:z"
            .parse::<sqlx::postgres::PgConnectOptions>()
            .unwrap_err(),
        ErrorClass::Permanent,
    );
}

/// The server that the tests of MariaDB share.
pub(crate) async fn mariadb() -> Arc<MariaDb> {
    static SHARED: Shared<MariaDb> = Shared::new();
    let start = || SHARED.get(|| MariaDb::start(&["--innodb-lock-wait-timeout=1"]));
    tokio::task::spawn_blocking(start).await.unwrap()
}

pub(crate) fn url(server: &MariaDb, user: &str, database: &str) -> String {
    format!("mysql://{user}@127.0.0.1:{}/{database}", server.port())
}

async fn mysql(server: &MariaDb, user: &str, database: &str) -> Result<MySqlConnection, Error> {
    MySqlConnection::connect(&url(server, user, database)).await
}

/// Asserts number and class of what the server answered with.
fn assert_number(error: Error, number: u16, class: ErrorClass) {
    let said = error
        .as_database_error()
        .unwrap_or_else(|| panic!("{error:?}"));
    let said = said.downcast_ref::<MySqlDatabaseError>();
    assert_eq!(said.number(), number, "{said:?}");
    assert_eq!(mysql_error(number, said.code().unwrap_or_default()), class);
    assert_class(error, class);
}

async fn fails(connection: &mut MySqlConnection, statements: &str) -> Error {
    let statements = AssertSqlSafe(statements.to_owned());
    raw_sql(statements).execute(connection).await.unwrap_err()
}

async fn works(connection: &mut MySqlConnection, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    raw_sql(statements).execute(connection).await.unwrap();
}

/// The table of `mysql_error`.
const NUMBERS: &[(u16, ErrorClass)] = &[
    (1020, ErrorClass::Concurrency),
    (1205, ErrorClass::Concurrency),
    (1213, ErrorClass::Concurrency),
    (1613, ErrorClass::Concurrency),
    (1614, ErrorClass::Concurrency),
    (3101, ErrorClass::Concurrency),
    (3572, ErrorClass::Concurrency),
    (1040, ErrorClass::RateLimit),
    (1203, ErrorClass::RateLimit),
    (1226, ErrorClass::RateLimit),
    (1637, ErrorClass::RateLimit),
    (1053, ErrorClass::Transient),
    (1077, ErrorClass::Transient),
    (1079, ErrorClass::Transient),
    (1152, ErrorClass::Transient),
    (1156, ErrorClass::Transient),
    (1158, ErrorClass::Transient),
    (1159, ErrorClass::Transient),
    (1160, ErrorClass::Transient),
    (1161, ErrorClass::Transient),
    (1184, ErrorClass::Transient),
    (1927, ErrorClass::Transient),
    (1047, ErrorClass::Transient),
    (1290, ErrorClass::Transient),
    (1297, ErrorClass::Transient),
    (1792, ErrorClass::Transient),
    (1836, ErrorClass::Transient),
    (1045, ErrorClass::Auth),
    (1698, ErrorClass::Auth),
    (1044, ErrorClass::Permission),
    (1130, ErrorClass::Permission),
    (1142, ErrorClass::Permission),
    (1143, ErrorClass::Permission),
    (1227, ErrorClass::Permission),
    (1370, ErrorClass::Permission),
    (1021, ErrorClass::ServerError),
    (1030, ErrorClass::ServerError),
    (1037, ErrorClass::ServerError),
    (1038, ErrorClass::ServerError),
    (1041, ErrorClass::ServerError),
    (1114, ErrorClass::ServerError),
    (1153, ErrorClass::Permanent),
    (1180, ErrorClass::Unknown),
    (1317, ErrorClass::Unknown),
    (1969, ErrorClass::Unknown),
    (4031, ErrorClass::Unknown),
];

#[tokio::test]
async fn every_number_of_mariadb_arrives_as_it_is_in_the_table() {
    let server = mariadb().await;
    let mut c = mysql(&server, "root", "mysql").await.unwrap();
    for (number, class) in NUMBERS {
        let signal = format!("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}");
        assert_number(fails(&mut c, &signal).await, *number, *class);
    }
}

#[tokio::test]
async fn what_mariadb_says_of_its_own_accord() {
    let server = mariadb().await;
    let mut c = mysql(&server, "root", "mysql").await.unwrap();
    works(&mut c, "CREATE DATABASE said").await;
    works(
        &mut c,
        "CREATE TABLE said.t (id int PRIMARY KEY, v int) ENGINE = InnoDB",
    )
    .await;
    works(&mut c, "INSERT INTO said.t VALUES (1, 0), (2, 0)").await;
    works(&mut c, "CREATE USER plain IDENTIFIED BY 'right'").await;
    works(&mut c, "GRANT SELECT ON said.t TO plain").await;
    for (statement, number, class) in [
        (
            "INSERT INTO said.t VALUES (1, 1)",
            1062,
            ErrorClass::Permanent,
        ),
        ("SELEC", 1064, ErrorClass::Permanent),
        ("SELECT * FROM said.nothere", 1146, ErrorClass::Permanent),
        (
            "SET STATEMENT max_statement_time = 0.02 FOR SELECT SLEEP(60)",
            1969,
            ErrorClass::Unknown,
        ),
    ] {
        assert_number(fails(&mut c, statement).await, number, class);
    }
    works(&mut c, "START TRANSACTION READ ONLY").await;
    assert_number(
        fails(&mut c, "UPDATE said.t SET v = 1").await,
        1792,
        ErrorClass::Transient,
    );
    works(&mut c, "ROLLBACK").await;

    let wrong = mysql(&server, "plain:wrong", "said").await.err().unwrap();
    assert_number(wrong, 1045, ErrorClass::Auth);
    let other = mysql(&server, "plain:right", "mysql").await.err().unwrap();
    assert_number(other, 1044, ErrorClass::Permission);
    let mut plain = mysql(&server, "plain:right", "said").await.unwrap();
    let denied = fails(&mut plain, "UPDATE t SET v = 1").await;
    assert_number(denied, 1142, ErrorClass::Permission);

    works(&mut c, "CREATE USER few WITH MAX_USER_CONNECTIONS 1").await;
    let _one = mysql(&server, "few", "").await.unwrap();
    let second = mysql(&server, "few", "").await.err().unwrap();
    assert_number(second, 1226, ErrorClass::RateLimit);
}

#[tokio::test]
async fn transactions_of_mariadb_that_are_in_each_others_way() {
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
    assert_number(waited, 1205, ErrorClass::Concurrency);
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
    assert_number(x.err().or(y.err()).unwrap(), 1213, ErrorClass::Concurrency);
}

#[tokio::test]
async fn a_mariadb_that_is_full_read_only_or_ends() {
    let start = || {
        MariaDb::start(&[
            "--max-connections=10",
            "--max-allowed-packet=1024",
            "--net-buffer-length=1024",
        ])
    };
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let mut admin = mysql(&server, "root", "mysql").await.unwrap();
    works(
        &mut admin,
        "CREATE USER plain; CREATE DATABASE full; GRANT ALL ON full.* TO plain",
    )
    .await;
    works(
        &mut admin,
        "CREATE TABLE full.t (id int); SET GLOBAL read_only = ON",
    )
    .await;
    let mut plain = mysql(&server, "plain", "full").await.unwrap();
    assert_number(
        fails(&mut plain, "INSERT INTO t VALUES (1)").await,
        1290,
        ErrorClass::Transient,
    );

    let long = format!("SELECT '{}'", "x".repeat(100_000));
    let error = fails(&mut plain, &long).await;
    match error.as_database_error() {
        Some(_) => assert_number(error, 1153, ErrorClass::Permanent),
        // It hangs up while the packet is being sent.
        None => assert_class(error, ErrorClass::Transient),
    }

    let mut sessions = Vec::new();
    let full = loop {
        match mysql(&server, "plain", "full").await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
    };
    assert_number(full, 1040, ErrorClass::RateLimit);

    let mut killed = sessions.pop().unwrap();
    let id: i64 = sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS SIGNED)")
        .fetch_one(&mut killed)
        .await
        .unwrap();
    works(&mut admin, &format!("KILL {id}")).await;
    let error = fails(&mut killed, "SELECT 1").await;
    assert_class(error, ErrorClass::Transient);

    let pool = MySqlPoolOptions::new().acquire_timeout(Duration::from_millis(50));
    let pool = pool.connect_lazy("mysql://root@127.0.0.1:1/").unwrap();
    assert_class(pool.acquire().await.err().unwrap(), ErrorClass::Transient);
}

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

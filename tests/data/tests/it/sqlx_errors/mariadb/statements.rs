//! Statements that the server refuses, or stops.

use redress::ErrorClass;
use redress_data_tests::Rows;
use sqlx::{AssertSqlSafe, raw_sql};

use super::{fails, mariadb, mysql, said, works};

#[rustfmt::skip]
pub(super) async fn refused(rows: &Rows) {
    let server = mariadb().await;
    let mut c = mysql(&server, "root", "mysql").await.unwrap();
    works(&mut c, "CREATE DATABASE said; USE said").await;
    works(&mut c, "CREATE TABLE t (id int PRIMARY KEY, v int) ENGINE = InnoDB").await;
    works(&mut c, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
    works(&mut c, "CREATE TABLE parent (id int PRIMARY KEY) ENGINE = InnoDB; INSERT INTO parent VALUES (1)").await;
    works(&mut c, "CREATE TABLE child (p int, FOREIGN KEY (p) REFERENCES parent (id)) ENGINE = InnoDB").await;
    works(&mut c, "INSERT INTO child VALUES (1); CREATE PROCEDURE p() SELECT 1").await;
    works(&mut c, "SET max_heap_table_size = 16384; CREATE TABLE small (b varchar(1000)) ENGINE = MEMORY").await;
    for (statement, number, class) in [
        ("INSERT INTO t VALUES (1, 1)", 1062, ErrorClass::Permanent),
        ("DELETE FROM parent", 1451, ErrorClass::Permanent),
        ("INSERT INTO child VALUES (9)", 1452, ErrorClass::Permanent),
        ("SELEC", 1064, ErrorClass::Permanent),
        ("SELECT * FROM nothere", 1146, ErrorClass::Permanent),
        (
            "SET STATEMENT sort_buffer_size = 1024, max_sort_length = 8388608 FOR
                SELECT repeat('x', seq * 1000) AS b FROM seq_1_to_9 ORDER BY b",
            1038, ErrorClass::ServerError,
        ),
        ("INSERT INTO small SELECT repeat('x', 1000) FROM seq_1_to_1000", 1114, ErrorClass::ServerError),
        ("START TRANSACTION READ ONLY; UPDATE t SET v = 1", 1792, ErrorClass::Transient),
        ("ROLLBACK; SET STATEMENT max_statement_time = 0.02 FOR SELECT SLEEP(60)", 1969, ErrorClass::Unknown),
    ] {
        said(rows, fails(&mut c, statement).await, number, class);
    }

    works(&mut c, "CREATE USER plain IDENTIFIED BY 'right'; GRANT SELECT (id) ON said.t TO plain").await;
    works(&mut c, "CREATE USER of_the_machine IDENTIFIED VIA unix_socket").await;
    works(&mut c, "CREATE USER few WITH MAX_USER_CONNECTIONS 1").await;
    let _one = mysql(&server, "few", "").await.unwrap();
    for (user, database, number, class) in [
        ("plain:wrong", "said", 1045, ErrorClass::Auth),
        ("of_the_machine", "", 1698, ErrorClass::Auth),
        ("plain:right", "mysql", 1044, ErrorClass::Permission),
        ("few", "", 1226, ErrorClass::RateLimit),
    ] {
        let refused = mysql(&server, user, database).await.err().unwrap();
        said(rows, refused, number, class);
    }
    let mut plain = mysql(&server, "plain:right", "said").await.unwrap();
    for (statement, number) in [
        ("UPDATE t SET v = 1", 1142),
        ("SELECT v FROM t", 1143),
        ("SET GLOBAL max_connections = 9", 1227),
        ("CALL p()", 1370),
    ] {
        said(rows, fails(&mut plain, statement).await, number, ErrorClass::Permission);
    }
}

/// Statements and sessions that somebody ends.
pub(super) async fn stopped(rows: &Rows) {
    let server = mariadb().await;
    let mut c = mysql(&server, "root", "mysql").await.unwrap();
    let mut other = mysql(&server, "root", "mysql").await.unwrap();
    let sleep = "SELECT SLEEP(600) FROM seq_1_to_9";
    let (stopped, ()) = tokio::join!(raw_sql(sleep).execute(&mut c), async {
        let find = format!("SELECT id FROM information_schema.processlist WHERE info = '{sleep}'");
        let id: i64 = loop {
            let found = sqlx::query_scalar(AssertSqlSafe(find.clone()));
            if let Some(id) = found.fetch_optional(&mut other).await.unwrap() {
                break id;
            }
        };
        works(&mut other, &format!("KILL QUERY {id}")).await;
    });
    said(rows, stopped.unwrap_err(), 1317, ErrorClass::Unknown);
    let itself = fails(&mut c, "KILL CONNECTION_ID()").await;
    said(rows, itself, 1927, ErrorClass::Transient);
}

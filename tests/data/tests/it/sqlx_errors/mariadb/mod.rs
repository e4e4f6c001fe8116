//! What MariaDB says, by number.

mod conflicts;
mod server;
mod statements;

use redress::ErrorClass;
use redress::classify::mysql_error;
use redress_data_tests::{MariaDb, Rows};
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Connection, Error, raw_sql};

use super::{mariadb, url};
use crate::said::assert_class;

/// The table of `mysql_error`, and a number that is not in it.
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

/// The rows of the table: the numbers of which the state does not decide.
fn rows() -> Rows {
    let has_row = |number: &u16| mysql_error(*number, "40001") == mysql_error(*number, "28000");
    Rows::new(
        (0..=u16::MAX)
            .filter(has_row)
            .map(|number| number.to_string()),
    )
}

const NOT_SAID: &[(&str, &str)] = &[
    (
        "1021",
        "a disk that is full: it waits a minute for room, and again",
    ),
    (
        "1030",
        "a storage engine that has no word for what it found, such as a broken file",
    ),
    ("1037", "a machine without memory"),
    ("1041", "a machine without memory for a thread"),
    (
        "1053",
        "it has closed the connections before it says so, but to one that does not end for 20 s",
    ),
    ("1077", "for its own log"),
    ("1079", "for its own log"),
    ("1152", "for its own log"),
    ("1158", "to a client that it cannot read from: it hangs up"),
    (
        "1159",
        "to a client that it cannot read from in time: it hangs up",
    ),
    ("1160", "to a client that it cannot write to"),
    ("1161", "to a client that it cannot write to in time"),
    ("1180", "a disk that fails during a COMMIT"),
    ("1184", "for its own log"),
    ("1297", "of the engine NDB, which MariaDB has not"),
    ("1637", "of thousands of transactions at once"),
    ("1836", "a warning, beside the error 1036"),
    ("3101", "of MySQL's group replication"),
    ("3572", "of MySQL; MariaDB says 1205"),
];

#[tokio::test]
async fn each_row_of_the_table_is_said_or_has_a_reason_not_to_be() {
    let rows = &rows();
    tokio::join!(
        statements::refused(rows),
        statements::stopped(rows),
        conflicts::in_each_others_way(rows),
        server::of_its_own(rows),
    );
    rows.assert_said_but_for(NOT_SAID);
}

/// Any number can be raised: so each is in the list, and arrives as it is there.
#[tokio::test]
async fn every_number_of_mariadb_arrives_as_it_is_in_the_table() {
    let server = mariadb().await;
    let mut c = mysql(&server, "root", "mysql").await.unwrap();
    let rows = rows();
    for (number, class) in NUMBERS {
        let signal = format!("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}");
        said(&rows, fails(&mut c, &signal).await, *number, *class);
    }
    rows.assert_said_but_for(&[]);
}

async fn mysql(server: &MariaDb, user: &str, database: &str) -> Result<MySqlConnection, Error> {
    MySqlConnection::connect(&url(server, user, database)).await
}

/// Asserts number and class of what the server answered with.
fn said(rows: &Rows, error: Error, number: u16, class: ErrorClass) {
    let said = error
        .as_database_error()
        .unwrap_or_else(|| panic!("{error:?}"));
    let said = said.downcast_ref::<MySqlDatabaseError>();
    assert_eq!(said.number(), number, "{said:?}");
    assert_eq!(mysql_error(number, said.code().unwrap_or_default()), class);
    assert_class(error, class);
    rows.say(number.to_string());
}

async fn fails(connection: &mut MySqlConnection, statements: &str) -> Error {
    let statements = AssertSqlSafe(statements.to_owned());
    raw_sql(statements).execute(connection).await.unwrap_err()
}

async fn works(connection: &mut MySqlConnection, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    raw_sql(statements).execute(connection).await.unwrap();
}

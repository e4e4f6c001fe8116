//! What PostgreSQL says, and what is made of it, through tokio-postgres and pools.

mod client;
mod connections;
mod servers;
mod statements;
mod transactions;

use redress::ErrorClass;
use redress::classify::sqlstate;
use redress_data_tests::{Rows, texts_of};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::pg::Database;
use super::said::assert_class;

/// One code for each row of the table of `sqlstate`, and for each exception of it.
pub(crate) const TABLE: &[(&str, ErrorClass)] = &[
    ("08000", ErrorClass::Transient),
    ("08001", ErrorClass::Transient),
    ("08003", ErrorClass::Transient),
    ("08004", ErrorClass::Transient),
    ("08006", ErrorClass::Transient),
    ("08007", ErrorClass::Unknown),
    ("0A000", ErrorClass::Permanent),
    ("0B000", ErrorClass::Permanent),
    ("0F000", ErrorClass::Permanent),
    ("0L000", ErrorClass::Permission),
    ("0P000", ErrorClass::Permanent),
    ("20000", ErrorClass::Permanent),
    ("21000", ErrorClass::Permanent),
    ("22012", ErrorClass::Permanent),
    ("23505", ErrorClass::Permanent),
    ("24000", ErrorClass::Permanent),
    ("25006", ErrorClass::Transient),
    ("25P02", ErrorClass::Permanent),
    ("25P03", ErrorClass::Transient),
    ("25P04", ErrorClass::Transient),
    ("26000", ErrorClass::Unknown),
    ("27000", ErrorClass::Permanent),
    ("28P01", ErrorClass::Auth),
    ("2BP01", ErrorClass::Permanent),
    ("2D000", ErrorClass::Permanent),
    ("2F005", ErrorClass::Permanent),
    ("34000", ErrorClass::Permanent),
    ("38000", ErrorClass::Unknown),
    ("39P03", ErrorClass::Unknown),
    ("3B001", ErrorClass::Permanent),
    ("3D000", ErrorClass::Permanent),
    ("3F000", ErrorClass::Permanent),
    ("40001", ErrorClass::Concurrency),
    ("40002", ErrorClass::Permanent),
    ("40003", ErrorClass::Unknown),
    ("40P01", ErrorClass::Concurrency),
    ("42501", ErrorClass::Permission),
    ("42P01", ErrorClass::Permanent),
    ("42P05", ErrorClass::Unknown),
    ("44000", ErrorClass::Permanent),
    ("53100", ErrorClass::ServerError),
    ("53200", ErrorClass::ServerError),
    ("53300", ErrorClass::RateLimit),
    ("54001", ErrorClass::Permanent),
    ("55000", ErrorClass::Permanent),
    ("55006", ErrorClass::Concurrency),
    ("55P03", ErrorClass::Concurrency),
    ("57014", ErrorClass::Unknown),
    ("57P01", ErrorClass::Transient),
    ("57P02", ErrorClass::Transient),
    ("57P03", ErrorClass::Transient),
    ("57P04", ErrorClass::Permanent),
    ("57P05", ErrorClass::Transient),
    ("58030", ErrorClass::ServerError),
    ("72000", ErrorClass::Concurrency),
    ("F0000", ErrorClass::ServerError),
    ("HV00D", ErrorClass::Unknown),
    ("HV00N", ErrorClass::Transient),
    ("HYT00", ErrorClass::Transient),
    ("HYT01", ErrorClass::Transient),
    ("IM002", ErrorClass::Permanent),
    ("P0001", ErrorClass::Unknown),
    ("P0002", ErrorClass::Permanent),
    ("P0003", ErrorClass::Permanent),
    ("P0004", ErrorClass::Permanent),
    ("S1T00", ErrorClass::Transient),
    ("XA106", ErrorClass::Concurrency),
    ("XX000", ErrorClass::ServerError),
];

/// The rows of the table of `sqlstate`.
fn rows() -> Rows {
    let source = include_str!("../../../../../redress/src/classify/sqlstate.rs");
    let mut rows = texts_of(source, "by_code");
    rows.extend(texts_of(source, "by_class"));
    // A row of the table that is written as a range.
    rows.push("XA10".into());
    // What is UNKNOWN on purpose.
    rows.extend(["57014", "26", "38", "39", "HV", "P0001"].map(String::from));
    Rows::new(rows)
}

/// The rows that no PostgreSQL says of its own accord. `tests/drivers` has ODBC, and `sqlx_errors` the `XA10`.
const NOT_SAID: &[(&str, &str)] = &[
    (
        "08007",
        "of ODBC, for a connection that fails while it commits",
    ),
    ("0B", "of the standard; nothing in the server's source"),
    ("0F", "of the standard; nothing in the server's source"),
    ("0P", "of the standard; nothing in the server's source"),
    ("40002", "of the standard; nothing in the server's source"),
    ("40003", "of the standard; nothing in the server's source"),
    (
        "HV00N",
        "of wrappers for other servers; postgres_fdw says 08001",
    ),
    ("HYT00", "of ODBC"),
    ("HYT01", "of ODBC"),
    ("IM", "of ODBC"),
    ("S1T00", "of ODBC 2"),
    ("XA10", "of MariaDB and MySQL"),
];

#[tokio::test]
async fn each_row_of_the_table_is_said_or_has_a_reason_not_to_be() {
    let rows = &rows();
    let database = Database::new().await;
    let version = version(&database).await;
    tokio::join!(
        statements::refused(rows),
        statements::in_plpgsql(rows),
        statements::on_other_servers(rows),
        transactions::in_each_others_way(rows),
        transactions::that_failed(rows),
        connections::refused(rows),
        connections::ended(rows),
        servers::of_its_own(rows, version),
    );
    let mut reasons = NOT_SAID.to_vec();
    if version < 17 {
        reasons.push(("25P04", "transaction_timeout is of PostgreSQL 17"));
    } else {
        reasons.push(("72", "old_snapshot_threshold was removed in PostgreSQL 17"));
    }
    rows.assert_said_but_for(&reasons);
}

async fn version(database: &Database) -> u32 {
    let show = "SHOW server_version_num";
    let row = database.direct.query_one(show, &[]).await.unwrap();
    row.get::<_, String>(0).parse::<u32>().unwrap() / 10_000
}

/// Asserts code and class of what the server answered with.
fn assert_said(error: Error, code: &str, class: ErrorClass) {
    assert_eq!(error.code().map(SqlState::code), Some(code), "{error:?}");
    assert_class(error, class);
}

/// The same of what it said of its own accord.
fn said(rows: &Rows, error: Error, code: &str, class: ErrorClass) {
    assert_said(error, code, class);
    rows.say(code);
}

/// Any code can be raised: so each is in the table, and arrives as it is there.
#[tokio::test]
async fn every_code_of_the_table_arrives_as_it_is_in_it() {
    let rows = rows();
    let database = Database::new().await;
    for (code, class) in TABLE {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let error = database.direct.batch_execute(&raise).await.unwrap_err();
        assert_eq!(sqlstate(code), *class);
        said(&rows, error, code, *class);
    }
    rows.assert_said_but_for(&[]);
}

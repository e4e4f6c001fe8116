//! rusqlite, and a transaction without async: what is retried is the closure that begins it.

mod rows;

use std::path::Path;
use std::thread;

use ::rusqlite::{Connection, Error, TransactionBehavior};
use redress::classify::sqlite_code;
use redress::strategies::full_jitter;
use redress::{ErrorClass, Policy};

/// What rusqlite finds wrong by itself is a mistake of the program, and so is a wrong statement.
fn meaning(error: &Error) -> ErrorClass {
    let of_sqlite = error.sqlite_error();
    of_sqlite.map_or(ErrorClass::Permanent, |error| {
        sqlite_code(error.extended_code)
    })
}

fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    // Who waits here holds its thread; the policy waits better, and says so.
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    connection
}

fn accounts() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.db");
    let table = "CREATE TABLE acc (id INTEGER PRIMARY KEY, v INTEGER NOT NULL); INSERT INTO acc VALUES (1, 0)";
    open(&file).execute_batch(table).unwrap();
    (folder, file)
}

#[test]
fn a_transaction_by_closure_loses_no_write_of_four_threads() {
    const WRITES: i64 = 100;
    let (_folder, file) = accounts();
    let policy = Policy::builder()
        .classifier(meaning)
        .strategy(full_jitter(0.02).base(0.001))
        .unlimited_attempts()
        .build()
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = open(&file);
                for _ in 0..WRITES {
                    policy
                        .call(|| {
                            let transaction = connection
                                .transaction_with_behavior(TransactionBehavior::Immediate)?;
                            let before: i64 =
                                transaction.query_row("SELECT v FROM acc", [], |row| row.get(0))?;
                            transaction.execute("UPDATE acc SET v = ?1", [before + 1])?;
                            transaction.commit()
                        })
                        .unwrap();
                }
            });
        }
    });
    let sum: i64 = open(&file)
        .query_row("SELECT v FROM acc", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sum, 4 * WRITES);
}

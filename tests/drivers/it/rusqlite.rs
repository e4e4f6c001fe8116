//! rusqlite, and a transaction without async: what is retried is the closure that begins it.

use std::path::Path;
use std::thread;

use ::rusqlite::{Connection, Error, OpenFlags, TransactionBehavior};
use redress::classify::sqlite_code;
use redress::strategies::full_jitter;
use redress::{ErrorClass, Policy};

/// What rusqlite finds wrong by itself is a mistake of the program.
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
fn what_sqlite_says_is_in_the_table() {
    let (_folder, file) = accounts();
    let (one, other) = (open(&file), open(&file));
    let add = "UPDATE acc SET v = v + 1";
    let twice = one
        .execute("INSERT INTO acc VALUES (1, 0)", [])
        .unwrap_err();
    assert_eq!(meaning(&twice), ErrorClass::Permanent, "{twice}");
    let none = one
        .query_row("SELECT v FROM acc WHERE id = 9", [], |_| Ok(()))
        .unwrap_err();
    assert_eq!(meaning(&none), ErrorClass::Permanent, "{none}");

    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = other.execute(add, []).unwrap_err();
    assert_eq!(meaning(&busy), ErrorClass::Concurrency, "{busy}");
    one.execute_batch("ROLLBACK").unwrap();

    // The snapshot that was read is an old one when it is to be written.
    one.execute_batch("BEGIN; SELECT v FROM acc").unwrap();
    other.execute(add, []).unwrap();
    let snapshot = one.execute(add, []).unwrap_err();
    assert_eq!(
        snapshot.sqlite_error().unwrap().extended_code,
        517,
        "{snapshot}"
    );
    assert_eq!(meaning(&snapshot), ErrorClass::Concurrency);

    let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let refused = reader.execute(add, []).unwrap_err();
    assert_eq!(meaning(&refused), ErrorClass::Permission, "{refused}");
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

//! What SQLite says, by code.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::process::Command;

use ::rusqlite::hooks::Authorization;
use ::rusqlite::{Connection, Error, OpenFlags, Result};
use redress::ErrorClass;
use redress::classify::sqlite_code;
use redress_data_tests::Rows;

use super::{accounts, meaning, open};

/// The rows of the table of `sqlite_code`: primary codes, and extended ones that differ from theirs.
fn rows() -> Rows {
    let of_their_own = (1..=255).filter(|code| sqlite_code(*code) != ErrorClass::Unknown);
    let differ = (256..=0xffff).filter(|code| sqlite_code(*code) != sqlite_code(code & 0xff));
    // INTERNAL, ABORT, INTERRUPT, CANTOPEN, EMPTY: UNKNOWN on purpose.
    let unknown = [2, 4, 9, 14, 16];
    let rows = of_their_own.chain(differ).chain(unknown);
    Rows::new(rows.map(|code| code.to_string()))
}

const NOT_SAID: &[(&str, &str)] = &[
    ("2", "INTERNAL: a fault in SQLite itself"),
    ("3", "PERM: an operating system that forbids to lock"),
    (
        "4",
        "ABORT: a callback of sqlite3_exec, which rusqlite does not use",
    ),
    (
        "12",
        "NOTFOUND: of sqlite3_file_control, which no statement calls",
    ),
    (
        "15",
        "PROTOCOL: a race for the WAL that is lost for seconds",
    ),
    ("16", "EMPTY: of no version in use"),
    (
        "17",
        "SCHEMA: SQLite prepares a statement again by itself, fifty times",
    ),
    ("21", "MISUSE: calls that rusqlite does not make"),
    ("22", "NOLFS: a file system without large files"),
    ("24", "FORMAT: of no version in use"),
    (
        "264",
        "READONLY_RECOVERY: a reader without rights meets a WAL that a crash left, in the moment of its recovery",
    ),
    (
        "520",
        "READONLY_CANTLOCK: the same, where it may not lock either",
    ),
    ("2058", "IOERR_UNLOCK: a file system whose locks fail"),
    ("2314", "IOERR_RDLOCK: a file system whose locks fail"),
    ("2826", "IOERR_BLOCKED: of no version in use"),
    (
        "3594",
        "IOERR_CHECKRESERVEDLOCK: a file system whose locks fail",
    ),
    ("3850", "IOERR_LOCK: a file system whose locks fail"),
];

/// Asserts code and class of what SQLite answered with.
fn said<T>(rows: &Rows, result: Result<T>, code: i32, class: ErrorClass) {
    let Err(error) = result else {
        panic!("no {code}");
    };
    let failed = match &error {
        // At a place in a statement, which rusqlite shows.
        Error::SqlInputError { error, .. } | Error::SqliteFailure(error, _) => error,
        error => panic!("{error:?}"),
    };
    assert_eq!(failed.extended_code, code, "{error}");
    assert_eq!(
        (meaning(&error), sqlite_code(code)),
        (class, class),
        "{error}"
    );
    let code = code.to_string();
    let primary = (failed.extended_code & 0xff).to_string();
    rows.say(if rows.has(&code) { code } else { primary });
}

#[test]
fn each_row_of_the_table_is_said_or_has_a_reason_not_to_be() {
    let rows = rows();
    statements(&rows);
    locks(&rows);
    stopped(&rows);
    files(&rows);
    out_of_memory(&rows);
    rows.assert_said_but_for(NOT_SAID);
}

fn statements(rows: &Rows) {
    let (_folder, file) = accounts();
    let mut c = open(&file);
    for (statement, code, class) in [
        ("SELEC", 1, ErrorClass::Permanent),
        ("SELECT zeroblob(2000000000)", 18, ErrorClass::Permanent),
        ("INSERT INTO acc VALUES (1, 0)", 1555, ErrorClass::Permanent),
        ("INSERT INTO acc VALUES (2, NULL)", 1299, ErrorClass::Permanent),
        ("INSERT INTO acc VALUES ('x', 0)", 20, ErrorClass::Permanent),
        // A file of a few pages.
        (
            "PRAGMA max_page_count = 3; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
                INSERT INTO acc SELECT i, 1 FROM n",
            13,
            ErrorClass::ServerError,
        ),
    ] {
        said(rows, c.execute_batch(statement), code, class);
    }
    let mut bind = c.prepare("SELECT ?1").unwrap();
    let no_such_parameter = bind.raw_bind_parameter(2, 0);
    said(rows, no_such_parameter, 25, ErrorClass::Permanent);
    drop(bind);
    let none = c.query_row("SELECT v FROM acc WHERE id = 9", [], |_| Ok(()));
    assert_eq!(meaning(&none.unwrap_err()), ErrorClass::Permanent);

    c.authorizer(Some(|_: ::rusqlite::hooks::AuthContext<'_>| {
        Authorization::Deny
    }))
    .unwrap();
    said(
        rows,
        c.execute_batch("SELECT v FROM acc"),
        23,
        ErrorClass::Permission,
    );
}

fn locks(rows: &Rows) {
    let (_folder, file) = accounts();
    let (one, other) = (open(&file), open(&file));
    let add = "UPDATE acc SET v = v + 1";
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    said(rows, other.execute(add, []), 5, ErrorClass::Concurrency);
    one.execute_batch("ROLLBACK").unwrap();

    // The snapshot that was read is an old one when it is to be written.
    one.execute_batch("BEGIN; SELECT v FROM acc").unwrap();
    other.execute(add, []).unwrap();
    said(rows, one.execute(add, []), 517, ErrorClass::Concurrency);
    one.execute_batch("ROLLBACK").unwrap();

    // A statement of the same connection is not done.
    let mut reads = one.prepare("SELECT v FROM acc").unwrap();
    let mut values = reads.query([]).unwrap();
    values.next().unwrap();
    said(
        rows,
        one.execute_batch("DROP TABLE acc"),
        6,
        ErrorClass::Concurrency,
    );
    drop(values);

    one.execute_batch("BEGIN; CREATE TABLE gone (v)").unwrap();
    let mut values = reads.query([]).unwrap();
    values.next().unwrap();
    one.execute_batch("ROLLBACK").unwrap();
    let next = values.next().map(|_| ());
    said(rows, next, 516, ErrorClass::Concurrency);
}

fn stopped(rows: &Rows) {
    let (_folder, file) = accounts();
    let mut c = open(&file);
    c.progress_handler(1, Some(|| true)).unwrap();
    said(
        rows,
        c.execute_batch("SELECT v FROM acc"),
        9,
        ErrorClass::Unknown,
    );
}

fn files(rows: &Rows) {
    let (folder, file) = accounts();
    let read = "SELECT v FROM acc";
    let add = "UPDATE acc SET v = v + 1";
    let read_only = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    said(rows, read_only.execute(add, []), 8, ErrorClass::Permission);

    let missing = Connection::open(folder.path().join("no/db"));
    said(rows, missing, 14, ErrorClass::Unknown);
    let text = folder.path().join("text");
    fs::write(&text, "x".repeat(4096)).unwrap();
    said(
        rows,
        Connection::open(text).unwrap().execute_batch(read),
        26,
        ErrorClass::Permanent,
    );
    // It takes the memory of a process for a file, and cannot read where it begins.
    let unreadable = Connection::open("/proc/self/mem").and_then(|c| c.execute_batch(read));
    said(rows, unreadable, 8458, ErrorClass::ServerError);

    let (_folder, broken) = accounts();
    let mut bytes = OpenOptions::new().write(true).open(&broken).unwrap();
    bytes.seek(SeekFrom::Start(4096)).unwrap();
    bytes.write_all(&[0xff; 4096]).unwrap();
    said(
        rows,
        open(&broken).execute_batch(read),
        11,
        ErrorClass::Permanent,
    );

    let (_folder, moved) = accounts();
    let c = Connection::open(&moved).unwrap();
    c.pragma_update(None, "journal_mode", "DELETE").unwrap();
    fs::rename(&moved, moved.with_extension("moved")).unwrap();
    said(rows, c.execute(add, []), 1032, ErrorClass::Transient);
}

/// The limit is one of the process, so that it takes one of its own.
fn out_of_memory(rows: &Rows) {
    let this = std::env::current_exe().unwrap();
    let test = "rusqlite::rows::in_a_process_without_memory";
    let ended = Command::new(this)
        .args(["--exact", test, "--ignored"])
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    rows.say("7");
}

#[test]
#[ignore = "each_row_of_the_table runs it in a process of its own"]
fn in_a_process_without_memory() {
    let rows = rows();
    let c = Connection::open_in_memory().unwrap();
    c.execute_batch("PRAGMA hard_heap_limit = 500000").unwrap();
    let much = c.execute_batch("SELECT zeroblob(1000000) || 'x'");
    said(&rows, much, 7, ErrorClass::ServerError);
}

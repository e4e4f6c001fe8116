//! ODBC: unixODBC with PostgreSQL's driver.

use ::odbc_api::{ConnectionOptions, Environment, Error};
use redress::ErrorClass;
use redress::classify::sqlstate;
use redress_data_tests::Postgres;

/// SQL Server's driver has numbers besides: `mssql_error(record.native_error)`, and the state where that is
/// unknown.
fn meaning(error: &Error) -> ErrorClass {
    match error {
        Error::Diagnostics { record, .. } => sqlstate(record.state.as_str()),
        _ => ErrorClass::Permanent,
    }
}

fn driver() -> String {
    let folders = [
        "/usr/lib/x86_64-linux-gnu/odbc",
        "/usr/lib/aarch64-linux-gnu/odbc",
    ];
    let mut files = folders
        .iter()
        .map(|folder| format!("{folder}/psqlodbcw.so"));
    let found = files.find(|file| std::path::Path::new(file).exists());
    found.expect("psqlodbcw.so is missing: `.ci/servers` installs it")
}

fn source(port: u16, database: &str) -> String {
    let driver = driver();
    format!("Driver={driver};Server=127.0.0.1;Port={port};Database={database};Uid=postgres;")
}

#[test]
fn what_postgres_says_is_in_the_table() {
    let environment = Environment::new().unwrap();
    let server = Postgres::shared();
    let connect = |port, database| {
        environment
            .connect_with_connection_string(&source(port, database), ConnectionOptions::default())
    };
    let connection = connect(server.port(), "postgres").unwrap();
    for (code, class) in [
        ("40001", ErrorClass::Concurrency),
        ("23505", ErrorClass::Permanent),
        ("53300", ErrorClass::RateLimit),
        ("42501", ErrorClass::Permission),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let Err(error) = connection.execute(&raise, (), None) else {
            panic!("{code} was raised")
        };
        let Error::Diagnostics { record, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(record.state.as_str(), code, "{error}");
        assert_eq!((meaning(&error), sqlstate(code)), (class, class), "{error}");
    }
    let state = |error: &Error| match error {
        Error::Diagnostics { record, .. } => record.state.as_str().to_owned(),
        error => panic!("{error:?}"),
    };
    // The server ends the session, and then the driver says that the link is gone.
    let kill = "SELECT pg_terminate_backend(pg_backend_pid())";
    for (statement, code) in [(kill, "57P01"), ("SELECT 1", "08S01")] {
        let Err(error) = connection.execute(statement, (), None) else {
            panic!("it lives")
        };
        assert_eq!(
            (state(&error).as_str(), meaning(&error)),
            (code, ErrorClass::Transient)
        );
    }
    // A port that nobody listens at.
    let Err(refused) = connect(1, "postgres") else {
        panic!("connected")
    };
    assert_eq!(
        (state(&refused).as_str(), meaning(&refused)),
        ("08001", ErrorClass::Transient)
    );
    // A source that nobody has set up, which the manager of drivers says.
    let missing = "DSN=nothere;";
    let connected =
        environment.connect_with_connection_string(missing, ConnectionOptions::default());
    let Err(missing) = connected else {
        panic!("connected")
    };
    assert_eq!(
        (state(&missing).as_str(), meaning(&missing)),
        ("IM002", ErrorClass::Permanent)
    );
}

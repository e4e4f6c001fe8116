//! What PostgreSQL says, and what is made of it, through tokio-postgres and pools.

use std::time::Duration;

use redress::classify::sqlstate;
use redress::{Classifier, DefaultClassifier, ErrorClass};
use redress_data_tests::Postgres;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error, NoTls};

use super::pg::{Database, config, connect};
use super::said::assert_class;

/// Asserts code and class of what the server answered with.
fn assert_said(error: Error, code: &str, class: ErrorClass) {
    assert_eq!(error.code().map(SqlState::code), Some(code), "{error:?}");
    assert_class(error, class);
}

/// One code for each row of the table of `sqlstate`, and for each exception of it.
pub(crate) const TABLE: &[(&str, ErrorClass)] = &[
    ("08000", ErrorClass::Transient),
    ("08001", ErrorClass::Transient),
    ("08003", ErrorClass::Transient),
    ("08004", ErrorClass::Transient),
    ("08006", ErrorClass::Transient),
    ("08007", ErrorClass::Unknown),
    ("0A000", ErrorClass::Permanent),
    ("0L000", ErrorClass::Permission),
    ("21000", ErrorClass::Permanent),
    ("22012", ErrorClass::Permanent),
    ("23505", ErrorClass::Permanent),
    ("25006", ErrorClass::Transient),
    ("25P02", ErrorClass::Permanent),
    ("25P03", ErrorClass::Transient),
    ("26000", ErrorClass::Unknown),
    ("28P01", ErrorClass::Auth),
    ("3D000", ErrorClass::Permanent),
    ("40001", ErrorClass::Concurrency),
    ("40002", ErrorClass::Permanent),
    ("40003", ErrorClass::Unknown),
    ("40P01", ErrorClass::Concurrency),
    ("42501", ErrorClass::Permission),
    ("42P05", ErrorClass::Unknown),
    ("53100", ErrorClass::ServerError),
    ("53200", ErrorClass::ServerError),
    ("53300", ErrorClass::RateLimit),
    ("54001", ErrorClass::Permanent),
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
    ("HV00N", ErrorClass::Transient),
    ("P0001", ErrorClass::Unknown),
    ("P0002", ErrorClass::Permanent),
    ("XA106", ErrorClass::Concurrency),
    ("XX000", ErrorClass::ServerError),
];

#[tokio::test]
async fn every_code_of_the_table_arrives_as_it_is_in_it() {
    let database = Database::new().await;
    for (code, class) in TABLE {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let error = database.direct.batch_execute(&raise).await.unwrap_err();
        assert_eq!(sqlstate(code), *class);
        assert_said(error, code, *class);
    }
}

#[tokio::test]
async fn statements_that_the_server_refuses() {
    let database = Database::new().await;
    let client = &database.direct;
    client
        .batch_execute("DROP ROLE IF EXISTS plain; CREATE ROLE plain")
        .await
        .unwrap();
    for (statement, code, class) in [
        (
            "INSERT INTO acc VALUES (1, 1)",
            "23505",
            ErrorClass::Permanent,
        ),
        ("UPDATE acc SET v = 5000", "23514", ErrorClass::Permanent),
        ("SELECT * FROM nothere", "42P01", ErrorClass::Permanent),
        ("SELEC", "42601", ErrorClass::Permanent),
        ("SELECT 1/0", "22012", ErrorClass::Permanent),
        (
            "SET statement_timeout = 20| SELECT pg_sleep(60)",
            "57014",
            ErrorClass::Unknown,
        ),
        (
            "SET TRANSACTION READ ONLY; UPDATE acc SET v = 1",
            "25006",
            ErrorClass::Transient,
        ),
        (
            "SET ROLE plain; SELECT * FROM acc",
            "42501",
            ErrorClass::Permission,
        ),
        (
            "PREPARE p AS SELECT 1; PREPARE p AS SELECT 1",
            "42P05",
            ErrorClass::Unknown,
        ),
        ("EXECUTE nothere", "26000", ErrorClass::Unknown),
        ("BEGIN; SELECT 1/0", "22012", ErrorClass::Permanent),
        ("SELECT 1", "25P02", ErrorClass::Permanent),
    ] {
        // A setting has to be made before the message with the statement that it is for.
        let (before, statement) = statement.split_once('|').unwrap_or(("", statement));
        client.batch_execute(before).await.unwrap();
        let error = client.batch_execute(statement).await.unwrap_err();
        assert_said(error, code, class);
        if !statement.starts_with("BEGIN") {
            client
                .batch_execute("ROLLBACK; RESET ALL; RESET ROLE")
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn transactions_that_are_in_each_others_way() {
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
    assert_said(skew.unwrap_err(), "40001", ErrorClass::Concurrency);
    b.batch_execute("ROLLBACK").await.unwrap();

    a.batch_execute("BEGIN; SELECT * FROM acc WHERE id = 1 FOR UPDATE")
        .await
        .unwrap();
    let locked = b
        .batch_execute("SELECT * FROM acc WHERE id = 1 FOR UPDATE NOWAIT")
        .await;
    assert_said(locked.unwrap_err(), "55P03", ErrorClass::Concurrency);

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
    assert_said(victim, "40P01", ErrorClass::Concurrency);
}

#[tokio::test]
async fn connections_that_are_refused() {
    let database = Database::new().await;
    let client = &database.direct;
    let roles = "DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'right';
        DROP ROLE IF EXISTS few; CREATE ROLE few LOGIN CONNECTION LIMIT 1";
    client.batch_execute(roles).await.unwrap();

    let refused = async |change: &dyn Fn(&mut Config)| {
        let mut config = database.config();
        change(&mut config);
        connect(&config).await.err().unwrap()
    };
    let wrong = refused(&|config| {
        config.user("locked").password("wrong");
    });
    assert_said(wrong.await, "28P01", ErrorClass::Auth);
    let missing = refused(&|config| {
        config.dbname("nothere");
    });
    assert_said(missing.await, "3D000", ErrorClass::Permanent);

    let mut few = database.config();
    few.user("few");
    let _one = connect(&few).await.unwrap();
    assert_said(
        connect(&few).await.err().unwrap(),
        "53300",
        ErrorClass::RateLimit,
    );

    let nobody = config(1, "postgres");
    assert_class(connect(&nobody).await.err().unwrap(), ErrorClass::Transient);
}

#[tokio::test]
async fn connections_that_end() {
    let database = Database::new().await;
    let kill = async |pid: i32| {
        let query = "SELECT pg_terminate_backend($1, 60000)";
        database.direct.query_one(query, &[&pid]).await.unwrap();
    };
    let pid = async |client: &tokio_postgres::Client| -> i32 {
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .await
            .unwrap()
            .get(0)
    };
    let until_closed = async |client: &tokio_postgres::Client| {
        while !client.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };

    // Between two statements: no code.
    let client = connect(&database.config()).await.unwrap();
    kill(pid(&client).await).await;
    until_closed(&client).await;
    let error = client.batch_execute("SELECT 1").await.unwrap_err();
    assert!(error.is_closed() && error.code().is_none());
    assert_class(error, ErrorClass::Transient);

    // While one runs: its code.
    let client = connect(&database.config()).await.unwrap();
    let backend = pid(&client).await;
    let (slept, ()) = tokio::join!(client.batch_execute("SELECT pg_sleep(600)"), async {
        let active = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while database
            .direct
            .query(active, &[&backend])
            .await
            .unwrap()
            .is_empty()
        {}
        kill(backend).await;
    });
    assert_said(slept.unwrap_err(), "57P01", ErrorClass::Transient);

    // An idle transaction: no code again, as it is said to nobody who asks.
    let client = connect(&database.config()).await.unwrap();
    let idle = "SET idle_in_transaction_session_timeout = 20; BEGIN";
    client.batch_execute(idle).await.unwrap();
    until_closed(&client).await;
    assert_class(
        client.batch_execute("SELECT 1").await.unwrap_err(),
        ErrorClass::Transient,
    );
}

#[tokio::test]
async fn a_server_that_shuts_down_says_so_to_new_clients() {
    let server = tokio::task::spawn_blocking(|| Postgres::start(&[]))
        .await
        .unwrap();
    let config = config(server.port(), "postgres");
    let _session = connect(&config).await.unwrap();
    server.shut_down_slowly();
    let error = loop {
        if let Err(error) = connect(&config).await {
            break error;
        }
    };
    assert_said(error, "57P03", ErrorClass::Transient);
}

#[tokio::test]
async fn values_of_the_wrong_type_stay_wrong() {
    let database = Database::new().await;
    let client = &database.direct;
    let to = client.query("SELECT $1::int", &[&"x"]).await.unwrap_err();
    assert_class(to, ErrorClass::Permanent);
    let row = client
        .query_one("SELECT 'x', NULL::int", &[])
        .await
        .unwrap();
    assert_class(row.try_get::<_, i32>(0).unwrap_err(), ErrorClass::Permanent);
    assert_class(row.try_get::<_, i32>(1).unwrap_err(), ErrorClass::Permanent);
    // Nothing tells these from outside.
    assert_class("host".parse::<Config>().unwrap_err(), ErrorClass::Unknown);
}

#[tokio::test]
async fn pools_pass_on_what_the_server_said() {
    let database = Database::new().await;
    let class = |error: &deadpool_postgres::PoolError| DefaultClassifier.classify(error).class();

    let down = database.pool_at(1, 1);
    assert_eq!(
        class(&down.get().await.err().unwrap()),
        ErrorClass::Transient
    );

    let pool = database.pool(1);
    let _held = pool.get().await.unwrap();
    let wait = deadpool_postgres::Timeouts {
        wait: Some(Duration::from_millis(20)),
        ..Default::default()
    };
    let error = pool.timeout_get(&wait).await.err().unwrap();
    assert_eq!(class(&error), ErrorClass::Transient);

    let mut missing = database.config();
    missing.dbname("nothere");
    let error = connect(&missing).await.err().unwrap();
    let error = bb8::RunError::User(error);
    let class = DefaultClassifier.classify(&error).class();
    assert_eq!(class, ErrorClass::Permanent);
    // bb8 tries to connect until its time is over, and keeps the reason to itself.
    let manager = bb8_postgres::PostgresConnectionManager::new(missing, NoTls);
    let soon = Duration::from_millis(50);
    let pool = bb8::Pool::builder().connection_timeout(soon).build(manager);
    let error = pool.await.unwrap().get().await.err().unwrap();
    assert!(matches!(error, bb8::RunError::TimedOut));
    let class = DefaultClassifier.classify(&error).class();
    assert_eq!(class, ErrorClass::Transient);
}

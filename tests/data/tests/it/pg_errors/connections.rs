//! Connections that are refused, and that end.

use std::time::Duration;

use redress::ErrorClass;
use redress_data_tests::Rows;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::said;
use crate::pg::{Database, config, connect};
use crate::said::assert_class;

pub(super) async fn refused(rows: &Rows) {
    let database = Database::new().await;
    let client = &database.direct;
    let roles =
        "CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE few LOGIN CONNECTION LIMIT 1;
        CREATE ROLE group_of NOLOGIN";
    client.batch_execute(roles).await.unwrap();

    let refused = async |change: &dyn Fn(&mut Config)| {
        let mut config = database.config();
        change(&mut config);
        connect(&config).await.err().unwrap()
    };
    let wrong = refused(&|config| {
        config.user("locked").password("wrong");
    });
    said(rows, wrong.await, "28P01", ErrorClass::Auth);
    let no_login = refused(&|config| {
        config.user("group_of");
    });
    said(rows, no_login.await, "28000", ErrorClass::Auth);
    let missing = refused(&|config| {
        config.dbname("nothere");
    });
    said(rows, missing.await, "3D000", ErrorClass::Permanent);

    let mut few = database.config();
    few.user("few");
    let _one = connect(&few).await.unwrap();
    said(
        rows,
        connect(&few).await.err().unwrap(),
        "53300",
        ErrorClass::RateLimit,
    );

    let nobody = config(1, "postgres");
    assert_class(connect(&nobody).await.err().unwrap(), ErrorClass::Transient);
}

pub(super) async fn ended(rows: &Rows) {
    let database = Database::new().await;
    let kill = async |pid: i32| {
        let query = "SELECT pg_terminate_backend($1, 60000)";
        database.direct.query_one(query, &[&pid]).await.unwrap();
    };
    let pid = async |client: &Client| -> i32 {
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .await
            .unwrap()
            .get(0)
    };
    let until_closed = async |client: &Client| {
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
    said(rows, slept.unwrap_err(), "57P01", ErrorClass::Transient);

    // Idle for too long. The connection has the code, and nobody who asks.
    for (setting, code) in [
        ("SET idle_session_timeout = 20", "57P05"),
        (
            "SET idle_in_transaction_session_timeout = 20; BEGIN",
            "25P03",
        ),
        ("SET transaction_timeout = 20; BEGIN", "25P04"),
    ] {
        let (client, connection) = database.config().connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        if let Err(error) = client.batch_execute(setting).await {
            // Not before PostgreSQL 17.
            assert_eq!(
                (code, error.code()),
                ("25P04", Some(&SqlState::UNDEFINED_OBJECT))
            );
            continue;
        }
        let ended = connection.await.unwrap().unwrap_err();
        said(rows, ended, code, ErrorClass::Transient);
        let closed = client.batch_execute("SELECT 1").await.unwrap_err();
        assert_class(closed, ErrorClass::Transient);
    }
}

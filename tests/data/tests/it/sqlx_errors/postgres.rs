//! What PostgreSQL says, and what sqlx and its pool do.

use std::time::Duration;

use redress::ErrorClass;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, Error, raw_sql};

use crate::pg::Database;
use crate::pg_errors::TABLE;
use crate::said::assert_class;

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

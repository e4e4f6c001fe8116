//! What the client and pools find out by themselves.

use std::time::Duration;

use redress::{Classifier, DefaultClassifier, ErrorClass};
use tokio_postgres::{Config, NoTls};

use crate::pg::{Database, connect};
use crate::said::assert_class;

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

//! What PostgreSQL, MariaDB and SQLite say through sqlx, and what is made of it.

mod mariadb;
mod postgres;
mod sqlite;
mod wire;

use std::sync::Arc;

use redress_data_tests::{MariaDb, Shared};

/// The server that the tests of MariaDB share.
pub(crate) async fn mariadb() -> Arc<MariaDb> {
    static SHARED: Shared<MariaDb> = Shared::new();
    let start = || SHARED.get(|| MariaDb::start(&["--innodb-lock-wait-timeout=1"]));
    tokio::task::spawn_blocking(start).await.unwrap()
}

pub(crate) fn url(server: &MariaDb, user: &str, database: &str) -> String {
    format!("mysql://{user}@127.0.0.1:{}/{database}", server.port())
}

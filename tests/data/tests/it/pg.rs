//! Connections to PostgreSQL.

use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use redress_data_tests::Postgres;
use tokio_postgres::{Client, Config, NoTls};

pub(crate) fn config(port: u16, database: &str) -> Config {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user("postgres")
        .dbname(database);
    config
}

pub(crate) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A database of the server that the tests share.
pub(crate) struct Database {
    pub(crate) server: Arc<Postgres>,
    pub(crate) name: String,
    pub(crate) direct: Client,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let server = tokio::task::spawn_blocking(Postgres::shared).await.unwrap();
        let name = server.new_database();
        let admin = connect(&config(server.port(), "postgres")).await.unwrap();
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let direct = connect(&config(server.port(), &name)).await.unwrap();
        let table = "CREATE TABLE acc (id int PRIMARY KEY, v int CHECK (v < 1000));
            INSERT INTO acc VALUES (1, 0), (2, 0)";
        direct.batch_execute(table).await.unwrap();
        Self {
            server,
            name,
            direct,
        }
    }

    pub(crate) fn config(&self) -> Config {
        config(self.server.port(), &self.name)
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/{}",
            self.server.port(),
            self.name
        )
    }

    pub(crate) fn pool(&self, size: usize) -> Pool {
        self.pool_at(self.server.port(), size)
    }

    /// A pool of connections to another port, such as a proxy's.
    pub(crate) fn pool_at(&self, port: u16, size: usize) -> Pool {
        let how = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config(port, &self.name), NoTls, how);
        Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap()
    }

    pub(crate) async fn value(&self, id: i32) -> i32 {
        let row = self
            .direct
            .query_one("SELECT v FROM acc WHERE id = $1", &[&id])
            .await
            .unwrap();
        row.get(0)
    }
}

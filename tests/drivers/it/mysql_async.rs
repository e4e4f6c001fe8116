//! mysql_async with MariaDB.

use ::mysql_async::prelude::Queryable;
use ::mysql_async::{Conn, Error, OptsBuilder};
use redress::ErrorClass;
use redress::classify::mysql_error;
use redress_data_tests::MariaDb;

fn meaning(error: &Error) -> ErrorClass {
    match error {
        Error::Server(error) => mysql_error(error.code, &error.state),
        Error::Io(_) => ErrorClass::Transient,
        _ => ErrorClass::Permanent,
    }
}

async fn connect(port: u16, user: &str) -> Result<Conn, Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port)
        .prefer_socket(false)
        .user(Some(user));
    Conn::new(options).await
}

#[tokio::test]
async fn what_mariadb_says_is_in_the_table() {
    let server = tokio::task::spawn_blocking(|| MariaDb::start(&[]))
        .await
        .unwrap();
    let port = server.port();
    let (mut one, mut other) = (
        connect(port, "root").await.unwrap(),
        connect(port, "root").await.unwrap(),
    );
    let tables =
        "CREATE DATABASE d; CREATE TABLE d.acc (id INT PRIMARY KEY, v INT) ENGINE = InnoDB;
        INSERT INTO d.acc VALUES (1, 0), (2, 0); CREATE USER nobody;";
    one.query_drop(tables).await.unwrap();

    let lock = "SELECT v FROM d.acc WHERE id = 1 FOR UPDATE NOWAIT";
    one.query_drop("BEGIN").await.unwrap();
    one.query_drop(lock).await.unwrap();
    for (statement, number, class) in [
        (
            "INSERT INTO d.acc VALUES (1, 0)",
            1205,
            ErrorClass::Concurrency,
        ),
        (lock, 1205, ErrorClass::Concurrency),
        (
            "INSERT INTO d.acc VALUES (2, 0)",
            1062,
            ErrorClass::Permanent,
        ),
        ("SELEC 1", 1064, ErrorClass::Permanent),
    ] {
        other
            .query_drop("SET innodb_lock_wait_timeout = 0")
            .await
            .unwrap();
        let error = other.query_drop(statement).await.unwrap_err();
        let Error::Server(said) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (said.code, meaning(&error)),
            (number, class),
            "{statement}: {error}"
        );
    }

    let mut nobody = connect(port, "nobody").await.unwrap();
    let refused = nobody.query_drop("SELECT * FROM d.acc").await.unwrap_err();
    assert_eq!(meaning(&refused), ErrorClass::Permission, "{refused}");
    let unknown = connect(port, "stranger").await.unwrap_err();
    assert_eq!(meaning(&unknown), ErrorClass::Auth, "{unknown}");
    drop(server);
    let gone = connect(port, "root").await.unwrap_err();
    assert_eq!(meaning(&gone), ErrorClass::Transient, "{gone}");
}

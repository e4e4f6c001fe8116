//! What Redis says, and what is made of it.

mod client;
mod cluster;
mod commands;
mod connections;
mod replicas;
mod states;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, Value, cmd};
use redress::ErrorClass;
use redress::classify::redis_code;
use redress_data_tests::{Redis, Rows, texts_of};

use super::said::assert_class;

async fn start(settings: &'static [&'static str]) -> Redis {
    tokio::task::spawn_blocking(|| Redis::start(settings))
        .await
        .unwrap()
}

async fn connect(server: &Redis) -> Result<MultiplexedConnection, RedisError> {
    connect_as(server, "").await
}

/// Connects; `who` is `:password@` or nothing. No timeout of the client's own interferes.
async fn connect_as(server: &Redis, who: &str) -> Result<MultiplexedConnection, RedisError> {
    let client = Client::open(format!("redis://{who}127.0.0.1:{}/", server.port())).unwrap();
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

async fn ask<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    text: &str,
) -> Result<T, RedisError> {
    let mut words = text.split(' ');
    let mut command = cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command.query_async(connection).await
}

async fn works(connection: &mut MultiplexedConnection, text: &str) {
    ask::<Value>(connection, text).await.unwrap();
}

async fn fails(connection: &mut MultiplexedConnection, text: &str) -> RedisError {
    ask::<Value>(connection, text).await.unwrap_err()
}

/// Asks until it fails.
async fn until_it_fails(connection: &mut MultiplexedConnection, text: &str) -> RedisError {
    loop {
        if let Err(error) = ask::<Value>(connection, text).await {
            return error;
        }
    }
}

fn said(rows: &Rows, error: RedisError, code: &str, class: ErrorClass) {
    assert_eq!(error.code(), Some(code), "{error}");
    let detail = error.detail().unwrap_or_default();
    assert_eq!(redis_code(code, detail), class, "{error}");
    assert_class(error, class);
    rows.say(code);
}

/// What stands beside `ERR` alone: a text of it.
const MAX_CLIENTS: &str = "ERR max number of clients";

const NOT_SAID: &[(&str, &str)] = &[("NOSUB", "of a Redis that is newer than 7.0")];

#[tokio::test]
async fn each_row_of_the_table_is_said_or_has_a_reason_not_to_be() {
    let source = include_str!("../../../../../redress/src/classify/redis.rs");
    let mut rows = texts_of(source, "redis_code");
    rows.push(MAX_CLIENTS.into());
    let rows = &Rows::new(rows);
    tokio::join!(
        commands::refused(rows),
        commands::not_allowed(rows),
        commands::from_elsewhere(rows),
        states::full(rows),
        states::busy(rows),
        states::loading(rows),
        states::unable_to_save(rows),
        replicas::without_their_master(rows),
        replicas::failed_over(rows),
        cluster::slots(rows),
        connections::ended(rows),
    );
    rows.assert_said_but_for(NOT_SAID);
}

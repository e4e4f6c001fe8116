//! What it costs to learn what an error of a driver means, beside a `match` by hand that knows only two
//! codes, and with the error behind a type of the user's own, where the default classifier finds it.
//!
//! `cargo bench --manifest-path tests/data/Cargo.toml --bench classify`
//!
//! The errors are those of real servers. Nanoseconds, medians of interleaved rounds; compare the ratios.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::error::Error;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use redress::classify::{Classifier, DefaultClassifier};
use redress::{Classify, ErrorClass};
use redress_data_tests::{Postgres, Redis};
use sqlx::{Connection, Executor};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

/// An error of a user, with the driver's as its source.
#[derive(Debug)]
struct StoreError<E>(E);

impl<E> fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store failed")
    }
}

impl<E: Error + 'static> Error for StoreError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn sqlx_by_hand(error: &sqlx::Error) -> ErrorClass {
    match error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
    {
        Some("40001" | "40P01") => ErrorClass::Concurrency,
        Some("23505") => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

fn tokio_postgres_by_hand(error: &tokio_postgres::Error) -> ErrorClass {
    match error.code() {
        Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE => ErrorClass::Concurrency,
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

fn redis_by_hand(error: &redis::RedisError) -> ErrorClass {
    match error.code() {
        Some("LOADING" | "BUSY") => ErrorClass::Transient,
        Some("WRONGTYPE") => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let raise =
        |code: &str| format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
    let postgres = Postgres::shared();
    let redis_server = Redis::start(&[]);
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
    println!("| error | by hand | its `Classify` | ratio | within a user's error |");
    println!("|---|---:|---:|---:|---:|");
    for code in ["40001", "23505"] {
        let error = runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            connection
                .execute(sqlx::AssertSqlSafe(raise(code)))
                .await
                .unwrap_err()
        });
        line(&format!("sqlx, {code}"), error, sqlx_by_hand);
        let error = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(&raise(code)).await.unwrap_err()
        });
        line(
            &format!("tokio-postgres, {code}"),
            error,
            tokio_postgres_by_hand,
        );
    }
    let error = runtime.block_on(async {
        let client =
            redis::Client::open(format!("redis://127.0.0.1:{}/", redis_server.port())).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut set = redis::cmd("SET");
        set.arg("text")
            .arg("x")
            .exec_async(&mut connection)
            .await
            .unwrap();
        redis::cmd("LPUSH")
            .arg("text")
            .arg("y")
            .exec_async(&mut connection)
            .await
            .unwrap_err()
    });
    line("redis, WRONGTYPE", error, redis_by_hand);
}

/// Prints what the classification of an error costs.
fn line<E>(name: &str, error: E, by_hand: fn(&E) -> ErrorClass)
where
    E: Error + Classify + 'static,
{
    let class = error.classify().class();
    assert!(
        by_hand(&error) == class || by_hand(&error) == ErrorClass::Unknown,
        "{name}"
    );
    let within = StoreError(error);
    let classifier = DefaultClassifier;
    assert_eq!(classifier.classify(&within).class(), class, "{name}");
    let cases: [&dyn Fn(); 3] = [
        &|| _ = black_box(by_hand(black_box(&within.0))),
        &|| _ = black_box(black_box(&within.0).classify()),
        &|| _ = black_box(classifier.classify(black_box(&within))),
    ];
    let [by_hand, own, within] = medians(cases);
    println!(
        "| {name} | {by_hand:.1} | {own:.1} | {:.2} | {within:.1} |",
        own / by_hand
    );
}

/// Returns nanoseconds for a run of each case.
fn medians(cases: [&dyn Fn(); 3]) -> [f64; 3] {
    const RUNS: u32 = 2000;
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..301 {
        for (case, rounds) in cases.iter().zip(&mut rounds) {
            let started = Instant::now();
            for _ in 0..RUNS {
                case();
            }
            rounds.push(started.elapsed());
        }
    }
    rounds.map(|mut rounds: Vec<Duration>| {
        rounds.sort_unstable();
        rounds
            .get(rounds.len() / 2)
            .map_or(0.0, |median| median.as_nanos() as f64)
            / f64::from(RUNS)
    })
}

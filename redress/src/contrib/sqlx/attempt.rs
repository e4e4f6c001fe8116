// One text for each version of sqlx, as `errors.rs` is.

use super::super::transaction::{Body, Call, Settled, TransactionError as Failure};
use super::look::Lookup;
use super::sqlx_core::connection::Connection;
use super::sqlx_core::database::Database;
use super::sqlx_core::error::Error;
use super::sqlx_core::executor::Executor;
use super::sqlx_core::pool::PoolConnection;
use super::sqlx_core::transaction::Transaction;
use super::transaction::Begin;
use crate::contrib::transaction::Isolation;

/// One attempt on a connection: what came of the last one, BEGIN, the body, COMMIT.
pub(super) async fn attempt<DB, B, L, T, E>(
    mut connection: PoolConnection<DB>,
    call: &Call<T, ()>,
    look: &L,
    how: Begin,
    body: &B,
) -> Result<T, Failure<E>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    B: for<'t> Body<&'t mut DB::Connection, Result<T, E>, Running: Send> + Send + Sync,
    L: Lookup<DB>,
    T: Send,
    E: Send,
{
    if call.note().is_some() {
        let happened = look.happened(&mut connection).await;
        if let Settled::Committed(value) = call.settle(happened)? {
            return Ok(value);
        }
    }

    let begun = begin::<DB>(&mut connection, how).await;
    let mut transaction = begun.map_err(|error| Failure::Begin(error.into()))?;
    let value = match body(&mut transaction).await {
        Ok(value) => value,
        Err(error) => {
            if transaction.rollback().await.is_err() {
                connection.close_on_drop();
            }
            return Err(Failure::Body(error));
        }
    };
    // The server answers COMMIT after a failed statement with ROLLBACK, which the driver takes for a
    // success, as it keeps to itself what state the transaction is in.
    if DB::NAME == "PostgreSQL"
        && let Err(error) = transaction.execute("SELECT 1").await
    {
        let swallowed = code_of(&error).as_deref() == Some("25P02");
        if transaction.rollback().await.is_err() {
            connection.close_on_drop();
        }
        return Err(match swallowed {
            true => Failure::Swallowed(error.into()),
            false => Failure::Commit(error.into()),
        });
    }

    call.commits(value, ());
    match transaction.commit().await {
        Ok(()) => call.answered().ok_or_else(|| call.unknown(None)),
        Err(error) if may_have_committed(&error) => Err(call.unknown(Some(error.into()))),
        Err(error) => {
            drop(call.answered());
            Err(Failure::Commit(error.into()))
        }
    }
}

async fn begin<DB>(
    connection: &mut DB::Connection,
    how: Begin,
) -> Result<Transaction<'_, DB>, Error>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let level = match (DB::NAME, how.isolation) {
        ("MySQL", Some(level)) => {
            // Of the next transaction only.
            connection.execute(set_transaction(level)).await?;
            None
        }
        // Every transaction of SQLite is serializable.
        ("SQLite", _) => None,
        (_, level) => level.map(begin_isolated),
    };
    match how.statement.or(level) {
        Some(statement) => connection.begin_with(statement).await,
        None => connection.begin().await,
    }
}

const fn begin_isolated(level: Isolation) -> &'static str {
    match level {
        Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Isolation::RepeatableRead => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
    }
}

const fn set_transaction(level: Isolation) -> &'static str {
    match level {
        Isolation::ReadCommitted => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        Isolation::RepeatableRead => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        Isolation::Serializable => "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    }
}

fn code_of(error: &Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// Whether an error that answers COMMIT leaves open what became of it: any but the refusal by a server
/// that goes on.
fn may_have_committed(error: &Error) -> bool {
    match code_of(error) {
        // Not an answer of the database's.
        None => true,
        Some(code) => {
            // Admin and crash shutdown; "statement completion unknown"; of MySQL a query that was
            // killed, and all that is behind its general code, such as "error during COMMIT".
            let open = ["57P01", "57P02", "40003", "70100", "HY000"];
            code.starts_with("08") && code.len() == 5 || open.contains(&code.as_str())
        }
    }
}

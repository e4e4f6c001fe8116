use std::io::{self, ErrorKind};
use std::mem::forget;

use ::tokio_postgres_0_7::error::{DbError, SqlState};
use ::tokio_postgres_0_7::{Client, Error, IsolationLevel, Transaction};

use super::super::transaction::{Body, Call, Settled, TransactionError as Failure};
use super::connection::Connection;
use super::look::{Lookup, Xid};

/// One attempt on a connection: what came of the last one, BEGIN, the body, COMMIT.
pub(super) async fn attempt<C, M, B, L, T, E>(
    mut connection: C,
    call: &Call<T, Xid>,
    look: &L,
    isolation: Option<IsolationLevel>,
    body: &B,
) -> Result<T, Failure<E>>
where
    C: Connection<M> + Send,
    B: for<'t> Body<&'t Client, Result<T, E>, Running: Send> + Send + Sync,
    L: Lookup,
    T: Send,
    E: Send,
{
    let client = connection.client();
    if let Some(xid) = call.note() {
        let happened = look.happened(client, xid).await;
        if let Settled::Committed(value) = call.settle(happened)? {
            return Ok(value);
        }
    }

    let mut begin = client.build_transaction();
    if let Some(level) = isolation {
        begin = begin.isolation_level(level);
    }
    let transaction = begin
        .start()
        .await
        .map_err(|error| Failure::Begin(error.into()))?;
    let value = match body(transaction.client()).await {
        Ok(value) => value,
        Err(error) => {
            roll_back(transaction).await;
            return Err(Failure::Body(error));
        }
    };
    // Not sent, so that it cannot have happened.
    if transaction.client().is_closed() {
        let gone = io::Error::new(
            ErrorKind::NotConnected,
            "the connection was lost before COMMIT",
        );
        return Err(Failure::Commit(gone.into()));
    }
    let xid = match look.before(transaction.client()).await {
        Ok(xid) => xid,
        Err(error) => return Err(not_committed(transaction, error).await),
    };

    call.commits(value, xid);
    // The server answers COMMIT after a failed statement with ROLLBACK, which the driver takes for a
    // success. A statement before it in the same message fails, and costs no round trip.
    match transaction.client().batch_execute("SELECT; COMMIT").await {
        Ok(()) => {
            // Dropped, it would send ROLLBACK.
            forget(transaction);
            call.answered().ok_or_else(|| call.unknown(None))
        }
        Err(error) if may_have_committed(&error) => Err(call.unknown(Some(error.into()))),
        Err(error) => {
            drop(call.answered());
            Err(not_committed(transaction, error).await)
        }
    }
}

async fn not_committed<E>(transaction: Transaction<'_>, error: Error) -> Failure<E> {
    roll_back(transaction).await;
    if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
        return Failure::Swallowed(error.into());
    }
    Failure::Commit(error.into())
}

/// Rolls back, so that the connection can be given back; one that cannot is closed.
async fn roll_back(transaction: Transaction<'_>) {
    let client = transaction.client();
    if client.batch_execute("ROLLBACK").await.is_err() && !client.is_closed() {
        let close = "SELECT pg_terminate_backend(pg_backend_pid())";
        let _closed = client.batch_execute(close).await;
    }
    forget(transaction);
}

/// Whether an error that answers COMMIT leaves open what became of it: any but the refusal by a server
/// that goes on.
fn may_have_committed(error: &Error) -> bool {
    let Some(code) = error.as_db_error().map(DbError::code) else {
        return true;
    };
    let ends = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
    code.code().starts_with("08")
        || ends.contains(code)
        || *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
}

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use ::tokio_postgres_0_7::{Client, IsolationLevel};

use super::super::transaction::{Body, BoxError, Call, Isolation, TransactionError as Failure};
use super::attempt::attempt;
use super::connection::Connection;
use super::look::{Asks, Look, Lookup, Repeats, Stops};
use crate::error::Error;
use crate::policy::Execute;

/// Runs a transaction under a policy: acquires a connection, begins, runs `body`, commits. All of that
/// is one attempt.
///
/// `connect` gets a connection for each attempt, as `|| pool.get()` does; `body` is an async closure
/// that is given the [`Client`]. What comes back is awaited.
///
/// | what happens | what follows |
/// |---|---|
/// | `body` returns an error | ROLLBACK; the policy's classifier decides whether all of it is run again |
/// | COMMIT is refused, as with `40001` | nothing has happened; again, by its class |
/// | a statement failed, and `body` returned `Ok` | COMMIT would say that all is well: [`Swallowed`](Failure::Swallowed), UNKNOWN |
/// | the connection is lost before COMMIT is sent | nothing has happened; again |
/// | the connection is lost after that, or the attempt is cut off | [`CommitUnknown`](Failure::CommitUnknown), which is not repeated: see below |
/// | the pause before the next attempt | the connection is back with its pool |
/// | ROLLBACK fails | the connection is closed |
///
/// Of a COMMIT without an answer nobody but the server knows. So the call ends there, unless it is told
/// what to do: [`ask_server`](Transaction::ask_server), [`if_commit_unknown`](Transaction::if_commit_unknown)
/// or [`idempotent`](Transaction::idempotent).
///
/// A transaction begins as the server's default has it, until [`isolation`](Transaction::isolation) or
/// [`serializable`](Transaction::serializable) says otherwise. A savepoint in `body` is a statement:
/// `client.batch_execute("SAVEPOINT a")`. Another `transaction` in `body` is one of its own on another
/// connection: it is not part of this one.
///
/// It sends what is sent by hand, BEGIN, the statements of `body` and COMMIT, and waits as often.
///
/// # Errors
///
/// As for [`Policy::call_async`](crate::Policy::call_async), with a [`TransactionError`](Failure) in it.
///
/// # Cancel safety
///
/// A future that is dropped before COMMIT is sent leaves nothing behind: ROLLBACK is sent by the drop.
/// Dropped after that, the transaction may have happened.
///
/// ```no_run
/// # extern crate tokio_postgres_0_7 as tokio_postgres; // as users name it
/// use std::time::Duration;
///
/// use redress::contrib::tokio_postgres_0_7::transaction;
/// use redress::contrib::transaction::TransactionError;
/// use redress::{Error, ErrorClass, Policy, strategies::decorrelated_jitter};
/// # use tokio_postgres::Client;
/// # struct Pool; // deadpool's or bb8's
/// # impl Pool { async fn get(&self) -> Result<Client, tokio_postgres::Error> { unimplemented!() } }
///
/// fn policy() -> Result<Policy, redress::ConfigError> {
///     let soon = decorrelated_jitter(1).base(Duration::from_millis(1));
///     Policy::builder()
///         .strategy(decorrelated_jitter(5)) // for lost connections and the rest
///         .class_strategy(ErrorClass::Concurrency, soon)
///         .max_attempts(10)
///         .build()
/// }
///
/// async fn withdraw(
///     pool: &Pool,
///     policy: &Policy,
///     account: i64,
///     amount: i64,
/// ) -> Result<i64, Error<TransactionError<tokio_postgres::Error>>> {
///     transaction(|| pool.get(), policy, async |client| {
///         let update = "UPDATE accounts SET balance = balance - $1 WHERE id = $2 RETURNING balance";
///         let row = client.query_one(update, &[&amount, &account]).await?;
///         row.try_get(0)
///     })
///     .serializable()
///     .ask_server()
///     .await
/// }
/// ```
pub fn transaction<'a, P, A, F, C, M, X, B, T, E>(
    connect: A,
    policy: &'a P,
    body: B,
) -> Transaction<'a, P, A, B, Stops, (M, T, E)>
where
    P: Execute<Failure<E>>,
    A: Fn() -> F + Send + Sync + 'a,
    F: Future<Output = Result<C, X>> + Send,
    C: Connection<M> + Send,
    X: Into<BoxError>,
    B: for<'t> Body<&'t Client, Result<T, E>, Running: Send> + Send + Sync + 'a,
    T: Send,
    E: Send,
{
    Transaction {
        connect,
        policy,
        body,
        look: Stops,
        isolation: None,
        types: PhantomData,
    }
}

/// A transaction that is about to be run: await it.
#[must_use = "a transaction does nothing unless it is awaited"]
pub struct Transaction<'a, P, A, B, L, S> {
    connect: A,
    policy: &'a P,
    body: B,
    look: L,
    isolation: Option<IsolationLevel>,
    types: PhantomData<fn() -> S>,
}

impl<'a, P, A, B, L, S> Transaction<'a, P, A, B, L, S> {
    /// Sets the isolation level. Default: the server's, which is READ COMMITTED unless it was changed.
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(match level {
            Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
            Isolation::RepeatableRead => IsolationLevel::RepeatableRead,
            Isolation::Serializable => IsolationLevel::Serializable,
        });
        self
    }

    /// Sets the isolation level to SERIALIZABLE: as if transactions ran one after the other.
    ///
    /// Give the policy a strategy for CONCURRENCY that begins small: serialization failures are the
    /// price, and are best run again at once.
    pub fn serializable(self) -> Self {
        self.isolation(Isolation::Serializable)
    }

    /// Says that the transaction may happen twice: after a COMMIT without an answer it is run again.
    ///
    /// So it is where it writes what it reads nowhere, or where a key that is unique stops the second run
    /// from counting.
    pub fn idempotent(self) -> Transaction<'a, P, A, B, Repeats, S> {
        self.looking(Repeats)
    }

    /// Asks the server what became of a COMMIT without an answer, with `pg_xact_status`. Needs
    /// PostgreSQL 13.
    ///
    /// It costs one round trip before each COMMIT, for the number of the transaction; one that has
    /// written nothing has none, and counts as committed. The next attempt asks first: if it was
    /// committed, the call succeeds with what `body` returned; if it was rolled back, the attempt goes on;
    /// if it is still in progress, or was too long ago, that attempt fails as
    /// [`CommitUnknown`](Failure::CommitUnknown).
    ///
    /// After a failover to a replica that had not received the COMMIT, the answer is about the
    /// replica's history.
    pub fn ask_server(self) -> Transaction<'a, P, A, B, Asks, S> {
        self.looking(Asks)
    }

    /// Looks by `check` what became of a COMMIT without an answer.
    ///
    /// `check` is an async closure that is given the [`Client`] of a new connection, outside of a
    /// transaction, and returns `Ok(true)` if the transaction has happened, and `Ok(false)` if it has
    /// not. The next attempt begins with it. Its error means that nothing is known yet: that attempt
    /// fails as [`CommitUnknown`](Failure::CommitUnknown), and the one after looks again.
    ///
    /// A transaction whose COMMIT is still on its way cannot be seen. Let `check` find out with a
    /// statement that waits for it, such as an INSERT of the same key.
    pub fn if_commit_unknown<K, X>(self, check: K) -> Transaction<'a, P, A, B, Look<K, X>, S>
    where
        K: for<'t> Body<&'t Client, Result<bool, X>, Running: Send> + Send + Sync + 'a,
        X: Into<BoxError>,
    {
        self.looking(Look::new(check))
    }

    fn looking<N>(self, look: N) -> Transaction<'a, P, A, B, N, S> {
        Transaction {
            connect: self.connect,
            policy: self.policy,
            body: self.body,
            look,
            isolation: self.isolation,
            types: PhantomData,
        }
    }
}

impl<'a, P, A, F, C, M, X, B, L, T, E> IntoFuture for Transaction<'a, P, A, B, L, (M, T, E)>
where
    P: Execute<Failure<E>>,
    A: Fn() -> F + Send + Sync + 'a,
    F: Future<Output = Result<C, X>> + Send + 'a,
    C: Connection<M> + Send + 'a,
    X: Into<BoxError> + 'a,
    B: for<'t> Body<&'t Client, Result<T, E>, Running: Send> + Send + Sync + 'a,
    L: Lookup + 'a,
    M: 'a,
    T: Send + 'a,
    E: Send + 'a,
{
    type Output = Result<T, Error<Failure<E>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            connect,
            policy,
            body,
            look,
            isolation,
            types: _,
        } = self;
        Box::pin(async move {
            let call = Call::new(L::CAN_LOOK);
            let one = || async {
                // Nothing can find out what became of the last COMMIT: an attempt that was cut off.
                if !L::CAN_LOOK && call.note().is_some() {
                    return Err(call.unknown(None));
                }
                let connection = connect()
                    .await
                    .map_err(|error| Failure::Acquire(error.into()))?;
                attempt(connection, &call, &look, isolation, &body).await
            };
            call.run(policy, one).await
        })
    }
}

impl<P, A, B, L, S> fmt::Debug for Transaction<'_, P, A, B, L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("isolation", &self.isolation)
            .finish_non_exhaustive()
    }
}

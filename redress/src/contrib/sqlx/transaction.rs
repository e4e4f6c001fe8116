// One text for each version of sqlx, as `errors.rs` is.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use super::super::transaction::{Body, BoxError, Call, Isolation, TransactionError as Failure};
use super::attempt::attempt;
use super::look::{Look, Lookup, Repeats, Stops};
use super::sqlx_core::database::Database;
use super::sqlx_core::executor::Executor;
use super::sqlx_core::pool::Pool;
use crate::error::Error;
use crate::policy::Execute;

/// Runs a transaction under a policy: acquires a connection, begins, runs `body`, commits. All of that
/// is one attempt.
///
/// `body` is an async closure that is given the connection, such as `&mut PgConnection`. What comes back
/// is awaited.
///
/// | what happens | what follows |
/// |---|---|
/// | `body` returns an error | ROLLBACK; the policy's classifier decides whether all of it is run again |
/// | COMMIT is refused, as with `40001` | nothing has happened; again, by its class |
/// | PostgreSQL: a statement failed, and `body` returned `Ok` | COMMIT would say that all is well: [`Swallowed`](Failure::Swallowed), UNKNOWN |
/// | the connection is lost after COMMIT was sent, or the attempt is cut off | [`CommitUnknown`](Failure::CommitUnknown), which is not repeated: see below |
/// | the pause before the next attempt | the connection is back with its pool |
/// | ROLLBACK fails | the connection is closed |
///
/// Of a COMMIT without an answer nobody but the server knows. So the call ends there, unless it is told
/// what to do: [`if_commit_unknown`](Transaction::if_commit_unknown) or
/// [`idempotent`](Transaction::idempotent).
///
/// A transaction begins as the server's default has it, until [`isolation`](Transaction::isolation),
/// [`serializable`](Transaction::serializable) or [`begin_with`](Transaction::begin_with) says otherwise.
/// `begin` on the connection in `body` makes a savepoint. Another `transaction` in `body` is one of its own
/// on another connection: it is not part of this one.
///
/// On PostgreSQL it waits for the server once more than by hand, because sqlx keeps to itself what state a
/// transaction is in: a statement before COMMIT asks. On MySQL a deadlock rolls the whole transaction
/// back, and statements after it are on their own: `body` must return that error.
///
/// # Errors
///
/// As for [`Policy::call_async`](crate::Policy::call_async), with a [`TransactionError`](Failure) in it.
///
/// # Cancel safety
///
/// A future that is dropped before COMMIT is sent leaves nothing behind: the connection is rolled back
/// before its pool lends it again. Dropped after that, the transaction may have happened.
///
/// # Examples
///
/// The guide [`databases`](crate::guide::databases) has one that runs.
pub fn transaction<'a, DB, P, B, T, E>(
    pool: &'a Pool<DB>,
    policy: &'a P,
    body: B,
) -> Transaction<'a, DB, P, B, Stops, (T, E)>
where
    DB: Database,
    P: Execute<Failure<E>>,
    B: for<'t> Body<&'t mut DB::Connection, Result<T, E>, Running: Send> + Send + Sync + 'a,
    T: Send,
    E: Send,
{
    Transaction {
        pool,
        policy,
        body,
        look: Stops,
        begin: Begin::default(),
        types: PhantomData,
    }
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begin {
    pub(super) isolation: Option<Isolation>,
    pub(super) statement: Option<&'static str>,
}

/// A transaction that is about to be run: await it.
#[must_use = "a transaction does nothing unless it is awaited"]
pub struct Transaction<'a, DB: Database, P, B, L, S> {
    pool: &'a Pool<DB>,
    policy: &'a P,
    body: B,
    look: L,
    begin: Begin,
    types: PhantomData<fn() -> S>,
}

impl<'a, DB: Database, P, B, L, S> Transaction<'a, DB, P, B, L, S> {
    /// Sets the isolation level. Default: the server's.
    ///
    /// On MySQL it is a statement of its own before BEGIN. SQLite knows no levels: there every transaction
    /// is serializable.
    pub const fn isolation(mut self, level: Isolation) -> Self {
        self.begin.isolation = Some(level);
        self
    }

    /// Sets the isolation level to SERIALIZABLE: as if transactions ran one after the other.
    ///
    /// Give the policy a strategy for CONCURRENCY that begins small: serialization failures are the
    /// price, and are best run again at once.
    pub const fn serializable(self) -> Self {
        self.isolation(Isolation::Serializable)
    }

    /// Begins with another statement than BEGIN, such as `BEGIN IMMEDIATE` on SQLite, which a
    /// transaction that will write should do: begun as usual, it fails with BUSY_SNAPSHOT where another
    /// one has written since it read.
    ///
    /// An [`isolation`](Self::isolation) is left out then, except on MySQL.
    pub const fn begin_with(mut self, statement: &'static str) -> Self {
        self.begin.statement = Some(statement);
        self
    }

    /// Says that the transaction may happen twice: after a COMMIT without an answer it is run again.
    ///
    /// So it is where it writes what it reads nowhere, or where a key that is unique stops the second run
    /// from counting.
    pub fn idempotent(self) -> Transaction<'a, DB, P, B, Repeats, S> {
        self.looking(Repeats)
    }

    /// Looks by `check` what became of a COMMIT without an answer.
    ///
    /// `check` is an async closure that is given a new connection, outside of a transaction, and returns
    /// `Ok(true)` if the transaction has happened, and `Ok(false)` if it has not. The next attempt begins
    /// with it. Its error means that nothing is known yet: that attempt fails as
    /// [`CommitUnknown`](Failure::CommitUnknown), and the one after looks again.
    ///
    /// A transaction whose COMMIT is still on its way cannot be seen. Let `check` find out with a
    /// statement that waits for it, such as an INSERT of the same key.
    pub fn if_commit_unknown<K, X>(self, check: K) -> Transaction<'a, DB, P, B, Look<K, X>, S>
    where
        K: for<'t> Body<&'t mut DB::Connection, Result<bool, X>, Running: Send> + Send + Sync + 'a,
        X: Into<BoxError>,
    {
        self.looking(Look::new(check))
    }

    fn looking<N>(self, look: N) -> Transaction<'a, DB, P, B, N, S> {
        Transaction {
            pool: self.pool,
            policy: self.policy,
            body: self.body,
            look,
            begin: self.begin,
            types: PhantomData,
        }
    }
}

impl<'a, DB, P, B, L, T, E> IntoFuture for Transaction<'a, DB, P, B, L, (T, E)>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    P: Execute<Failure<E>>,
    B: for<'t> Body<&'t mut DB::Connection, Result<T, E>, Running: Send> + Send + Sync + 'a,
    L: Lookup<DB> + 'a,
    T: Send + 'a,
    E: Send + 'a,
{
    type Output = Result<T, Error<Failure<E>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            pool,
            policy,
            body,
            look,
            begin,
            types: _,
        } = self;
        Box::pin(async move {
            let call = Call::new(L::CAN_LOOK);
            let one = || async {
                // Nothing can find out what became of the last COMMIT: an attempt that was cut off.
                if !L::CAN_LOOK && call.note().is_some() {
                    return Err(call.unknown(None));
                }
                let connection = pool.acquire().await;
                let connection = connection.map_err(|error| Failure::Acquire(error.into()))?;
                attempt(connection, &call, &look, begin, &body).await
            };
            call.run(policy, one).await
        })
    }
}

impl<DB: Database, P, B, L, S> fmt::Debug for Transaction<'_, DB, P, B, L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("begin", &self.begin)
            .finish_non_exhaustive()
    }
}

// One text for each version of sqlx, as `errors.rs` is.

use std::fmt;
use std::marker::PhantomData;

use super::super::transaction::{Body, BoxError};
use super::sqlx_core::database::Database;

/// What a [`Transaction`](super::Transaction) does about a COMMIT without an answer. Implemented by
/// [`Stops`], [`Repeats`] and [`Look`]; not by others.
pub trait Lookup<DB: Database>: Send + Sync {
    /// Whether the next attempt can find out.
    #[doc(hidden)]
    const CAN_LOOK: bool;

    /// Finds out whether the transaction has happened.
    #[doc(hidden)]
    fn happened(
        &self,
        connection: &mut DB::Connection,
    ) -> impl Future<Output = Result<bool, BoxError>> + Send {
        let _ = connection;
        async { Ok(false) }
    }
}

/// Ends the call.
#[derive(Debug)]
pub struct Stops;

impl<DB: Database> Lookup<DB> for Stops {
    const CAN_LOOK: bool = false;
}

/// Runs the transaction again, whether it has happened or not.
#[derive(Debug)]
pub struct Repeats;

impl<DB: Database> Lookup<DB> for Repeats {
    const CAN_LOOK: bool = true;
}

/// Looks by a closure.
pub struct Look<K, X> {
    check: K,
    error: PhantomData<fn() -> X>,
}

impl<K, X> Look<K, X> {
    pub(super) const fn new(check: K) -> Self {
        Self {
            check,
            error: PhantomData,
        }
    }
}

impl<K, X> fmt::Debug for Look<K, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look").finish_non_exhaustive()
    }
}

impl<DB, K, X> Lookup<DB> for Look<K, X>
where
    DB: Database,
    K: for<'t> Body<&'t mut DB::Connection, Result<bool, X>, Running: Send> + Send + Sync,
    X: Into<BoxError>,
{
    const CAN_LOOK: bool = true;

    async fn happened(&self, connection: &mut DB::Connection) -> Result<bool, BoxError> {
        (self.check)(connection).await.map_err(Into::into)
    }
}

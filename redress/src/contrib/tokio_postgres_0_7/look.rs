//! What may be done about a COMMIT without an answer.

use std::fmt;
use std::marker::PhantomData;

use ::tokio_postgres_0_7::{Client, Error, SimpleQueryMessage};

use super::super::transaction::{Body, BoxError};

/// The number of a transaction, where one is needed and it has one.
pub(super) type Xid = Option<u64>;

/// What a [`Transaction`](super::Transaction) does about a COMMIT without an answer. Implemented by
/// [`Stops`], [`Repeats`], [`Asks`] and [`Look`]; not by others.
pub trait Lookup: Send + Sync {
    /// Whether the next attempt can find out.
    #[doc(hidden)]
    const CAN_LOOK: bool;

    /// Asks before COMMIT for what helps to look.
    #[doc(hidden)]
    fn before(&self, client: &Client) -> impl Future<Output = Result<Xid, Error>> + Send {
        let _ = client;
        async { Ok(None) }
    }

    /// Finds out whether the transaction has happened.
    #[doc(hidden)]
    fn happened(
        &self,
        client: &Client,
        xid: Xid,
    ) -> impl Future<Output = Result<bool, BoxError>> + Send;
}

/// Ends the call.
#[derive(Debug)]
pub struct Stops;

impl Lookup for Stops {
    const CAN_LOOK: bool = false;

    async fn happened(&self, _: &Client, _: Xid) -> Result<bool, BoxError> {
        Ok(false)
    }
}

/// Runs the transaction again, whether it has happened or not.
#[derive(Debug)]
pub struct Repeats;

impl Lookup for Repeats {
    const CAN_LOOK: bool = true;

    async fn happened(&self, _: &Client, _: Xid) -> Result<bool, BoxError> {
        Ok(false)
    }
}

/// Asks the server.
#[derive(Debug)]
pub struct Asks;

impl Lookup for Asks {
    const CAN_LOOK: bool = true;

    async fn before(&self, client: &Client) -> Result<Xid, Error> {
        let xid = ask(client, "SELECT pg_current_xact_id_if_assigned()").await?;
        Ok(xid.and_then(|xid| xid.parse().ok()))
    }

    async fn happened(&self, client: &Client, xid: Xid) -> Result<bool, BoxError> {
        // It has written nothing, so that there is nothing to lose.
        let Some(xid) = xid else { return Ok(true) };
        let status = ask(client, &format!("SELECT pg_xact_status('{xid}')")).await?;
        match status.as_deref() {
            Some("committed") => Ok(true),
            Some("aborted") => Ok(false),
            other => Err(Undecided(other.is_some()).into()),
        }
    }
}

/// Returns the first column of the first row, in one round trip.
async fn ask(client: &Client, query: &str) -> Result<Option<String>, Error> {
    let answers = client.simple_query(query).await?;
    let text = |answer: &SimpleQueryMessage| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(answers.iter().find_map(text))
}

/// The server does not know yet, or no more.
#[derive(Debug)]
struct Undecided(bool);

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            true => "the transaction is still in progress",
            false => "the server has forgotten the transaction",
        })
    }
}

impl std::error::Error for Undecided {}

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

impl<K, X> Lookup for Look<K, X>
where
    K: for<'t> Body<&'t Client, Result<bool, X>, Running: Send> + Send + Sync,
    X: Into<BoxError>,
{
    const CAN_LOOK: bool = true;

    async fn happened(&self, client: &Client, _: Xid) -> Result<bool, BoxError> {
        (self.check)(client).await.map_err(Into::into)
    }
}

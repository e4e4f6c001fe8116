//! Errors and transactions of `sqlx` 0.9. Features `sqlx-0_9`, and `sqlx-mysql-0_9` for the numbers of
//! MySQL and MariaDB.
//!
//! **This feature needs Rust 1.94**, as sqlx 0.9 does; the rest of this crate does not.
//!
//! [`Error`](sqlx_core::error::Error) says what it means, also inside of other errors:
//!
//! | error | class |
//! |---|---|
//! | `Database`, of SQLite | [`sqlite_code`](crate::classify::sqlite_code) |
//! | `Database`, of MySQL or MariaDB, with `sqlx-mysql-0_9` | [`mysql_error`](crate::classify::mysql_error) |
//! | any other `Database` | [`sqlstate`](crate::classify::sqlstate()) |
//! | `Io` | [`io_error_kind`](crate::classify::io_error_kind), else TRANSIENT |
//! | `PoolTimedOut`, `WorkerCrashed` | TRANSIENT |
//! | `Tls`, `Migrate` | by what is behind it, else UNKNOWN |
//! | `Protocol`, `BeginFailed` | UNKNOWN |
//! | `PoolClosed`, `Configuration`, `RowNotFound`, and what is wrong with types, columns and values | PERMANENT |
//!
//! **Set the pool's `acquire_timeout`**: 30 seconds where none is set, in which `acquire` tries to connect
//! again and again by itself. Of a deadline of a minute that leaves two attempts; with two seconds the
//! policy decides.
//!
//! [`transaction`] runs a transaction again that did not happen, and stops where nobody knows. The guide
//! [`databases`](crate::guide::databases) says what it is for.

use ::sqlx_core_0_9 as sqlx_core;

#[allow(clippy::duplicate_mod, reason = "one text for each version of sqlx")]
#[path = "../sqlx/attempt.rs"]
mod attempt;
#[allow(clippy::duplicate_mod, reason = "one text for each version of sqlx")]
#[path = "../sqlx/errors.rs"]
mod errors;
#[allow(clippy::duplicate_mod, reason = "one text for each version of sqlx")]
#[path = "../sqlx/look.rs"]
mod look;
#[allow(clippy::duplicate_mod, reason = "one text for each version of sqlx")]
#[path = "../sqlx/transaction.rs"]
mod transaction;

pub(super) use errors::classify_link;
pub use look::{Look, Lookup, Repeats, Stops};
pub use transaction::{Transaction, transaction};

use crate::classify::ErrorClass;

/// Classifies by the number that MySQL gives beside its SQLSTATE.
#[cfg(feature = "sqlx-mysql-0_9")]
fn of_mysql(error: &dyn sqlx_core::error::DatabaseError) -> Option<ErrorClass> {
    let error = error.try_downcast_ref::<::sqlx_mysql_0_9::MySqlDatabaseError>()?;
    let state = error.code().unwrap_or_default();
    Some(crate::classify::mysql_error(error.number(), state))
}

#[cfg(not(feature = "sqlx-mysql-0_9"))]
const fn of_mysql(_: &dyn sqlx_core::error::DatabaseError) -> Option<ErrorClass> {
    None
}

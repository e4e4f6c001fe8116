//! Errors and transactions of [`tokio-postgres`](::tokio_postgres_0_7) 0.7, also through `postgres`
//! 0.19, deadpool-postgres and bb8-postgres. Feature `tokio-postgres-0_7`.
//!
//! [`Error`](::tokio_postgres_0_7::Error) and [`DbError`](::tokio_postgres_0_7::error::DbError) say what they mean, also inside of other errors, such as a pool's:
//!
//! | error | class |
//! |---|---|
//! | with a code | [`sqlstate`](crate::classify::sqlstate()) |
//! | the connection was closed | TRANSIENT |
//! | I/O, on connecting too | [`io_error_kind`](crate::classify::io_error_kind), else TRANSIENT |
//! | a parameter or a column of another type ([`WrongType`](::tokio_postgres_0_7::types::WrongType), [`WasNull`](::tokio_postgres_0_7::types::WasNull)) | PERMANENT |
//! | any other: a configuration, TLS, a missing column, a message that was not expected | by what is behind it, else UNKNOWN |
//!
//! Its `Display` is "db error" and hides the code: never classify by the text.
//!
//! [`transaction`] runs a transaction again that did not happen, and stops where nobody knows. The guide
//! [`databases`](crate::guide::databases) says what it is for.

mod attempt;
mod connection;
mod errors;
mod look;
mod transaction;

pub use connection::{Connection, Itself, Once, Twice};
pub(super) use errors::classify_link;
pub use look::{Asks, Look, Lookup, Repeats, Stops};
pub use transaction::{Transaction, transaction};

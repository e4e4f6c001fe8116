//! What transactions have in common, whatever the driver: why one failed, how isolated it is, and what
//! becomes of a COMMIT whose answer was lost.
//!
//! The functions that run them stand with their drivers.

mod body;
mod call;
mod error;
mod isolation;

pub use body::Body;
pub(super) use call::{Call, Settled, classify_link};
pub use error::{BoxError, CommitUnknown, TransactionError};
pub use isolation::Isolation;

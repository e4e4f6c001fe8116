//! The form in which a [`ResumeToken`](crate::ResumeToken) leaves the process.

mod error;
mod fields;
#[cfg(feature = "serde")]
mod serde;
mod text;

pub use error::ResumeTokenError;

//! [`ResumeToken`](crate::call::ResumeToken) as text and in serde.

mod error;
mod fields;
#[cfg(feature = "serde")]
mod serde;
mod text;

pub use error::ResumeTokenError;

//! Retries a block of code where it stands: [`retry!`](retry!), with the arguments of the attribute.
//!
//! It is [`retry_block!`](crate::retry_block) by the attribute's name. A module has one macro of a
//! name, so where the attribute is imported as `retry`, the block is called by its module:
//!
//! ```
//! use std::io::Error;
//!
//! use redress::{block, retry};
//!
//! #[retry(max_attempts = 3)]
//! fn read(path: &str) -> Result<String, Error> {
//!     std::fs::read_to_string(path)
//! }
//!
//! fn main() -> Result<(), Error> {
//!     let text = read("Cargo.toml")?;
//!     let same = block::retry!(max_attempts = 3, || std::fs::read_to_string("Cargo.toml"))?;
//!     assert_eq!(text, same);
//!     Ok(())
//! }
//! ```
//!
//! A module that retries blocks alone imports it:
//!
//! ```
//! use redress::block::retry;
//!
//! # fn main() -> std::io::Result<()> {
//! let text = retry!(max_attempts = 3, || std::fs::read_to_string("Cargo.toml"))?;
//! assert!(text.contains("[package]"));
//! # Ok(())
//! # }
//! ```

pub use redress_macros::retry_block as retry;

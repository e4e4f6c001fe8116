//! Tests of the integrations of `redress` with HTTP and RPC libraries.

/// The programs of the guide, which are tested here for the crates that they use.
#[cfg(doctest)]
#[doc = include_str!("../../../redress/docs/http.md")]
pub mod guide {}

//! The macros of `redress`: use them through that crate, which re-exports them.

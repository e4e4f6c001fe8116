//! `retry!`: an expression.

//! Errors of drivers without a feature of redress: a table, and the classifier is one function.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod mysql_async;
mod odbc_api;
mod openai;
mod rusqlite;
mod tiberius;

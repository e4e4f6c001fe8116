//! Errors and transactions on real servers.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod allocations;
mod aws;
mod bank;
mod example;
mod jobs;
mod pg;
mod pg_errors;
mod pg_transaction;
mod redis_errors;
mod said;
mod sqlx_errors;
mod sqlx_transaction;

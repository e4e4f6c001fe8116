//! What the tests start: servers as child processes, and a proxy that loses answers.
//!
//! `.ci/servers` in the repository installs the servers.

mod child;
mod mariadb;
mod moto;
mod postgres;
mod proxy;
mod redis;
mod rows;
mod shared;

pub use mariadb::MariaDb;
pub use moto::Moto;
pub use postgres::Postgres;
pub use proxy::{Cut, Proxy};
pub use redis::Redis;
pub use rows::{Rows, texts_of};
pub use shared::Shared;

/// The guide's programs compile.
#[cfg(doctest)]
#[doc = include_str!("../../../redress/docs/databases.md")]
struct Databases;

/// So does, and runs, the example of an integration that needs a storage.
#[cfg(doctest)]
#[doc = include_str!("../../../redress/src/contrib/apalis_1/example.md")]
struct Jobs;

//! Errors of [`redis`](::redis_1) 1. Feature `redis-1`.
//!
//! [`RedisError`] and [`ServerError`] say what they mean, also inside of other errors:
//!
//! ```
//! # extern crate redis_1 as redis; // as users name it
//! use redis::{ErrorKind, RedisError, ServerErrorKind};
//! use redress::{Classifier, DefaultClassifier, ErrorClass};
//!
//! let loading = RedisError::from((ErrorKind::Server(ServerErrorKind::BusyLoading), "LOADING"));
//! let wrapped = std::io::Error::other(loading);
//! assert_eq!(DefaultClassifier.classify(&wrapped).class(), ErrorClass::Transient);
//! ```
//!
//! | error | class |
//! |---|---|
//! | a reply of the server, one of a pipeline or transaction the first that failed | [`redis_code`] |
//! | I/O | [`io_error_kind`], else TRANSIENT |
//! | `AuthenticationFailed` | AUTH |
//! | `ClusterConnectionNotFound`, `MasterNameNotFoundBySentinel`, `NoValidReplicasFoundBySentinel` | TRANSIENT |
//! | `Parse`, `UnexpectedReturnType`, `InvalidClientConfig`, `Client`, `EmptySentinelList`, `RESP3NotSupported`, `Serialize` | PERMANENT |
//! | any other | UNKNOWN |
//!
//! # What to know
//!
//! - A command that the client gave up after its response timeout, 500 ms where none is set, may have
//!   been applied: an `INCR` that is repeated counts twice.
//! - Of a pipeline that is not atomic the other commands did run.
//! - With a password set, redis reports a server that has no room for another client as
//!   `AuthenticationFailed`: it is AUTH here, where without a password it is RATE_LIMIT.
//! - After a failover a connection leads to a replica, and `ConnectionManager` keeps it: after
//!   `READONLY` let the operation get a new one.
//! - A lost `WATCH` is no error but `Ok(None)`: say so with a result classifier that makes CONCURRENCY
//!   of it.
//! - `ConnectionManager` connects up to seven times by itself, a cluster's client asks 16 times:
//!   attempts of a policy around them multiply.

use std::error::Error;
use std::io;

use ::redis_1::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use super::says_itself;
use crate::classify::{Classification, Classify, ErrorClass, io_error_kind, redis_code};

impl Classify for ServerError {
    /// Classifies by [`redis_code`].
    fn classify(&self) -> Classification {
        redis_code(self.code(), self.details().unwrap_or_default()).into()
    }
}

impl Classify for RedisError {
    fn classify(&self) -> Classification {
        match self.kind() {
            // Also of a pipeline, whose kind is that of its first failure, and of a transaction, whose
            // reason is the first command that could not be queued.
            ErrorKind::Server(_) | ErrorKind::Extension => self.of_server(),
            ErrorKind::Io => self.of_io(),
            ErrorKind::AuthenticationFailed => ErrorClass::Auth.into(),
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::NoValidReplicasFoundBySentinel => ErrorClass::Transient.into(),
            ErrorKind::Parse
            | ErrorKind::UnexpectedReturnType
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Client
            | ErrorKind::EmptySentinelList
            | ErrorKind::RESP3NotSupported => ErrorClass::Permanent.into(),
            // `Serialize`, a variant that exists only with a feature that a program may have on.
            _ if self.category() == "serializing" => ErrorClass::Permanent.into(),
            _ => ErrorClass::Unknown.into(),
        }
    }
}

/// What the variants of an error hold, which redis keeps to itself.
trait Held {
    fn of_server(&self) -> Classification;
    fn of_io(&self) -> Classification;
}

impl Held for RedisError {
    fn of_server(&self) -> Classification {
        // A clone of an `Arc`.
        match self.clone().into_server_errors() {
            Some(errors) => match errors.first() {
                Some((_, first)) => first.classify(),
                None => ErrorClass::Permanent.into(),
            },
            // One that the client made up.
            None => match self.kind() {
                ErrorKind::Server(ServerErrorKind::ExecAbort) => ErrorClass::Permanent.into(),
                _ => {
                    let code = self.code().unwrap_or_default();
                    redis_code(code, self.detail().unwrap_or_default()).into()
                }
            },
        }
    }

    fn of_io(&self) -> Classification {
        // It holds an `Arc` of the error.
        let error = self.source().and_then(crate::classify::find::<io::Error>);
        let class = error.map_or(ErrorClass::Unknown, |error| io_error_kind(error.kind()));
        match class {
            ErrorClass::Unknown => ErrorClass::Transient.into(),
            class => class.into(),
        }
    }
}

pub(super) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    says_itself::<RedisError>(link).or_else(|| says_itself::<ServerError>(link))
}

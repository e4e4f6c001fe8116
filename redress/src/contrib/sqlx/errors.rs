// One text for each version of sqlx that there is a feature for: `sqlx_0_8` and `sqlx_0_9` include it
// and say which crate `sqlx_core` is.

use std::error::Error as StdError;

use super::sqlx_core::error::{DatabaseError, Error};
use crate::classify::{
    Classification, Classify, ErrorClass, classify_dyn, find, io_error_kind, sqlite_code, sqlstate,
};

impl Classify for Error {
    fn classify(&self) -> Classification {
        known(self)
            .or_else(|| self.source().map(classify_dyn))
            .unwrap_or(Classification::new(ErrorClass::Unknown))
    }
}

fn known(error: &Error) -> Option<Classification> {
    Some(match error {
        Error::Database(error) => of_database(&**error).into(),
        Error::Io(error) => match io_error_kind(error.kind()) {
            ErrorClass::Unknown => ErrorClass::Transient.into(),
            class => class.into(),
        },
        // A pool that is too small, or a server that is down: `acquire` asks again until its time is
        // over, and keeps the reason to itself.
        Error::PoolTimedOut => Classification::new(ErrorClass::Transient).detail("pool", "timeout"),
        // SQLite's thread. A new connection has a new one.
        Error::WorkerCrashed => ErrorClass::Transient.into(),
        // What state the connection is in is not known, and neither is what it said.
        Error::BeginFailed | Error::Protocol(_) => ErrorClass::Unknown.into(),
        // Mostly a setting, but also a handshake that was cut: what is behind it says.
        Error::Tls(_) => return None,
        Error::PoolClosed
        | Error::Configuration(_)
        | Error::InvalidArgument(_)
        | Error::RowNotFound
        | Error::TypeNotFound { .. }
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnDecode { .. }
        | Error::Encode(_)
        | Error::Decode(_)
        | Error::AnyDriverError(_)
        | Error::InvalidSavePointStatement => ErrorClass::Permanent.into(),
        // `Migrate` and `ConfigFile`, which not every build of sqlx has, and what is to come.
        _ => return None,
    })
}

/// Classifies by the code: an SQLSTATE has five characters, a code of SQLite's up to four digits.
fn of_database(error: &dyn DatabaseError) -> ErrorClass {
    if let Some(class) = super::of_mysql(error) {
        return class;
    }
    let Some(code) = error.code() else {
        return ErrorClass::Unknown;
    };
    match code.parse() {
        Ok(number) if code.len() < 5 => sqlite_code(number),
        _ => sqlstate(&code),
    }
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    find::<Error>(link).and_then(known)
}

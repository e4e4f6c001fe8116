use std::error::Error as StdError;
use std::io;

use ::tokio_postgres_0_7::Error;
use ::tokio_postgres_0_7::error::DbError;
use ::tokio_postgres_0_7::types::{WasNull, WrongType};

use crate::classify::{
    Classification, Classify, ErrorClass, classify_dyn, find, io_error_kind, says_itself, sqlstate,
};

impl Classify for DbError {
    /// Classifies by the code.
    fn classify(&self) -> Classification {
        sqlstate(self.code().code()).into()
    }
}

impl Classify for Error {
    fn classify(&self) -> Classification {
        known(self)
            .or_else(|| self.source().map(classify_dyn))
            .unwrap_or(Classification::new(ErrorClass::Unknown))
    }
}

/// Classifies what can be told from outside: most kinds of this error have no method.
fn known(error: &Error) -> Option<Classification> {
    if let Some(code) = error.code() {
        return Some(sqlstate(code.code()).into());
    }
    if error.is_closed() {
        return Some(ErrorClass::Transient.into());
    }
    let source = error.source()?;
    if let Some(error) = find::<io::Error>(source) {
        let class = match io_error_kind(error.kind()) {
            ErrorClass::Unknown => ErrorClass::Transient,
            class => class,
        };
        return Some(class.into());
    }
    of_value(source)
}

/// A value of another type than the column's or the parameter's: so it stays.
fn of_value(link: &(dyn StdError + 'static)) -> Option<Classification> {
    let wrong = find::<WrongType>(link).is_some() || find::<WasNull>(link).is_some();
    wrong.then(|| ErrorClass::Permanent.into())
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    match find::<Error>(link) {
        Some(error) => known(error),
        None => says_itself::<DbError>(link).or_else(|| of_value(link)),
    }
}

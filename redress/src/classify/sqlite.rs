use super::ErrorClass;

/// Classifies a result code of SQLite: by the extended code, else by the primary one, its lowest eight
/// bits.
///
/// The names are those of [SQLite's documentation], without `SQLITE_`.
///
/// | code | class | because |
/// |---|---|---|
/// | BUSY, BUSY_RECOVERY, BUSY_SNAPSHOT, BUSY_TIMEOUT | CONCURRENCY | another connection writes; `busy_timeout` has waited already |
/// | LOCKED, LOCKED_SHAREDCACHE, LOCKED_VTAB, ABORT_ROLLBACK | CONCURRENCY | a statement of the same process is in the way, or has rolled back |
/// | PROTOCOL, SCHEMA | TRANSIENT | a race for the WAL; a schema that changed under the statement |
/// | IOERR_LOCK, IOERR_UNLOCK, IOERR_RDLOCK, IOERR_CHECKRESERVEDLOCK, IOERR_BLOCKED | TRANSIENT | the lock of the file was not to be had |
/// | READONLY_RECOVERY, READONLY_CANTLOCK, READONLY_DBMOVED | TRANSIENT | opening the file again may help |
/// | IOERR, NOMEM, FULL | SERVER_ERROR | disk, memory |
/// | READONLY, PERM, AUTH | PERMISSION | the file, or the authorizer, does not allow it |
/// | ERROR, CONSTRAINT, CORRUPT, NOTADB, NOTFOUND, TOOBIG, MISMATCH, MISUSE, NOLFS, FORMAT, RANGE | PERMANENT | the statement, its data or the file is wrong |
/// | CANTOPEN, INTERRUPT, ABORT, INTERNAL, EMPTY, what is no error, everything else | UNKNOWN | |
///
/// BUSY_SNAPSHOT comes at once, whatever `busy_timeout` says: the transaction has read, and another
/// one has written since. Only a new transaction helps; one that will write avoids it with
/// `BEGIN IMMEDIATE`.
///
/// [SQLite's documentation]: https://www.sqlite.org/rescode.html
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::sqlite_code;
///
/// assert_eq!(sqlite_code(5), ErrorClass::Concurrency); // BUSY
/// assert_eq!(sqlite_code(517), ErrorClass::Concurrency); // BUSY_SNAPSHOT
/// assert_eq!(sqlite_code(2067), ErrorClass::Permanent); // CONSTRAINT_UNIQUE
/// assert_eq!(sqlite_code(13), ErrorClass::ServerError); // FULL
/// ```
#[must_use]
#[inline]
pub const fn sqlite_code(code: i32) -> ErrorClass {
    match code {
        // ABORT_ROLLBACK.
        516 => ErrorClass::Concurrency,
        // IOERR_UNLOCK, IOERR_RDLOCK, IOERR_BLOCKED, IOERR_CHECKRESERVEDLOCK, IOERR_LOCK.
        2058 | 2314 | 2826 | 3594 | 3850 => ErrorClass::Transient,
        // READONLY_RECOVERY, READONLY_CANTLOCK, READONLY_DBMOVED.
        264 | 520 | 1032 => ErrorClass::Transient,
        _ => by_primary(code & 0xff),
    }
}

const fn by_primary(code: i32) -> ErrorClass {
    match code {
        // BUSY, LOCKED.
        5 | 6 => ErrorClass::Concurrency,
        // PROTOCOL, SCHEMA.
        15 | 17 => ErrorClass::Transient,
        // NOMEM, IOERR, FULL.
        7 | 10 | 13 => ErrorClass::ServerError,
        // PERM, READONLY, AUTH.
        3 | 8 | 23 => ErrorClass::Permission,
        // ERROR, CORRUPT, NOTFOUND, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, NOLFS, FORMAT, RANGE, NOTADB.
        1 | 11 | 12 | 18..=22 | 24..=26 => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_code_beats_the_primary_one() {
        for (code, class) in [
            (5, ErrorClass::Concurrency),
            (261, ErrorClass::Concurrency),
            (773, ErrorClass::Concurrency),
            (262, ErrorClass::Concurrency),
            (4, ErrorClass::Unknown),
            (516, ErrorClass::Concurrency),
            (10, ErrorClass::ServerError),
            (266, ErrorClass::ServerError),
            (3082, ErrorClass::ServerError),
            (3850, ErrorClass::Transient),
            (8, ErrorClass::Permission),
            (1032, ErrorClass::Transient),
            (1544, ErrorClass::Permission),
            (14, ErrorClass::Unknown),
            (526, ErrorClass::Unknown),
            (19, ErrorClass::Permanent),
            (1555, ErrorClass::Permanent),
            (26, ErrorClass::Permanent),
            (0, ErrorClass::Unknown),
            (100, ErrorClass::Unknown),
            (101, ErrorClass::Unknown),
            (-1, ErrorClass::Unknown),
            (i32::MIN, ErrorClass::Unknown),
        ] {
            assert_eq!(sqlite_code(code), class, "{code}");
        }
    }
}

use super::ErrorClass;

/// Classifies an error of SQL Server or Azure SQL by its number: the native error of ODBC, the code of
/// tiberius.
///
/// Through ODBC nearly all of them come with `42000` or `HY000`, so ask this first, and
/// [`sqlstate`](super::sqlstate) where it says UNKNOWN.
///
/// | number | class | because |
/// |---|---|---|
/// | 1205, 1222, 3960, 3961, 41301, 41302, 41305, 41325, 41839 | CONCURRENCY | deadlock victims, locks that were not given, conflicts of snapshots and of tables in memory |
/// | 10928, 10929, 40501, 49918, 49919, 49920 | RATE_LIMIT | Azure: too many requests, sessions or operations |
/// | 64, 121, 233, 10053, 10054, 10060, 40143, 40197, 40613, 42108, 42109 | TRANSIENT | the connection is gone; Azure: a failover, a database that is being moved or resumed |
/// | 18456 | AUTH | login failed |
/// | 229, 230, 262, 297, 300, 916 | PERMISSION | a permission is missing |
/// | 207, 547, 2601, 2627 | PERMANENT | an unknown column, a broken constraint, a duplicate key |
/// | else | UNKNOWN | among it -2, a timeout of the client's, after which the statement may have run |
///
/// 40501 asks for ten seconds; neither driver has that as a field.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::{mssql_error, sqlstate};
///
/// assert_eq!(mssql_error(1205), ErrorClass::Concurrency);
/// assert_eq!(mssql_error(40501), ErrorClass::RateLimit);
///
/// /// What an ODBC driver says: the number, else the SQLSTATE.
/// fn meaning(native_error: i32, state: &str) -> ErrorClass {
///     match mssql_error(native_error) {
///         ErrorClass::Unknown => sqlstate(state),
///         class => class,
///     }
/// }
/// assert_eq!(meaning(229, "42000"), ErrorClass::Permission);
/// assert_eq!(meaning(0, "08S01"), ErrorClass::Transient);
/// ```
#[must_use]
#[inline]
pub const fn mssql_error(number: i32) -> ErrorClass {
    // What is to be run again: `SqlServerTransientExceptionDetector` of Entity Framework Core, which
    // quotes the messages. The rest, with 1222, 3960 and 3961: "Database Engine events and errors" of
    // the manual; with 40143, 42108 and 42109: "Troubleshoot transient connection errors" of Azure SQL.
    match number {
        // Deadlock victim; lock request time out period exceeded; update conflict under snapshot
        // isolation, and its schema changed; tables in memory: a dependency failed, the row was
        // updated since, repeatable read and serializable validation, too many dependencies.
        1205 | 1222 | 3960 | 3961 | 41301 | 41302 | 41305 | 41325 | 41839 => {
            ErrorClass::Concurrency
        }
        // Resource limits of the database; the service is busy; not enough resources, too many
        // operations in progress.
        10928 | 10929 | 40501 | 49918..=49920 => ErrorClass::RateLimit,
        // Errors while it logs in; the semaphore timeout; transport-level errors; an error while
        // processing; not currently available; a pool that is paused or warming up.
        64 | 121 | 233 | 10053 | 10054 | 10060 | 40143 | 40197 | 40613 | 42108 | 42109 => {
            ErrorClass::Transient
        }
        18456 => ErrorClass::Auth,
        // On the object, on the column, in the database; to perform this action; on the server; to
        // access the database.
        229 | 230 | 262 | 297 | 300 | 916 => ErrorClass::Permission,
        // Invalid column name; a constraint's conflict; a unique index; a unique constraint.
        207 | 547 | 2601 | 2627 => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_odbc_hides_behind_one_state() {
        for (number, class) in [
            (1222, ErrorClass::Concurrency),
            (3960, ErrorClass::Concurrency),
            (49919, ErrorClass::RateLimit),
            (40613, ErrorClass::Transient),
            (18456, ErrorClass::Auth),
            (916, ErrorClass::Permission),
            (2627, ErrorClass::Permanent),
            (-2, ErrorClass::Unknown),
            (0, ErrorClass::Unknown),
            (50000, ErrorClass::Unknown),
            (i32::MIN, ErrorClass::Unknown),
        ] {
            assert_eq!(mssql_error(number), class, "{number}");
        }
    }
}

use super::{ErrorClass, sqlstate};

/// Classifies an error of MySQL or MariaDB: by its number, else by its SQLSTATE.
///
/// The number goes first: half of what matters comes with `HY000` (a lock that was not given in time),
/// `42000` (a missing privilege) or `08S01` (a packet that is too large), which say little or the wrong
/// thing. A driver without the number passes 0.
///
/// | number | class | because |
/// |---|---|---|
/// | 1213, 1205, 1020, 1613, 1614, 3101, 3572 | CONCURRENCY | deadlocks, locks that were not given, changed records |
/// | 1040, 1203, 1226, 1637 | RATE_LIMIT | too many connections or transactions, a limit of the user's |
/// | 1053, 1077, 1079, 1152, 1156, 1158-1161, 1184, 1927 | TRANSIENT | the connection is gone, or the server about to be |
/// | 1047, 1290, 1297, 1792, 1836 | TRANSIENT | a node that is not ready or read-only, as after a failover; NDB says "temporary" |
/// | 1045, 1698 | AUTH | the password is wrong, or the plugin refuses it |
/// | 1044, 1130, 1142, 1143, 1227, 1370 | PERMISSION | a privilege is missing |
/// | 1021, 1030, 1037, 1038, 1041, 1114 | SERVER_ERROR | no space, no memory, an error of the storage engine |
/// | 1153 | PERMANENT | the packet is larger than `max_allowed_packet` |
/// | 1180, 1317, 1969 | UNKNOWN | an error while it committed; a statement that was killed or ran out of time |
/// | else | [`sqlstate`] | |
///
/// **After 1205 only the statement is rolled back**, not the transaction, unless the server runs with
/// `innodb_rollback_on_timeout`: roll back before you begin again, or half of it stays. After 1213 the
/// whole transaction is gone, and the statements that follow are on their own.
///
/// 1290 is said of every option that forbids a statement, such as `--secure-file-priv`; the one that
/// matters here is `--read-only`. 1792 is a transaction that is read-only on purpose, too. Both waste a
/// few attempts where nothing fails over.
///
/// Where the two servers use one number for different things, it is not in the table: 4031 is an idle
/// connection that MySQL closed, and a trigger that MariaDB does not know.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::mysql_error;
///
/// assert_eq!(mysql_error(1205, "HY000"), ErrorClass::Concurrency); // ER_LOCK_WAIT_TIMEOUT
/// assert_eq!(mysql_error(1142, "42000"), ErrorClass::Permission); // ER_TABLEACCESS_DENIED_ERROR
/// assert_eq!(mysql_error(1062, "23000"), ErrorClass::Permanent); // ER_DUP_ENTRY
/// assert_eq!(mysql_error(0, "40001"), ErrorClass::Concurrency);
/// ```
#[must_use]
#[inline]
pub fn mysql_error(number: u16, state: &str) -> ErrorClass {
    by_number(number).unwrap_or_else(|| sqlstate(state))
}

// Names and numbers: `mysqld_error.h` of MariaDB 10.11, and of MySQL 8 where it says so.
#[inline]
fn by_number(number: u16) -> Option<ErrorClass> {
    Some(match number {
        // ER_CHECKREAD (record has changed since last read), ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK,
        // ER_XA_RBTIMEOUT, ER_XA_RBDEADLOCK. Of MySQL alone: ER_TRANSACTION_ROLLBACK_DURING_COMMIT
        // (the certification of group replication), ER_LOCK_NOWAIT.
        1020 | 1205 | 1213 | 1613 | 1614 | 3101 | 3572 => ErrorClass::Concurrency,
        // ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED,
        // ER_TOO_MANY_CONCURRENT_TRXS.
        1040 | 1203 | 1226 | 1637 => ErrorClass::RateLimit,
        // ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_SHUTDOWN_COMPLETE, ER_ABORTING_CONNECTION,
        // ER_NET_PACKETS_OUT_OF_ORDER, ER_NET_READ_ERROR, ER_NET_READ_INTERRUPTED,
        // ER_NET_ERROR_ON_WRITE, ER_NET_WRITE_INTERRUPTED, ER_NEW_ABORTING_CONNECTION. Of MariaDB
        // alone: ER_CONNECTION_KILLED.
        1053 | 1077 | 1079 | 1152 | 1156 | 1158..=1161 | 1184 | 1927 => ErrorClass::Transient,
        // ER_UNKNOWN_COM_ERROR, which a Galera node sends while it is not ready;
        // ER_OPTION_PREVENTS_STATEMENT, ER_GET_TEMPORARY_ERRMSG,
        // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE.
        1047 | 1290 | 1297 | 1792 | 1836 => ErrorClass::Transient,
        // ER_ACCESS_DENIED_ERROR, ER_ACCESS_DENIED_NO_PASSWORD_ERROR.
        1045 | 1698 => ErrorClass::Auth,
        // ER_DBACCESS_DENIED_ERROR, ER_HOST_NOT_PRIVILEGED, ER_TABLEACCESS_DENIED_ERROR,
        // ER_COLUMNACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_PROCACCESS_DENIED_ERROR.
        1044 | 1130 | 1142 | 1143 | 1227 | 1370 => ErrorClass::Permission,
        // ER_DISK_FULL, ER_GET_ERRNO, ER_OUTOFMEMORY, ER_OUT_OF_SORTMEMORY, ER_OUT_OF_RESOURCES,
        // ER_RECORD_FILE_FULL.
        1021 | 1030 | 1037 | 1038 | 1041 | 1114 => ErrorClass::ServerError,
        // ER_NET_PACKET_TOO_LARGE.
        1153 => ErrorClass::Permanent,
        // ER_ERROR_DURING_COMMIT, ER_QUERY_INTERRUPTED. Of MariaDB alone: ER_STATEMENT_TIMEOUT.
        1180 | 1317 | 1969 => ErrorClass::Unknown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_beats_the_state() {
        for (number, state, class) in [
            (1205, "HY000", ErrorClass::Concurrency),
            (1213, "40001", ErrorClass::Concurrency),
            (1040, "08004", ErrorClass::RateLimit),
            (1203, "42000", ErrorClass::RateLimit),
            (1153, "08S01", ErrorClass::Permanent),
            (1290, "HY000", ErrorClass::Transient),
            (1045, "28000", ErrorClass::Auth),
            (1044, "42000", ErrorClass::Permission),
            (1114, "HY000", ErrorClass::ServerError),
            (1180, "HY000", ErrorClass::Unknown),
            (1317, "70100", ErrorClass::Unknown),
        ] {
            assert_eq!(mysql_error(number, state), class, "{number}");
        }
    }

    #[test]
    fn a_number_without_a_row_leaves_it_to_the_state() {
        assert_eq!(mysql_error(1062, "23000"), ErrorClass::Permanent);
        assert_eq!(mysql_error(1064, "42000"), ErrorClass::Permanent);
        assert_eq!(mysql_error(1105, "HY000"), ErrorClass::Unknown);
        assert_eq!(mysql_error(1402, "XA100"), ErrorClass::Concurrency);
        assert_eq!(mysql_error(4031, "HY000"), ErrorClass::Unknown);
        assert_eq!(mysql_error(0, ""), ErrorClass::Unknown);
    }
}

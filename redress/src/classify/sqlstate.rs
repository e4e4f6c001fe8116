use super::ErrorClass;

/// Classifies an SQLSTATE code: by the exact code, else by its class, the first two characters.
///
/// The codes are those of the SQL standard and of [PostgreSQL, appendix A], with the few that only
/// ODBC drivers send. Case and surrounding white space do not matter, because some drivers pad;
/// anything but five ASCII letters and digits is UNKNOWN.
///
/// | code | class | because |
/// |---|---|---|
/// | `08…`, `57P01`-`57P03`, `57P05`, `25P03`, `25P04`, `HV00N` | TRANSIENT | no connection, or one that the server ended |
/// | `25006` | TRANSIENT | after a failover the connection leads to a replica |
/// | `HYT00`, `HYT01`, `S1T00` | TRANSIENT | a timeout of the driver |
/// | `40…`, `55P03`, `55006`, `72…`, `XA100`-`XA107` | CONCURRENCY | serialization failures, deadlocks, locks; a branch that XA rolled back |
/// | `28…` | AUTH | the credentials are wrong |
/// | `42501`, `0L…` | PERMISSION | a privilege is missing |
/// | `53300` | RATE_LIMIT | too many connections: the server asks for fewer |
/// | `53…`, `58…`, `F0…`, `XX…` | SERVER_ERROR | out of disk or memory, system and internal errors |
/// | `57P04`, `40002`, `P0002`-`P0004` | PERMANENT | a dropped database, broken constraints and assertions |
/// | `0A`, `0B`, `0F`, `0P`, `20`-`25`, `27`, `2B`, `2D`, `2F`, `34`, `3B`, `3D`, `3F`, `42`, `44`, `54`, `55`, `IM` | PERMANENT | the statement, its data or the session is wrong |
/// | everything else | UNKNOWN | see below |
///
/// UNKNOWN on purpose: `00`, `01` and `02` are not errors; `57014` is a statement timeout or an
/// operator who wants the query gone; `40003` and `08007` may have been committed; `26` and `42P05`
/// are often a pooler that changed the connection; `P0001` means what its author says; `38`, `39` and
/// `HV` are failures of something else.
///
/// MySQL, MariaDB and SQL Server say what happened by a number, and much of it by the same few codes:
/// see [`mysql_error`](super::mysql_error) and [`mssql_error`](super::mssql_error).
///
/// [PostgreSQL, appendix A]: https://www.postgresql.org/docs/current/errcodes-appendix.html
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::sqlstate;
///
/// assert_eq!(sqlstate("40P01"), ErrorClass::Concurrency); // deadlock_detected
/// assert_eq!(sqlstate("23505"), ErrorClass::Permanent); // unique_violation
/// assert_eq!(sqlstate("57p01 "), ErrorClass::Transient); // admin_shutdown
/// assert_eq!(sqlstate("nonsense"), ErrorClass::Unknown);
/// ```
#[must_use]
#[inline]
pub fn sqlstate(code: &str) -> ErrorClass {
    let Ok(code) = <[u8; 5]>::try_from(code.trim().as_bytes()) else {
        return ErrorClass::Unknown;
    };
    if !code.iter().all(u8::is_ascii_alphanumeric) {
        return ErrorClass::Unknown;
    }
    let code = code.map(|b| b.to_ascii_uppercase());
    let [first, second, ..] = code;
    by_code(&code).unwrap_or_else(|| by_class([first, second]))
}

/// The codes that differ from their class.
#[inline]
fn by_code(code: &[u8; 5]) -> Option<ErrorClass> {
    Some(match code {
        // read_only_sql_transaction: seen after a failover, when a pooled connection leads to what
        // is now a replica. A transaction that is read-only on purpose wastes a few attempts.
        b"25006" => ErrorClass::Transient,
        // idle_in_transaction_session_timeout, transaction_timeout, idle_session_timeout: the
        // server has closed the connection; a new one works.
        b"25P03" | b"25P04" | b"57P05" => ErrorClass::Transient,
        // admin_shutdown, crash_shutdown, cannot_connect_now: it restarts.
        b"57P01" | b"57P02" | b"57P03" => ErrorClass::Transient,
        // database_dropped: nothing brings it back.
        b"57P04" => ErrorClass::Permanent,
        // fdw_unable_to_establish_connection.
        b"HV00N" => ErrorClass::Transient,
        // ODBC: timeout expired, connection timeout expired, and the former in ODBC 2.
        b"HYT00" | b"HYT01" | b"S1T00" => ErrorClass::Transient,
        // transaction_integrity_constraint_violation: the data is wrong, not the moment.
        b"40002" => ErrorClass::Permanent,
        // statement_completion_unknown, and transaction_resolution_unknown, which is what ODBC calls
        // a connection that fails while it commits: it may have happened, so repeat it only under
        // the small cap of UNKNOWN.
        b"40003" | b"08007" => ErrorClass::Unknown,
        // duplicate_prepared_statement: behind a pooler the connection is one that others use, too.
        b"42P05" => ErrorClass::Unknown,
        // Named by X/Open XA for a branch that was rolled back (XA_RBROLLBACK to XA_RBTRANSIENT);
        // MySQL and MariaDB send three of them.
        [b'X', b'A', b'1', b'0', b'0'..=b'7'] => ErrorClass::Concurrency,
        // insufficient_privilege.
        b"42501" => ErrorClass::Permission,
        // too_many_connections: backing off is the cure, a breaker is not.
        b"53300" => ErrorClass::RateLimit,
        // object_in_use and lock_not_available: another session holds it for now.
        b"55006" | b"55P03" => ErrorClass::Concurrency,
        // no_data_found, too_many_rows, assert_failure in PL/pgSQL.
        b"P0002" | b"P0003" | b"P0004" => ErrorClass::Permanent,
        _ => return None,
    })
}

#[inline]
fn by_class(class: [u8; 2]) -> ErrorClass {
    match &class {
        b"08" => ErrorClass::Transient,
        b"28" => ErrorClass::Auth,
        // invalid_grantor: this role may not grant.
        b"0L" => ErrorClass::Permission,
        // transaction_rollback, and snapshot_too_old: run the transaction again.
        b"40" | b"72" => ErrorClass::Concurrency,
        // insufficient_resources, system_error, config_file_error, internal_error: the server is
        // ill, which a breaker should notice.
        b"53" | b"58" | b"F0" | b"XX" => ErrorClass::ServerError,
        b"0A" | b"0B" | b"0F" | b"0P" | b"20" | b"21" | b"22" | b"23" | b"24" | b"25" | b"27"
        | b"2B" | b"2D" | b"2F" | b"34" | b"3B" | b"3D" | b"3F" | b"42" | b"44" | b"54" | b"55"
        | b"IM" => ErrorClass::Permanent,
        _ => ErrorClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_code_beats_its_class() {
        for (code, class) in [
            ("42501", ErrorClass::Permission),
            ("42P01", ErrorClass::Permanent),
            ("55P03", ErrorClass::Concurrency),
            ("55000", ErrorClass::Permanent),
            ("53300", ErrorClass::RateLimit),
            ("53200", ErrorClass::ServerError),
            ("57P01", ErrorClass::Transient),
            ("57P04", ErrorClass::Permanent),
            ("57014", ErrorClass::Unknown),
            ("40001", ErrorClass::Concurrency),
            ("40002", ErrorClass::Permanent),
            ("08006", ErrorClass::Transient),
            ("08007", ErrorClass::Unknown),
            ("40003", ErrorClass::Unknown),
            ("42P05", ErrorClass::Unknown),
            ("XA100", ErrorClass::Concurrency),
            ("XA107", ErrorClass::Concurrency),
            ("XA108", ErrorClass::Unknown),
            ("XAE04", ErrorClass::Unknown),
        ] {
            assert_eq!(sqlstate(code), class, "{code}");
        }
    }

    #[test]
    fn case_and_padding_do_not_matter() {
        assert_eq!(sqlstate("  40p01\t"), ErrorClass::Concurrency);
    }

    #[test]
    fn nonsense_is_unknown() {
        for code in [
            "", "40", "0800", "080000", "08-00", "08 00", "0800é", "🦀", "😀8",
        ] {
            assert_eq!(sqlstate(code), ErrorClass::Unknown, "{code:?}");
        }
    }
}

use super::ErrorClass;

/// Classifies an error reply of Redis or Valkey by its code, the first word: `WRONGTYPE`, `LOADING`.
///
/// `detail` is the rest of the reply, or empty. It is read for one text alone: a server that has no
/// room for another client says so by `ERR`, the code for wrong commands.
///
/// | code | class | because |
/// |---|---|---|
/// | `LOADING`, `MASTERDOWN`, `CLUSTERDOWN`, `TRYAGAIN`, `INPROG`, `NOMASTERLINK`, `NOREPLICAS` | TRANSIENT | it starts, fails over, or moves slots |
/// | `NOGOODSLAVE`, `NOQUORUM` | TRANSIENT | a Sentinel finds no replica to promote, or too few others |
/// | `READONLY` | TRANSIENT | after a failover the connection leads to a replica: get a new one |
/// | `MOVED`, `ASK` | TRANSIENT | the slot is elsewhere; a client of the cluster has followed already |
/// | `BUSY` | TRANSIENT | a script runs |
/// | `UNBLOCKED`, `IOERR` | TRANSIENT | a blocking command was ended; the target of `MIGRATE` did not answer |
/// | `ERR max number of clients reached` | RATE_LIMIT | the server asks for fewer connections |
/// | `OOM`, `MISCONF` | SERVER_ERROR | memory is full, the disk is |
/// | `NOAUTH`, `WRONGPASS` | AUTH | the password is missing or wrong |
/// | `NOPERM`, `DENIED` | PERMISSION | an ACL forbids it; protected mode |
/// | `WRONGTYPE`, `EXECABORT`, `NOSCRIPT`, `CROSSSLOT`, `NOTBUSY`, `NOSUB`, `BUSYGROUP`, `NOGROUP`, `BUSYKEY`, `NOPROTO`, `INVALIDOBJ`, other `ERR` | PERMANENT | the command or its keys are wrong |
/// | everything else | UNKNOWN | a module's, or one that a script made up |
///
/// An `EXECABORT` has its reason in an earlier reply: classify that one where you have it.
///
/// A lost `WATCH` is no error: `EXEC` answers nil. And a command that is repeated after the connection
/// was lost may be applied twice: `INCR` and `LPUSH` count what they did.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::redis_code;
///
/// assert_eq!(redis_code("LOADING", "Redis is loading the dataset in memory"), ErrorClass::Transient);
/// assert_eq!(redis_code("WRONGTYPE", ""), ErrorClass::Permanent);
/// assert_eq!(redis_code("ERR", "max number of clients reached"), ErrorClass::RateLimit);
/// ```
#[must_use]
#[inline]
pub fn redis_code(code: &str, detail: &str) -> ErrorClass {
    // The codes and their texts are those of Redis 7.0; `NOSUB` is newer.
    match code {
        "ERR" if refuses_clients(detail) => ErrorClass::RateLimit,
        "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "INPROG" | "NOMASTERLINK"
        | "NOREPLICAS" | "READONLY" | "MOVED" | "ASK" | "BUSY" | "UNBLOCKED" | "IOERR" => {
            ErrorClass::Transient
        }
        // Of a Sentinel (sentinel.c), beside INPROG.
        "NOGOODSLAVE" | "NOQUORUM" => ErrorClass::Transient,
        "OOM" | "MISCONF" => ErrorClass::ServerError,
        "NOAUTH" | "WRONGPASS" => ErrorClass::Auth,
        "NOPERM" | "DENIED" => ErrorClass::Permission,
        "WRONGTYPE" | "EXECABORT" | "NOSCRIPT" | "CROSSSLOT" | "NOTBUSY" | "NOSUB"
        | "BUSYGROUP" | "NOGROUP" | "BUSYKEY" | "NOPROTO" | "INVALIDOBJ" | "ERR" => {
            ErrorClass::Permanent
        }
        _ => ErrorClass::Unknown,
    }
}

/// `max number of clients reached`, or in a cluster `max number of clients + cluster connections
/// reached`: texts that the server's source has as they stand.
#[inline]
fn refuses_clients(detail: &str) -> bool {
    detail.trim().starts_with("max number of clients")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_decides_and_one_text() {
        for (code, detail, class) in [
            ("ERR", "unknown command 'NOTHING'", ErrorClass::Permanent),
            (
                "ERR",
                "max number of clients reached",
                ErrorClass::RateLimit,
            ),
            (
                "ERR",
                "max number of clients + cluster connections reached",
                ErrorClass::RateLimit,
            ),
            (
                "WRONGTYPE",
                "max number of clients reached",
                ErrorClass::Permanent,
            ),
            ("READONLY", "", ErrorClass::Transient),
            ("MISCONF", "", ErrorClass::ServerError),
            ("WRONGPASS", "", ErrorClass::Auth),
            ("DENIED", "", ErrorClass::Permission),
            ("loading", "", ErrorClass::Unknown),
            ("MYMODULE", "LOADING", ErrorClass::Unknown),
            ("", "", ErrorClass::Unknown),
        ] {
            assert_eq!(redis_code(code, detail), class, "{code} {detail}");
        }
    }
}

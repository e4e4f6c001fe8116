//! Classifies errors by the name of the type or the variant.

mod beside;
mod lists;
mod words;

use beside::Beside::{self, AllBut, AllButThenOnly, Only};
use lists::{
    ACTS, COMING_AND_GOING, COUNTED, ELSEWHERE, ENCODED, FILLER, HELD, LINKS, MISTAKES,
    OTHER_TOKENS, PLACES, SETTINGS, SPACE, STATES, TERMS, TIME, UNDECIDED, VERSIONED, WRITTEN,
};
use words::Words;

use crate::classify::ErrorClass;

/// A class, phrases of whole words, and which words may stand beside them in a name of the class.
type Rule = (ErrorClass, Beside, &'static [&'static str]);

/// The first rule that fits wins, so that the longer and the more telling come first:
/// `InvalidCredentials` before `Invalid`, what happened (`Timeout`) before where it did (`Auth`,
/// `Connection`).
///
/// `server error` is not among the phrases: in clients of databases it is the name of every error
/// that the server answers with, such as one about a wrong statement.
const RULES: &[Rule] = &[
    (
        ErrorClass::Auth,
        AllBut(&[OTHER_TOKENS]),
        &[
            "invalid credential",
            "invalid credentials",
            "token expired",
            "expired token",
        ],
    ),
    (
        ErrorClass::RateLimit,
        AllBut(&[MISTAKES, SETTINGS]),
        &[
            "rate limit",
            "rate limited",
            "ratelimit",
            "ratelimited",
            "too many requests",
            "request limit",
            "throttle",
            "throttled",
            "throttling",
            "slow down",
        ],
    ),
    (
        ErrorClass::RateLimit,
        AllBut(&[MISTAKES, SETTINGS, SPACE]),
        &["quota exceeded", "resource exhausted"],
    ),
    // `RecursionLimitExceeded` is about what was sent.
    (
        ErrorClass::RateLimit,
        Only(&[FILLER, COUNTED]),
        &["limit exceeded", "throughput exceeded", "rate exceeded"],
    ),
    // The other side sheds load, or has no room for one more: it asks for fewer calls.
    (
        ErrorClass::RateLimit,
        Only(&[FILLER, LINKS, PLACES, ACTS, STATES, TIME]),
        &[
            "overloaded",
            "overload",
            "too many connections",
            "too many open connections",
            "too many clients",
            "max connections",
            "connection limit",
        ],
    ),
    // Others use what they all need.
    (
        ErrorClass::Concurrency,
        Only(&[FILLER, HELD]),
        &[
            "database busy",
            "database locked",
            "db busy",
            "resource busy",
            "device busy",
            "file busy",
            "lock busy",
            "table busy",
            "row busy",
            "record busy",
            "text busy",
        ],
    ),
    (
        ErrorClass::RateLimit,
        Only(&[FILLER, LINKS, PLACES, STATES, "too"]),
        &["busy"],
    ),
    // A version that both sides must speak, unlike that of a row.
    (ErrorClass::Permanent, AllBut(&[]), &["protocol version"]),
    (
        ErrorClass::Concurrency,
        AllBut(&[MISTAKES, SETTINGS, WRITTEN]),
        &[
            "conflict",
            "deadlock",
            "deadlocked",
            // Not `Serialization` alone, which is what encoders call their failures.
            "serialization failure",
            "optimistic lock",
            "stale version",
            // Waiting for another transaction's lock, not for the network.
            "lock timeout",
            "lock wait",
            "contention",
        ],
    ),
    (
        ErrorClass::Concurrency,
        Only(&[FILLER, VERSIONED]),
        &["version mismatch"],
    ),
    (
        ErrorClass::ServerError,
        AllBut(&[MISTAKES, SETTINGS]),
        &[
            "internal server",
            "internal service",
            "bad gateway",
            "gateway timeout",
            "service unavailable",
        ],
    ),
    (
        ErrorClass::ServerError,
        Only(&[FILLER, PLACES]),
        &["internal"],
    ),
    (
        ErrorClass::Permission,
        AllBut(&[]),
        &[
            "forbidden",
            "permission denied",
            "access denied",
            "access refused",
            "insufficient privilege",
            "insufficient privileges",
        ],
    ),
    (
        ErrorClass::Permanent,
        AllBut(&[UNDECIDED, COMING_AND_GOING]),
        &["not found", "no such"],
    ),
    (
        ErrorClass::Permanent,
        AllBut(&["not", "non", "no"]),
        &["permanent", "permanently", "unrecoverable", "irrecoverable"],
    ),
    (
        ErrorClass::Permanent,
        Only(&[FILLER, LINKS, PLACES, ACTS, STATES]),
        &["fatal"],
    ),
    // Before timeouts: an `InvalidTimeout` is a wrong setting.
    (
        ErrorClass::Permanent,
        AllBut(&[]),
        &[
            "non transient",
            "not transient",
            "non retryable",
            "not retryable",
            "non retriable",
            "not retriable",
            "already exists",
            "duplicate key",
            "duplicate entry",
            "unique violation",
            "key violation",
            "constraint violation",
            "invalid",
            "malformed",
            "bad request",
            "unsupported",
            "not supported",
            "unimplemented",
            "not implemented",
        ],
    ),
    (
        ErrorClass::Transient,
        AllButThenOnly(
            &[MISTAKES, TERMS],
            &[FILLER, LINKS, PLACES, ACTS, STATES, TIME],
        ),
        &["timeout", "timed out", "timedout"],
    ),
    (
        ErrorClass::Transient,
        Only(&[FILLER, LINKS, PLACES, ACTS, STATES, TIME]),
        &["elapsed", "deadline exceeded"],
    ),
    (
        ErrorClass::Transient,
        Only(&[FILLER, LINKS, PLACES, ACTS, STATES]),
        &[
            "connection reset",
            "connection refused",
            "connection closed",
            "not connected",
            "no connection",
            "no connections",
            "bad connection",
            "no network",
            // What hyper calls a connection that was closed before the answer.
            "incomplete message",
            "broken pipe",
            "transient",
            "temporary",
            "connection",
            "connect",
            "network",
        ],
    ),
    // `UsernameUnavailable` is an answer; `DatabaseUnavailable` is none.
    (
        ErrorClass::Transient,
        Only(&[FILLER, LINKS, PLACES, STATES]),
        &["unavailable", "unreachable", "disconnected"],
    ),
    // People refuse payments; only machines refuse connections.
    (ErrorClass::Transient, Only(&[FILLER, LINKS]), &["refused"]),
    (
        ErrorClass::Transient,
        AllBut(&[MISTAKES]),
        &[
            "try again",
            "try later",
            "retry later",
            "please retry",
            "retryable",
            "retriable",
            "would block",
        ],
    ),
    (
        ErrorClass::Auth,
        AllBut(&[]),
        &[
            "unauthorized",
            "unauthenticated",
            "not authorized",
            "not authenticated",
        ],
    ),
    // `AuthorizationPending` asks to wait, and an `AuthServerError` is one of that server's.
    (
        ErrorClass::Auth,
        AllBut(&[UNDECIDED, ELSEWHERE, ENCODED, SETTINGS]),
        &[
            "auth",
            "authentication",
            "authorization",
            "credential",
            "credentials",
        ],
    ),
    (
        ErrorClass::Permission,
        AllBut(&[UNDECIDED, ELSEWHERE]),
        &["permission"],
    ),
    (
        ErrorClass::Permanent,
        AllBut(&[UNDECIDED, ELSEWHERE]),
        &["validation"],
    ),
    // `ParseIntError`, `AddrParseError`, `Utf8Error`, `TryFromIntError`: the value stays wrong.
    (
        ErrorClass::Permanent,
        AllBut(&[]),
        &["parse", "utf8", "utf16", "try from"],
    ),
];

/// Classifies a name such as `PoolTimedOut`, `rate_limited` or `HTTPTimeoutError`.
pub(super) fn classify_name(name: &str) -> Option<ErrorClass> {
    let words = Words(name);
    let fits = |beside: Beside, phrase| {
        let found = words.find(phrase);
        found.is_some_and(|(before, after)| beside.accepts(words.take(before), after))
    };
    RULES
        .iter()
        .find(|(_, beside, phrases)| phrases.iter().any(|phrase| fits(*beside, phrase)))
        .map(|(class, ..)| *class)
}

/// Classifies what [`std::any::type_name`] gives by its last segment, without generic arguments.
pub(super) fn classify_type_name(path: &str) -> Option<ErrorClass> {
    classify_name(last_segment(path))
}

/// Returns the name of a type without its path and its generic arguments.
pub(super) fn last_segment(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests;

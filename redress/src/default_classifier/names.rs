//! What the name of an error, or of its variant, suggests.

use crate::classify::ErrorClass;

/// Phrases of whole words, and the class of a name that contains one. The first that fits wins, so
/// that the longer and the more telling come first: `InvalidCredentials` before `Invalid`, what
/// happened (`Timeout`) before where it did (`Auth`, `Connection`).
const RULES: &[(ErrorClass, &[&str])] = &[
    (
        ErrorClass::Auth,
        &[
            "invalid credential",
            "invalid credentials",
            "token expired",
            "expired token",
        ],
    ),
    (
        ErrorClass::RateLimit,
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
            "quota exceeded",
        ],
    ),
    // A version that both sides must speak, unlike that of a row.
    (ErrorClass::Permanent, &["protocol version"]),
    (
        ErrorClass::Concurrency,
        &[
            "conflict",
            "deadlock",
            "deadlocked",
            // Not `Serialization` alone, which is what encoders call their failures.
            "serialization failure",
            "optimistic lock",
            "stale version",
            "version mismatch",
            // Waiting for somebody else's lock, not for the network.
            "lock timeout",
            "lock wait",
            "contention",
        ],
    ),
    (
        ErrorClass::ServerError,
        &[
            "server error",
            "internal server",
            "bad gateway",
            "gateway timeout",
            "service unavailable",
        ],
    ),
    (
        ErrorClass::Permission,
        &[
            "forbidden",
            "permission denied",
            "access denied",
            "access refused",
            "insufficient privilege",
            "insufficient privileges",
        ],
    ),
    // Before timeouts: an `InvalidTimeout` is a wrong setting.
    (
        ErrorClass::Permanent,
        &[
            "permanent",
            "non transient",
            "not found",
            "no such",
            "already exists",
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
        &[
            "timeout",
            "timed out",
            "timedout",
            "elapsed",
            "deadline exceeded",
            "connection reset",
            "connection refused",
            "connection closed",
            // What hyper calls a connection that was closed before the answer.
            "incomplete message",
            "refused",
            "unavailable",
            "unreachable",
            "disconnected",
            "broken pipe",
            "transient",
            "temporary",
        ],
    ),
    (
        ErrorClass::Auth,
        &[
            "unauthorized",
            "unauthenticated",
            "auth",
            "authentication",
            "authorization",
            "credential",
            "credentials",
        ],
    ),
    (ErrorClass::Permission, &["permission"]),
    // `ParseIntError`, `AddrParseError`, `Utf8Error`, `TryFromIntError`: the value stays wrong.
    (
        ErrorClass::Permanent,
        &["validation", "parse", "utf8", "utf16", "try from"],
    ),
    (ErrorClass::Transient, &["connection", "connect", "network"]),
];

/// Classifies a name such as `PoolTimedOut`, `rate_limited` or `HTTPTimeoutError`.
pub(super) fn classify_name(name: &str) -> Option<ErrorClass> {
    let fits = |phrases: &[&str]| phrases.iter().any(|phrase| contains(Words(name), phrase));
    RULES
        .iter()
        .find(|(_, phrases)| fits(phrases))
        .map(|(class, _)| *class)
}

/// Classifies what [`std::any::type_name`] gives by its last segment, without generic arguments.
pub(super) fn classify_type_name(path: &str) -> Option<ErrorClass> {
    let path = path.split('<').next().unwrap_or(path);
    classify_name(path.rsplit("::").next().unwrap_or(path))
}

fn contains(mut words: Words<'_>, phrase: &str) -> bool {
    loop {
        let mut ahead = words;
        if phrase
            .split(' ')
            .all(|part| ahead.next().is_some_and(|w| w.eq_ignore_ascii_case(part)))
        {
            return true;
        }
        if words.next().is_none() {
            return false;
        }
    }
}

/// Splits a name into its words, at underscores and at the humps of CamelCase.
#[derive(Clone, Copy)]
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches('_');
        let mut before = None;
        let mut letters = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = letters.next() {
            let ahead = letters.peek().map(|&(_, c)| c);
            if before.is_some_and(|before| c == '_' || starts_word(before, c, ahead)) {
                end = at;
                break;
            }
            before = Some(c);
        }
        let (word, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Tells whether `c` starts a word: the `T` in `readTimeout`, and the one in `HTTPTimeout`.
fn starts_word(before: char, c: char, ahead: Option<char>) -> bool {
    c.is_uppercase() && (!before.is_uppercase() || ahead.is_some_and(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("PoolTimedOut", &["Pool", "Timed", "Out"][..]),
            ("HTTPTimeoutError", &["HTTP", "Timeout", "Error"]),
            ("__rate_limited_", &["rate", "limited"]),
            ("TOO_MANY", &["TOO", "MANY"]),
            ("Utf8Error", &["Utf8", "Error"]),
            ("ÜberTimeout", &["Über", "Timeout"]),
            ("", &[]),
            ("_", &[]),
        ] {
            let mut words = Words(name);
            let words: Vec<_> = std::iter::from_fn(|| words.next()).collect();
            assert_eq!(words, expected, "{name}");
        }
    }

    #[test]
    fn the_more_telling_word_wins() {
        use ErrorClass::*;
        for (name, class) in [
            ("PoolTimedOut", Transient),
            ("ConnectionReset", Transient),
            ("RATE_LIMITED", RateLimit),
            ("TooManyRequests", RateLimit),
            ("InvalidCredentials", Auth),
            ("AuthError", Auth),
            ("AuthTimeout", Transient),
            ("Unauthorized", Auth),
            ("AccessDenied", Permission),
            ("PermissionError", Permission),
            ("InvalidTimeout", Permanent),
            ("RowNotFound", Permanent),
            ("LockTimeout", Concurrency),
            ("SerializationFailure", Concurrency),
            ("ProtocolVersionMismatch", Permanent),
            ("ServiceUnavailable", ServerError),
            ("GatewayTimeout", ServerError),
            ("Unavailable", Transient),
            ("ParseIntError", Permanent),
            ("NonTransientError", Permanent),
        ] {
            assert_eq!(classify_name(name), Some(class), "{name}");
        }
    }

    #[test]
    fn parts_of_words_do_not_count() {
        for name in [
            "Parser",
            "Invalidate",
            "Author",
            "Timeouts2",
            "Connectionless",
            "SerializationError",
            "Rate",
            "LimitRate",
            "Error",
            "Other",
            "",
        ] {
            assert_eq!(classify_name(name), None, "{name}");
        }
    }

    #[test]
    fn of_a_type_only_the_last_segment_counts() {
        assert_eq!(classify_type_name("timeout::parse::Error"), None);
        assert_eq!(classify_type_name("a::Failed<timeout::Timeout>"), None);
        assert_eq!(
            classify_type_name("a::Timeout<b::C<d::E>>"),
            Some(ErrorClass::Transient)
        );
    }

    #[test]
    fn every_phrase_can_match() {
        for (class, phrases) in RULES {
            for phrase in *phrases {
                let name = phrase.replace(' ', "_");
                assert_eq!(classify_name(&name), Some(*class), "{phrase}");
            }
        }
    }
}

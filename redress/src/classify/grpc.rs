use super::ErrorClass;

/// Classifies a gRPC status code by its number.
///
/// The codes are those of the [gRPC documentation], which also says which of them a client may
/// retry.
///
/// | code | class | because |
/// |---|---|---|
/// | UNAUTHENTICATED | AUTH | the credentials are missing or wrong |
/// | PERMISSION_DENIED | PERMISSION | the credentials are good, but not for this |
/// | CANCELLED | PERMANENT | the caller, or one before it, no longer wants the answer |
/// | INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, OUT_OF_RANGE, UNIMPLEMENTED | PERMANENT | the same call gets the same answer |
/// | FAILED_PRECONDITION | PERMANENT | "should not retry until the system state has been fixed" |
/// | ABORTED | CONCURRENCY | a failed sequencer check or an aborted transaction |
/// | RESOURCE_EXHAUSTED | RATE_LIMIT | a quota, or a server that sheds load |
/// | INTERNAL, DATA_LOSS | SERVER_ERROR | the server failed |
/// | DEADLINE_EXCEEDED, UNAVAILABLE | TRANSIENT | the way to the server, or its speed, failed |
/// | OK, UNKNOWN and every other number | UNKNOWN | no failure, or an unexplained one |
///
/// [gRPC documentation]: https://grpc.io/docs/guides/status-codes/
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::grpc_code;
///
/// assert_eq!(grpc_code(14), ErrorClass::Transient); // UNAVAILABLE
/// assert_eq!(grpc_code(10), ErrorClass::Concurrency); // ABORTED
/// assert_eq!(grpc_code(99), ErrorClass::Unknown);
/// ```
#[must_use]
#[inline]
pub const fn grpc_code(code: i32) -> ErrorClass {
    match code {
        // DEADLINE_EXCEEDED and UNAVAILABLE.
        4 | 14 => ErrorClass::Transient,
        // CANCELLED, INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, OUT_OF_RANGE. To these
        // ALREADY_EXISTS and UNIMPLEMENTED belong: creating it again finds it again, and a method
        // that is not there does not appear between two attempts.
        1 | 3 | 5 | 6 | 9 | 11 | 12 => ErrorClass::Permanent,
        7 => ErrorClass::Permission,
        8 => ErrorClass::RateLimit,
        // ABORTED: "typically due to a concurrency issue", says its definition.
        10 => ErrorClass::Concurrency,
        13 | 15 => ErrorClass::ServerError,
        16 => ErrorClass::Auth,
        _ => ErrorClass::Unknown,
    }
}

/// The names in the order of their numbers.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Classifies a gRPC status code by its name, as [`grpc_code`] does by its number.
///
/// Case and underscores do not matter, so that `DEADLINE_EXCEEDED` and `DeadlineExceeded` are the
/// same; `CANCELED` is accepted beside `CANCELLED`. Every other name is UNKNOWN.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::grpc_code_name;
///
/// assert_eq!(grpc_code_name("UNAVAILABLE"), ErrorClass::Transient);
/// assert_eq!(grpc_code_name("ResourceExhausted"), ErrorClass::RateLimit);
/// assert_eq!(grpc_code_name("nonsense"), ErrorClass::Unknown);
/// ```
#[must_use]
#[inline]
pub fn grpc_code_name(name: &str) -> ErrorClass {
    let name = name.trim();
    let name = if same_name(name, "CANCELED") {
        "CANCELLED"
    } else {
        name
    };
    (0..)
        .zip(NAMES)
        .find(|&(_, known)| same_name(name, known))
        .map_or(ErrorClass::Unknown, |(code, _)| grpc_code(code))
}

#[inline]
fn same_name(a: &str, b: &str) -> bool {
    let letters = |name| str::bytes(name).filter(|&b| b != b'_');
    letters(a)
        .map(|b| b.to_ascii_uppercase())
        .eq(letters(b).map(|b| b.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for (code, name) in (0..).zip(NAMES) {
            assert_eq!(grpc_code(code), grpc_code_name(name), "{name}");
            assert_eq!(
                grpc_code(code),
                grpc_code_name(&name.replace('_', "").to_lowercase())
            );
        }
    }

    #[test]
    fn every_failure_but_the_unknown_one_has_a_class() {
        let unknown: Vec<i32> = (-1..20)
            .filter(|&code| grpc_code(code) == ErrorClass::Unknown)
            .collect();
        assert_eq!(unknown, [-1, 0, 2, 17, 18, 19]);
    }

    #[test]
    fn both_spellings_of_cancelled_are_known() {
        for name in ["CANCELLED", "CANCELED", "Canceled", "Cancelled"] {
            assert_eq!(grpc_code_name(name), ErrorClass::Permanent);
        }
        for name in ["", "_", "OKAY", "UNAVAILABLE!"] {
            assert_eq!(grpc_code_name(name), ErrorClass::Unknown);
        }
    }
}

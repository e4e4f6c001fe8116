//! The text of the header `grpc-timeout`.

use std::time::Duration;

/// The units, the finest first, with their length in nanoseconds.
const UNITS: [(u128, char); 6] = [
    (1, 'n'),
    (1_000, 'u'),
    (1_000_000, 'm'),
    (1_000_000_000, 'S'),
    (60_000_000_000, 'M'),
    (3_600_000_000_000, 'H'),
];

/// The largest value: it has 8 digits.
const MOST: u128 = 99_999_999;

/// Writes a time as the header `grpc-timeout` has it: in the finest unit in which it has no more than 8
/// digits, rounded down, because a server must not think that it has more time than its caller gives it.
///
/// ```
/// use std::time::Duration;
/// use redress::deadline::grpc_timeout;
///
/// assert_eq!(grpc_timeout(Duration::from_millis(1900)), "1900000u");
/// assert_eq!(grpc_timeout(Duration::from_secs(120)), "120000m");
/// assert_eq!(grpc_timeout(Duration::ZERO), "0n");
/// ```
#[must_use]
pub fn grpc_timeout(left: Duration) -> String {
    let nanos = left.as_nanos();
    let fits = UNITS.iter().find(|(length, _)| nanos / length <= MOST);
    match fits {
        Some((length, unit)) => format!("{}{unit}", nanos / length),
        // 11,415 years.
        None => format!("{MOST}H"),
    }
}

/// Reads the header `grpc-timeout`: up to 8 digits and a unit of `H`, `M`, `S`, `m`, `u`, `n`. Returns
/// `None` for anything else.
///
/// ```
/// use std::time::Duration;
/// use redress::deadline::parse_grpc_timeout;
///
/// assert_eq!(parse_grpc_timeout("250m"), Some(Duration::from_millis(250)));
/// assert_eq!(parse_grpc_timeout("250"), None);
/// ```
#[must_use]
pub fn parse_grpc_timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u32 = digits.parse().ok()?;
    let (length, _) = UNITS.iter().find(|(_, name)| *name == unit)?;
    let length = Duration::from_nanos(u64::try_from(*length).ok()?);
    Some(length.saturating_mul(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_no_more_and_little_less() {
        let mut nanos = 1_u64;
        while nanos < u64::MAX / 3 {
            for left in [nanos - 1, nanos, nanos + 1].map(Duration::from_nanos) {
                let read = parse_grpc_timeout(&grpc_timeout(left)).unwrap();
                assert!(read <= left, "{left:?}");
                // Eight digits: of a unit that is 1,000 times the finer one, or less, five at least.
                assert!(left - read <= left / 1_000, "{left:?} is read as {read:?}");
            }
            nanos *= 3;
        }
        assert_eq!(grpc_timeout(Duration::MAX), "99999999H");
        assert!(parse_grpc_timeout("99999999H").is_some());
    }

    #[test]
    fn only_the_grammar_is_read() {
        for text in [
            "",
            "m",
            "1",
            "1s",
            "-1m",
            "+1m",
            " 1m",
            "1 m",
            "1m ",
            "123456789n",
            "1é",
            "٣m",
        ] {
            assert_eq!(parse_grpc_timeout(text), None, "{text:?}");
        }
        assert_eq!(parse_grpc_timeout("000000001S"), None); // nine digits
        assert_eq!(parse_grpc_timeout("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse_grpc_timeout("2M"), Some(Duration::from_secs(120)));
    }
}

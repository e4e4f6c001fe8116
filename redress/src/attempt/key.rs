use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

/// Names one operation, so that a server which gets it twice applies it once: the value of an
/// `Idempotency-Key` header.
///
/// It is drawn with the first [attempt](super::Attempt::idempotency_key) of an operation that is told which
/// it is, is the same in each of its attempts, and travels in the [`ResumeToken`](crate::call::ResumeToken). Its text is a UUID of version 8
/// ([RFC 9562]): random for each thread of a process, then counted, so that no two operations have the
/// same. It is a name, not a secret.
///
/// ```
/// use redress::call::IdempotencyKey;
///
/// let key: IdempotencyKey = "6ba7b810-9dad-81d1-80b4-00c04fd430c8".parse()?;
/// assert_eq!(key.to_string(), "6ba7b810-9dad-81d1-80b4-00c04fd430c8");
/// # Ok::<_, redress::call::IdempotencyKeyError>(())
/// ```
///
/// [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    high: u64,
    low: u64,
}

/// The version of a UUID, in its high half.
const VERSION: u64 = 0x8000;
const VERSION_BITS: u64 = 0xf000;
/// The variant, in its low half.
const VARIANT: u64 = 1 << 63;
const VARIANT_BITS: u64 = 0b11 << 62;
/// Odd, so that the low half repeats only after 2^62 keys; with its bits spread, so that keys look apart.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

thread_local! {
    /// The last key of this thread.
    static LAST: Cell<Option<IdempotencyKey>> = const { Cell::new(None) };
}

impl IdempotencyKey {
    /// Draws a key that no other operation has.
    #[must_use]
    #[inline]
    pub(crate) fn draw() -> Self {
        let last = LAST.get().unwrap_or_else(Self::first);
        let next = Self {
            high: last.high,
            low: last.low.wrapping_add(STEP) & !VARIANT_BITS | VARIANT,
        };
        LAST.set(Some(next));
        next
    }

    /// Draws where a thread's keys start, by the system's random numbers.
    #[cold]
    fn first() -> Self {
        let random = RandomState::new();
        Self {
            high: random.hash_one(1) & !VERSION_BITS | VERSION,
            low: random.hash_one(2),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { high, low } = self;
        let text = format_args!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
        .to_string();
        f.pad(&text)
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    /// Reads a UUID of any version, in groups of 8, 4, 4, 4 and 12 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`IdempotencyKeyError`] for any other text.
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let mut bits = 0_u128;
        let mut groups = text.split('-');
        for length in [8, 4, 4, 4, 12] {
            let group = groups.next().filter(|group| group.len() == length);
            for digit in group.ok_or(IdempotencyKeyError)?.chars() {
                let digit = digit.to_digit(16).ok_or(IdempotencyKeyError)?;
                bits = bits << 4 | u128::from(digit);
            }
        }
        if groups.next().is_some() {
            return Err(IdempotencyKeyError);
        }
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        Ok(Self {
            high: half(bits >> 64),
            low: half(bits),
        })
    }
}

/// A text is no [`IdempotencyKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdempotencyKeyError;

impl fmt::Display for IdempotencyKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID: write 8, 4, 4, 4 and 12 hexadecimal digits with `-` between")
    }
}

impl std::error::Error for IdempotencyKeyError {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn no_two_keys_are_the_same_on_any_thread() {
        let draw = || (0..10_000).map(|_| IdempotencyKey::draw()).collect();
        let threads: Vec<_> = (0..8).map(|_| thread::spawn(draw)).collect();
        let mut all = HashSet::new();
        for thread in threads {
            let keys: Vec<IdempotencyKey> = thread.join().unwrap();
            all.extend(keys);
        }
        assert_eq!(all.len(), 8 * 10_000);
        for key in all {
            let text = key.to_string();
            assert_eq!(text.as_bytes()[14], b'8', "{text}");
            assert!(matches!(text.as_bytes()[19], b'8'..=b'b'), "{text}");
            assert_eq!(text.parse(), Ok(key));
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        for text in [
            "",
            "6ba7b810",
            "6ba7b8109dad81d180b400c04fd430c8",
            "6ba7b810-9dad-81d1-80b4-00c04fd430c8-",
            "6ba7b810-9dad-81d1-80b4-00c04fd430c",
            "6ba7b810-9dad-81d1-80b4-00c04fd430cg",
            "+ba7b810-9dad-81d1-80b4-00c04fd430c8",
            "6ba7b810-9dad-81d1-80b4-00c04fd430c\u{e9}",
        ] {
            assert_eq!(
                text.parse::<IdempotencyKey>(),
                Err(IdempotencyKeyError),
                "{text}"
            );
        }
    }
}

//! The delay of a `google.rpc.RetryInfo`, read from the bytes of a status: two numbers behind one name, for
//! which a decoder of Protocol Buffers would be a dependency of three crates.

use std::time::Duration;

const TYPE: &[u8] = b"google.rpc.RetryInfo";

/// Reads the delay from a `google.rpc.Status`; `None` if there is none, or anything is malformed.
pub(super) fn delay(status: &[u8]) -> Option<Duration> {
    // repeated google.protobuf.Any details = 3
    let details = Fields(status).filter_map(|field| field.bytes(3));
    for any in details {
        let name = Fields(any).find_map(|field| field.bytes(1))?;
        if name.rsplit(|byte| *byte == b'/').next() == Some(TYPE) {
            let info = Fields(any).find_map(|field| field.bytes(2))?;
            // google.protobuf.Duration retry_delay = 1
            return of_duration(Fields(info).find_map(|field| field.bytes(1))?);
        }
    }
    None
}

/// Reads a `google.protobuf.Duration`: int64 seconds = 1, int32 nanos = 2. A negative one is none.
fn of_duration(duration: &[u8]) -> Option<Duration> {
    let (mut seconds, mut nanos) = (0, 0);
    let mut fields = Fields(duration);
    for field in &mut fields {
        match field {
            Field::Number(1, number) => seconds = number,
            Field::Number(2, number) => nanos = number,
            _ => {}
        }
    }
    if !fields.0.is_empty() {
        return None;
    }
    // Negative numbers are those with the highest bit.
    i64::try_from(seconds).ok()?;
    let nanos = u32::try_from(nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

enum Field<'a> {
    Number(u64, u64),
    Bytes(u64, &'a [u8]),
    Other,
}

impl<'a> Field<'a> {
    fn bytes(&self, number: u64) -> Option<&'a [u8]> {
        match *self {
            Self::Bytes(found, bytes) if found == number => Some(bytes),
            _ => None,
        }
    }
}

/// The fields of a message. Ends at what is malformed, which it leaves.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let (tag, rest) = varint(self.0)?;
        let (field, rest) = match tag & 7 {
            0 => {
                let (number, rest) = varint(rest)?;
                (Field::Number(tag >> 3, number), rest)
            }
            1 => (Field::Other, rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Field::Bytes(tag >> 3, bytes), rest)
            }
            5 => (Field::Other, rest.get(4..)?),
            _ => return None,
        };
        self.0 = rest;
        Some(field)
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        field.extend(bytes);
        field
    }

    fn any(name: &str, value: &[u8]) -> Vec<u8> {
        let mut any = field(1, name.as_bytes());
        any.extend(field(2, value));
        field(3, &any)
    }

    fn status(duration: &[u8]) -> Vec<u8> {
        let mut status = vec![8, 14];
        status.extend(field(2, b"busy"));
        status.extend(any("type.googleapis.com/google.rpc.Help", b"\x0a\x00"));
        status.extend(any(
            "type.googleapis.com/google.rpc.RetryInfo",
            &field(1, duration),
        ));
        status
    }

    #[test]
    fn the_delay_is_seconds_and_nanoseconds() {
        for (duration, expected) in [
            (&b""[..], Some(Duration::ZERO)),
            (b"\x08\x07", Some(Duration::from_secs(7))),
            (b"\x10\x80\x94\xeb\xdc\x03", None), // a whole second of nanoseconds
            (
                b"\x08\x02\x10\x80\xca\xb5\xee\x01",
                Some(Duration::from_millis(2500)),
            ),
            (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", None), // -1
            (b"\x08", None),
            (b"\x08\x07\x0f", None),
        ] {
            assert_eq!(delay(&status(duration)), expected, "{duration:?}");
        }
    }

    #[test]
    fn nothing_that_is_cut_or_foreign_is_a_delay() {
        let whole = status(b"\x08\x07");
        assert_eq!(delay(&whole), Some(Duration::from_secs(7)));
        for end in 0..whole.len() {
            assert_eq!(delay(whole.get(..end).unwrap()), None, "{end}");
        }
        assert_eq!(delay(b""), None);
        assert_eq!(delay(&[0xff; 64]), None);
        assert_eq!(
            delay(&any("google.rpc.RetryInfo2", b"\x0a\x02\x08\x07")),
            None
        );
    }
}

use std::error::Error;
use std::fmt::{self, Write};

use crate::shielded::shielded;

/// How much output is let pass, in bytes.
const PATIENCE: usize = 64 * 1024;

/// The name with which the `Debug` output of an error begins: what `#[derive(Debug)]` prints for a
/// struct, or for the variant of an enum.
///
/// The output after the name is dropped, and nothing is allocated. Output that `derive` would not
/// write (prose, a quoted string, a name of more than 64 bytes) gives no name, so that no message
/// is ever taken for one.
pub(super) struct DebugName {
    bytes: [u8; 64],
    len: usize,
    state: NameState,
    /// How all the output begins, and how long it is.
    head: [u8; 40],
    printed: usize,
}

#[derive(Clone, Copy)]
enum NameState {
    /// Inside the name. Ending here is fine: a unit struct or variant.
    Name,
    /// After the first colon of `path::Name`, as some write by hand.
    Colon,
    /// After a blank, which only ` {` may follow.
    Blank,
    Accepted,
    Refused,
}

impl DebugName {
    pub(super) fn of(error: &dyn Error) -> Self {
        let mut name = Self {
            bytes: [0; 64],
            len: 0,
            state: NameState::Name,
            head: [0; 40],
            printed: 0,
        };
        // It is foreign code: a failed attempt must not become a panic.
        let whole = shielded(false, || write!(name, "{error:?}").is_ok());
        if !whole && !name.is_decided() {
            name.state = NameState::Refused;
        }
        name
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self.state {
            NameState::Name | NameState::Accepted => {
                str::from_utf8(self.bytes.get(..self.len)?).ok()
            }
            NameState::Colon | NameState::Blank | NameState::Refused => None,
        }
    }

    /// Returns the whole output if it is short, and otherwise nothing.
    pub(super) fn output(&self) -> &str {
        let output = self.head.get(..self.printed).unwrap_or_default();
        str::from_utf8(output).unwrap_or_default()
    }

    fn is_decided(&self) -> bool {
        matches!(self.state, NameState::Accepted | NameState::Refused)
    }

    fn push(&mut self, c: char) -> NameState {
        match (self.state, c) {
            (NameState::Name, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_') => {
                let (Some(byte), Ok(ascii)) = (self.bytes.get_mut(self.len), u8::try_from(c))
                else {
                    return NameState::Refused;
                };
                *byte = ascii;
                self.len += 1;
                NameState::Name
            }
            (NameState::Name, ':') => NameState::Colon,
            (NameState::Colon, ':') => {
                self.len = 0;
                NameState::Name
            }
            // A bare `Error` says nothing; what it holds may, as in `hyper::Error(IncompleteMessage)`.
            (NameState::Name, '(') if self.bytes.get(..self.len) == Some(b"Error") => {
                self.len = 0;
                NameState::Name
            }
            (NameState::Name, ')') if self.len > 0 => NameState::Accepted,
            (NameState::Name, ' ') => NameState::Blank,
            (NameState::Name, '(') | (NameState::Blank, '{') | (NameState::Accepted, _) => {
                NameState::Accepted
            }
            _ => NameState::Refused,
        }
    }
}

impl Write for DebugName {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.head.get_mut(self.printed..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.printed = self.printed.saturating_add(text.len());
        for c in text.chars() {
            if self.is_decided() {
                break;
            }
            self.state = self.push(c);
        }
        // An error tells the formatting to stop, but there are implementations that unwrap it:
        // only output that does not seem to end gets one.
        if self.printed > PATIENCE {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Prints(&'static str);

    impl fmt::Debug for Prints {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            // Piecewise, and deaf to the request to stop.
            for c in self.0.chars() {
                let _ = f.write_char(c);
            }
            Ok(())
        }
    }

    impl fmt::Display for Prints {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Ok(())
        }
    }

    impl Error for Prints {}

    #[test]
    fn names_are_read_as_derive_prints_them() {
        for (output, name) in [
            ("Timeout", Some("Timeout")),
            ("Timeout(5)", Some("Timeout")),
            ("Timeout { after: 5 }", Some("Timeout")),
            ("reqwest::Error { kind: Request }", Some("Error")),
            ("Timed_Out2", Some("Timed_Out2")),
            ("hyper::Error(IncompleteMessage)", Some("IncompleteMessage")),
            ("Error(Io, Custom)", None),
        ] {
            assert_eq!(DebugName::of(&Prints(output)).as_str(), name, "{output}");
        }
    }

    #[test]
    fn prose_is_no_name() {
        for output in [
            "Timeout while reading",
            "Timeout: reading",
            "Timeout ",
            "\"Timeout\"",
            "Timeout, Timeout(",
            "Error(\"timeout\")",
            "Zeitüberschreitung",
            "Timeout_Timeout_Timeout_Timeout_Timeout_Timeout_Timeout_Timeout_Timeout",
        ] {
            assert_eq!(DebugName::of(&Prints(output)).as_str(), None, "{output}");
        }
    }

    /// Prints a name, then the rest by a function of its own.
    struct Rest(fn(&mut fmt::Formatter<'_>));

    impl fmt::Debug for Rest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Timeout {{ ")?;
            (self.0)(f);
            Ok(())
        }
    }

    impl fmt::Display for Rest {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Ok(())
        }
    }

    impl Error for Rest {}

    #[test]
    fn an_implementation_that_unwraps_what_it_writes_does_not_panic() {
        let rest = Rest(|f| {
            for _ in 0..100 {
                f.write_str("after: 5, ").unwrap();
            }
        });
        assert_eq!(DebugName::of(&rest).as_str(), Some("Timeout"));
        let clean = std::panic::catch_unwind(|| write!(DebugName::of(&rest), "{rest:?}").unwrap());
        assert!(clean.is_ok());
    }

    #[test]
    fn an_implementation_that_panics_harms_no_one() {
        let rest = Rest(|_| panic!("broken"));
        assert_eq!(DebugName::of(&rest).as_str(), Some("Timeout"));
        // What it had written by then may have been half a name.
        assert_eq!(DebugName::of(&Half).as_str(), None);
    }

    struct Half;

    impl fmt::Debug for Half {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Timeout")?;
            panic!("broken");
        }
    }

    impl fmt::Display for Half {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Ok(())
        }
    }

    impl Error for Half {}

    #[test]
    fn output_without_end_is_told_to_stop() {
        let rest = Rest(|f| while f.write_str("and so on, ").is_ok() {});
        assert_eq!(DebugName::of(&rest).as_str(), Some("Timeout"));
    }
}

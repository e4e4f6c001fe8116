//! What a call shows, as a line of text.

use std::fmt::{self, Write as _};

use super::{Event, EventName};

/// Prints as one line: the operation if it has a name, what happened, and why.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use redress::Policy;
/// use redress::strategies::fixed;
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let seen = lines.clone();
/// let policy = Policy::builder()
///     .operation("load")
///     .strategy(fixed(0.0))
///     .max_attempts(2)
///     .on_event(move |event: &redress::observe::Event<'_>| seen.lock().unwrap().push(event.to_string()))
///     .build()?;
/// let refused = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// policy.call(refused).unwrap_err();
/// assert_eq!(
///     *lines.lock().unwrap(),
///     [
///         "load: retry after 1 attempt, in 0ns: TRANSIENT (error)",
///         "load: max_attempts_exceeded after 2 attempts: TRANSIENT (error)",
///     ],
/// );
/// # Ok::<_, redress::ConfigError>(())
/// ```
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(self.operation(), f)?;
        let attempts = Attempts(self.attempt());
        match self.name() {
            EventName::Success => write!(f, "success after {attempts}")?,
            EventName::Retry => {
                write!(f, "retry after {attempts}, in {:?}", self.sleep())?;
            }
            EventName::Healthy => f.write_str("session healthy")?,
            EventName::SessionEnded => {
                write!(f, "session ended, next in {:?}", self.sleep())?;
            }
            EventName::NotYet => write!(f, "not ready yet, next in {:?}", self.sleep())?,
            // Theirs is no attempt.
            name if self.attempt() == 0 => write!(f, "{name}")?,
            name => write!(f, "{name} after {attempts}")?,
        }
        if let Some(class) = self.class() {
            write!(f, ": {class}")?;
            if let Some(cause) = self.cause() {
                write!(f, " ({cause})")?;
            }
        }
        Ok(())
    }
}

/// Writes the name of an operation before what happened to it.
pub(crate) fn write_operation(operation: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match operation {
        None | Some("") => Ok(()),
        Some(operation) => write!(f, "{}: ", Name(operation)),
    }
}

/// A name as it stands in a line. One that is made of what a stranger has sent must not end the line and
/// begin one of its own.
pub(crate) struct Name<'a>(pub(crate) &'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A count of attempts in words.
pub(crate) struct Attempts(pub(crate) u32);

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} attempt{end}", self.0)
    }
}

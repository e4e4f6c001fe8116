use std::fmt;
use std::str::FromStr;

use super::ResumeTokenError;
use super::fields::{Fields, quoted};
use crate::engine::ResumeToken;
use crate::problems::Problems;

/// The version of the form that is written, and the only one that is read.
const VERSION: &str = "redress1";

/// The longest text that is read. A token with all eight classes and the longest times has some 700
/// bytes.
const MAX_LENGTH: usize = 1024;

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:attempts={};failures=", self.attempts)?;
        let failures = self.failures.iter().filter(|(_, count)| **count > 0);
        list(
            f,
            failures.map(|(class, count)| (class.as_str(), u128::from(*count))),
        )?;
        write!(f, ";last={};cause={}", self.last.class, self.last.cause)?;
        f.write_str(";slept=")?;
        let own = self.sleeps.own.iter();
        let own = own.filter_map(|(class, sleep)| Some((class.as_str(), (*sleep)?)));
        let default = self.sleeps.default.map(|sleep| ("default", sleep));
        let slots = default.into_iter().chain(own);
        list(f, slots.map(|(slot, sleep)| (slot, sleep.as_nanos())))?;
        let (elapsed, delay) = (self.elapsed.as_nanos(), self.delay.as_nanos());
        write!(f, ";elapsed={elapsed};delay={delay}")?;
        match self.key {
            Some(key) => write!(f, ";key={key}"),
            None => Ok(()),
        }
    }
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    entries: impl Iterator<Item = (&'a str, u128)>,
) -> fmt::Result {
    for (n, (name, number)) in entries.enumerate() {
        write!(f, "{}{name}:{number}", if n == 0 { "" } else { "," })?;
    }
    Ok(())
}

impl FromStr for ResumeToken {
    type Err = ResumeTokenError;

    /// Reads the text that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    ///
    /// Every mistake, with its field and its value: an unknown version, a field that is missing,
    /// unknown or given twice, an unknown class, and numbers that contradict each other.
    fn from_str(text: &str) -> Result<Self, ResumeTokenError> {
        let mut problems = Problems::default();
        let token = body(text, &mut problems).and_then(|body| {
            let fields = Fields::read(body, &mut problems);
            fields.check(&mut problems)
        });
        match (problems.into_vec(), token) {
            (problems, Some(token)) if problems.is_empty() => Ok(token),
            (problems, _) => Err(ResumeTokenError::new(problems)),
        }
    }
}

/// Returns the text after the version.
fn body<'t>(text: &'t str, problems: &mut Problems) -> Option<&'t str> {
    if text.len() > MAX_LENGTH {
        let message = format!(
            "is {} bytes long, and no token has more than {MAX_LENGTH}: give the text of one token",
            text.len()
        );
        problems.add("token", message);
        return None;
    }
    match text.split_once(':') {
        Some((VERSION, body)) => Some(body),
        Some((version, _)) if version.starts_with("redress") => {
            let message = format!(
                "{} is not known here, only `{VERSION}`: resume with the release that wrote the token, or a later one",
                quoted(version)
            );
            problems.add("version", message);
            None
        }
        _ => {
            let message = format!(
                "{} does not start with `{VERSION}:`: give the text that the token was written as",
                quoted(text)
            );
            problems.add("version", message);
            None
        }
    }
}

use std::time::Duration;

use crate::attempt::IdempotencyKey;
use crate::classify::{ErrorClass, PerClass};
use crate::engine::{LastFailure, ResumeToken, Sleeps};
use crate::problems::Problems;
use crate::reason::Cause;

/// The fields of a token as they were read, before they are checked against each other.
#[derive(Default)]
pub(super) struct Fields {
    attempts: Read<u32>,
    failures: Read<PerClass<u32>>,
    last: Read<ErrorClass>,
    cause: Read<Cause>,
    slept: Read<Sleeps>,
    elapsed: Read<Duration>,
    delay: Read<Duration>,
    key: Read<IdempotencyKey>,
}

#[derive(Default)]
enum Read<T> {
    #[default]
    Missing,
    /// It is present, and its mistake has been reported.
    Wrong,
    Value(T),
}

impl Fields {
    pub(super) fn read(body: &str, problems: &mut Problems) -> Self {
        let mut fields = Self::default();
        for field in body.split(';') {
            match field.split_once('=') {
                Some(("attempts", text)) => fields.attempts.put("attempts", text, problems, count),
                Some(("failures", text)) => {
                    fields.failures.put("failures", text, problems, failures);
                }
                Some(("last", text)) => fields.last.put("last", text, problems, class),
                Some(("cause", text)) => fields.cause.put("cause", text, problems, cause),
                Some(("slept", text)) => fields.slept.put("slept", text, problems, slept),
                Some(("elapsed", text)) => fields.elapsed.put("elapsed", text, problems, nanos),
                Some(("delay", text)) => fields.delay.put("delay", text, problems, nanos),
                Some(("key", text)) => fields.key.put("key", text, problems, key),
                Some((name, _)) => {
                    problems.add(
                        "token",
                        format!("has an unknown field {}: remove it", quoted(name)),
                    );
                }
                None => {
                    let message = format!(
                        "has {} where `name=value` was expected, with `;` between fields",
                        quoted(field)
                    );
                    problems.add("token", message);
                }
            }
        }
        fields
    }

    /// Creates the token, if the fields are consistent.
    pub(super) fn check(self, problems: &mut Problems) -> Option<ResumeToken> {
        // All are asked for, so that all missing ones are reported.
        let attempts = self.attempts.take("attempts", problems);
        let failures = self.failures.take("failures", problems);
        let last = self.last.take("last", problems);
        let cause = self.cause.take("cause", problems);
        let slept = self.slept.take("slept", problems);
        let elapsed = self.elapsed.take("elapsed", problems);
        let delay = self.delay.take("delay", problems);
        let token = ResumeToken {
            attempts: attempts?,
            failures: failures?,
            last: LastFailure {
                class: last?,
                cause: cause?,
            },
            sleeps: slept?,
            elapsed: elapsed?,
            delay: delay?,
            key: self.key.given(),
        };
        check_counts(&token, problems);
        check_times(&token, problems);
        Some(token)
    }
}

fn check_counts(token: &ResumeToken, problems: &mut Problems) {
    let failures: u64 = token.failures.iter().map(|(_, n)| u64::from(*n)).sum();
    // A saturated count no longer adds up.
    if failures > u64::from(token.attempts) && token.attempts < u32::MAX {
        let message = format!(
            "are {failures} in all, more than the {} attempts: an attempt fails once",
            token.attempts
        );
        problems.add("failures", message);
    }
    let last = token.last.class;
    if *token.failures.get(last) == 0 {
        let message = format!("is {last}, which `failures` does not name: count it there");
        problems.add("last", message);
    }
    for (class, sleep) in token.sleeps.own.iter() {
        if sleep.is_some() && *token.failures.get(class) == 0 {
            let message = format!("names {class}, which `failures` does not: count it there");
            problems.add("slept", message);
        }
    }
}

fn check_times(token: &ResumeToken, problems: &mut Problems) {
    if token.elapsed.checked_add(token.delay).is_none() {
        let message = format!(
            "is {} ns, which with the delay of {} ns is longer than any time: give both in nanoseconds",
            token.elapsed.as_nanos(),
            token.delay.as_nanos()
        );
        problems.add("elapsed", message);
    }
    let last = token.last.class;
    let slots = [*token.sleeps.own.get(last), token.sleeps.default];
    if !slots.contains(&Some(token.delay)) {
        let message = format!(
            "is {} ns, which `slept` has neither for {last} nor for `default`: the delay is the last sleep of its strategy",
            token.delay.as_nanos()
        );
        problems.add("delay", message);
    }
}

impl<T> Read<T> {
    fn put(
        &mut self,
        name: &str,
        text: &str,
        problems: &mut Problems,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) {
        if !matches!(self, Self::Missing) {
            problems.add(
                name,
                format!("is there again, as {}: give it once", quoted(text)),
            );
            return;
        }
        *self = match read(text) {
            Ok(value) => Self::Value(value),
            Err(message) => {
                problems.add(name, message);
                Self::Wrong
            }
        };
    }

    fn take(self, name: &str, problems: &mut Problems) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Wrong => None,
            Self::Missing => {
                problems.add(name, "is missing: give the whole token");
                None
            }
        }
    }
}

impl<T> Read<T> {
    /// Returns the value of a field that need not be there.
    fn given(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Wrong | Self::Missing => None,
        }
    }
}

fn key(text: &str) -> Result<IdempotencyKey, String> {
    text.parse()
        .map_err(|error| format!("{} is {error}", quoted(text)))
}

fn number(text: &str, what: &str, max: u128) -> Result<u128, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is no {what}: give digits only", quoted(text)));
    }
    match text.parse() {
        Ok(number) if number <= max => Ok(number),
        _ => Err(format!("{} is too large: {max} is the most", quoted(text))),
    }
}

/// Reads a count, which is never zero.
fn count(text: &str) -> Result<u32, String> {
    let count = number(text, "count", u128::from(u32::MAX))?;
    match u32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!(
            "{} counts nothing: at least 1 was tried",
            quoted(text)
        )),
    }
}

fn nanos(text: &str) -> Result<Duration, String> {
    let nanos = number(text, "number of nanoseconds", Duration::MAX.as_nanos())?;
    duration(nanos).ok_or_else(|| format!("{} is too large", quoted(text)))
}

fn class(text: &str) -> Result<ErrorClass, String> {
    let known = ErrorClass::ALL
        .into_iter()
        .find(|class| class.as_str() == text);
    known.ok_or_else(|| {
        let names = ErrorClass::ALL.map(ErrorClass::as_str).join(", ");
        format!("{} is no class: give one of {names}", quoted(text))
    })
}

fn cause(text: &str) -> Result<Cause, String> {
    let causes = Cause::ALL;
    let known = causes.into_iter().find(|cause| cause.as_str() == text);
    known.ok_or_else(|| {
        let names = causes.map(Cause::as_str).join(", ");
        format!("{} is no cause: give one of {names}", quoted(text))
    })
}

fn failures(text: &str) -> Result<PerClass<u32>, String> {
    let mut failures = PerClass::default();
    each(text, |name, number| {
        let failed = failures.get_mut(class(name)?);
        if *failed > 0 {
            return Err(twice(name));
        }
        *failed = count(number)?;
        Ok(())
    })?;
    Ok(failures)
}

fn slept(text: &str) -> Result<Sleeps, String> {
    let mut sleeps = Sleeps::default();
    each(text, |name, number| {
        let slot = match name {
            "default" => &mut sleeps.default,
            name => sleeps.own.get_mut(class(name)?),
        };
        match slot.replace(nanos(number)?) {
            Some(_) => Err(twice(name)),
            None => Ok(()),
        }
    })?;
    Ok(sleeps)
}

/// Reads a list of `name:number`.
fn each(text: &str, mut read: impl FnMut(&str, &str) -> Result<(), String>) -> Result<(), String> {
    for entry in text.split(',') {
        let Some((name, number)) = entry.split_once(':') else {
            return Err(format!(
                "has {} where `CLASS:number` was expected, with `,` between entries",
                quoted(entry)
            ));
        };
        read(name, number)?;
    }
    Ok(())
}

fn twice(name: &str) -> String {
    format!("names {name} twice: name it once")
}

/// Quotes a value from outside, shortened to fit a line of a log.
pub(super) fn quoted(value: &str) -> String {
    const SHOWN: usize = 40;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", value.get(..end).unwrap_or_default()),
        None => format!("{value:?}"),
    }
}

/// Reads nanoseconds.
fn duration(nanos: u128) -> Option<Duration> {
    const PER_SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / PER_SECOND).ok()?;
    let nanos = u32::try_from(nanos % PER_SECOND).ok()?;
    Some(Duration::new(seconds, nanos))
}

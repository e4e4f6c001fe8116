use std::fmt;

use super::Line;
use crate::classify::{Classification, ErrorClass};
use crate::observe::EventName;
use crate::reason::{Cause, StopReason};

/// What a line has beside its text. Times are in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::contrib) struct Fields<'a> {
    pub(in crate::contrib) operation: Option<&'a str>,
    pub(in crate::contrib) attempt: Option<u32>,
    pub(in crate::contrib) class: Option<&'static str>,
    pub(in crate::contrib) cause: Option<&'static str>,
    pub(in crate::contrib) error_type: Option<&'static str>,
    pub(in crate::contrib) stop_reason: Option<&'static str>,
    pub(in crate::contrib) delay: Option<f64>,
    pub(in crate::contrib) retry_after: Option<f64>,
    pub(in crate::contrib) elapsed: Option<f64>,
    pub(in crate::contrib) details: Option<Details<'a>>,
    pub(in crate::contrib) breaker: Option<&'a str>,
}

impl<'a> Fields<'a> {
    pub(in crate::contrib) fn of(line: &Line<'a>) -> Self {
        match *line {
            Line::Event(event) => Self {
                operation: event.operation(),
                attempt: Some(event.attempt()).filter(|attempt| *attempt > 0),
                class: event.class().map(ErrorClass::as_str),
                cause: event.cause().map(Cause::as_str),
                error_type: event.error_type(),
                stop_reason: event.stop_reason().map(StopReason::as_str),
                delay: (event.name() == EventName::Retry).then_some(event.sleep().as_secs_f64()),
                retry_after: event
                    .classification()
                    .and_then(Classification::retry_after_hint)
                    .map(|hint| hint.as_secs_f64()),
                elapsed: Some(event.elapsed().as_secs_f64()),
                details: event.classification().and_then(Details::of),
                breaker: None,
            },
            Line::Cut(end) => Self {
                operation: end.operation(),
                attempt: Some(end.attempts()),
                elapsed: Some(end.duration().as_secs_f64()),
                ..Self::default()
            },
            Line::Circuit(change) => Self {
                breaker: change.name(),
                ..Self::default()
            },
        }
    }

    /// Shows each field that there is, by its name.
    #[cfg(any(feature = "log-0_4", feature = "sentry-0_48"))]
    pub(in crate::contrib) fn each<'s>(&'s self, mut see: impl FnMut(&'static str, Value<'s>)) {
        let fields = [
            ("redress.operation", self.operation.map(Value::Text)),
            ("redress.attempt", self.attempt.map(Value::Number)),
            ("error.type", self.class.map(Value::Text)),
            ("redress.cause", self.cause.map(Value::Text)),
            ("redress.error_type", self.error_type.map(Value::Text)),
            ("redress.stop_reason", self.stop_reason.map(Value::Text)),
            ("redress.delay", self.delay.map(Value::Seconds)),
            ("redress.retry_after", self.retry_after.map(Value::Seconds)),
            ("redress.elapsed", self.elapsed.map(Value::Seconds)),
            ("redress.details", self.details.as_ref().map(Value::Details)),
            ("redress.breaker", self.breaker.map(Value::Text)),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                see(name, value);
            }
        }
    }
}

/// The value of a field.
#[cfg(any(feature = "log-0_4", feature = "sentry-0_48"))]
#[derive(Debug, Clone, Copy)]
pub(in crate::contrib) enum Value<'a> {
    Text(&'a str),
    Number(u32),
    Seconds(f64),
    Details(&'a Details<'a>),
}

/// What a classifier noted, as text: `http_status=429 code=throttled`.
#[derive(Debug, Clone, Copy)]
pub(in crate::contrib) struct Details<'a>(&'a Classification);

impl<'a> Details<'a> {
    /// Returns the details, if there are any.
    pub(in crate::contrib) fn of(classification: &'a Classification) -> Option<Self> {
        classification.details().next()?;
        Some(Self(classification))
    }
}

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.0.details().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{key}={value}")?;
        }
        Ok(())
    }
}

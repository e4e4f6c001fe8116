//! The cases, as their files contain them.

use std::collections::BTreeMap;
use std::time::Duration;

use redress::ErrorClass;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) calls: Vec<Call>,
    pub(crate) expect: Vec<Shown>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    pub(crate) deadline_s: Seconds,
    pub(crate) max_attempts: u32,
    pub(crate) max_unknown_attempts: Option<u32>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) strategies: BTreeMap<Class, Strategy>,
    pub(crate) per_class_max_attempts: BTreeMap<Class, u32>,
    pub(crate) budget: Option<Budget>,
    pub(crate) breaker: Option<Breaker>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Breaker {
    pub(crate) failure_threshold: u32,
    pub(crate) window_s: Seconds,
    pub(crate) recovery_timeout_s: Seconds,
    pub(crate) trip_on: Option<Vec<Class>>,
    pub(crate) class_thresholds: Option<BTreeMap<Class, u32>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Budget {
    pub(crate) max_retries: u32,
    pub(crate) window_s: Seconds,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Strategy {
    Sleeps(Vec<Seconds>),
    DoublePrev(Seconds),
    RetryAfterOr(Box<Strategy>),
    Adaptive {
        fallback: Box<Strategy>,
        window_s: Seconds,
        target_success: f64,
        min_multiplier: f64,
        max_multiplier: f64,
    },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) advance_s: Seconds,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) abort_after_attempts: Option<usize>,
    pub(crate) sleep_handler: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Attempt {
    #[serde(rename = "do")]
    pub(crate) what: What,
    pub(crate) class: Option<Class>,
    pub(crate) takes_s: Seconds,
    pub(crate) retry_after_s: Option<Seconds>,
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Ok,
    Fail,
    BadResult,
    Abort,
}

/// The observable result of a call.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Shown {
    pub(crate) ok: bool,
    pub(crate) rejected: bool,
    pub(crate) attempts: u32,
    pub(crate) ran: usize,
    pub(crate) stop_reason: Option<String>,
    pub(crate) last_class: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) next_sleep_s: Option<Seconds>,
    pub(crate) sleeps_s: Vec<Seconds>,
    pub(crate) events: Vec<Event>,
    pub(crate) breaker_state: Option<String>,
    pub(crate) budget_remaining: Option<u32>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Event {
    pub(crate) event: String,
    pub(crate) attempt: u32,
    pub(crate) sleep_s: Seconds,
    pub(crate) class: Option<String>,
    pub(crate) stop_reason: Option<String>,
    pub(crate) cause: Option<String>,
}

/// A number of seconds that is exact both as a double and in nanoseconds, unless `adaptive` has
/// multiplied it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seconds(pub(crate) Duration);

impl Seconds {
    /// Becomes `expected` if the difference is within the rounding error of a product.
    pub(crate) fn round_to(&mut self, expected: Self) {
        let slack = expected.0.mul_f64(1e-6);
        if self.0.abs_diff(expected.0) <= slack {
            *self = expected;
        }
    }
}

impl Shown {
    /// Replaces each delay by the `expected` one if the difference is within the rounding error of
    /// a product.
    pub(crate) fn round_to(&mut self, expected: &Self) {
        if let (Some(sleep), Some(expected)) = (&mut self.next_sleep_s, expected.next_sleep_s) {
            sleep.round_to(expected);
        }
        for (sleep, expected) in self.sleeps_s.iter_mut().zip(&expected.sleeps_s) {
            sleep.round_to(*expected);
        }
        for (event, expected) in self.events.iter_mut().zip(&expected.events) {
            event.sleep_s.round_to(expected.sleep_s);
        }
    }
}

impl Strategy {
    /// Returns `true` if its delays are products.
    pub(crate) fn multiplies(&self) -> bool {
        match self {
            Self::Sleeps(_) | Self::DoublePrev(_) => false,
            Self::RetryAfterOr(fallback) => fallback.multiplies(),
            Self::Adaptive { .. } => true,
        }
    }
}

impl Policy {
    /// Returns `true` if the delays are products, which are compared with some tolerance.
    pub(crate) fn multiplies(&self) -> bool {
        let mut strategies = self.strategy.iter().chain(self.strategies.values());
        strategies.any(Strategy::multiplies)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|seconds| Self(Duration::from_secs_f64(seconds)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class(pub(crate) ErrorClass);

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = ErrorClass::ALL
            .into_iter()
            .find(|class| class.as_str() == name);
        found
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(name))
    }
}

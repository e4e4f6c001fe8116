use std::array;
use std::sync::OnceLock;

use super::exporter::{Exporter, Metric};
use super::metrics::{
    ATTEMPT_DURATION, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT, RETRIES, RETRY_DELAY,
};
use crate::classify::ErrorClass;
use crate::observe::{AttemptEnd, AttemptStatus, CallEnd, CallResult, Event};
use crate::reason::Cause;

/// The results of calls in the histogram of durations, which would have a hundred series with all.
pub(super) const CALL_ENDS: [&str; 2] = ["success", "failure"];

/// The results of attempts.
pub(super) const ATTEMPT_ENDS: [&str; 4] = ["success", "failure", "timeout", "cancelled"];

const RESULTS: usize = CallResult::ALL.len();
/// The first is for no class.
const CLASSES: usize = 1 + ErrorClass::ALL.len();
/// The first is for no cause.
const CAUSES: usize = 1 + Cause::ALL.len();

/// The handles of one operation, each made when it is first needed. Most are never: a series that was
/// made is shown.
pub(super) struct Operation<E: Exporter> {
    name: Box<str>,
    calls: [[OnceLock<E::Counter>; CLASSES]; RESULTS],
    retries: [[OnceLock<E::Counter>; CAUSES]; CLASSES],
    call_retries: OnceLock<E::Histogram>,
    retry_delay: OnceLock<E::Histogram>,
    call_durations: [OnceLock<E::Histogram>; CALL_ENDS.len()],
    attempt_durations: [OnceLock<E::Histogram>; ATTEMPT_ENDS.len()],
    in_flight: OnceLock<E::Gauge>,
}

impl<E: Exporter> Operation<E> {
    /// Creates the handles of the successes, so that their series start at zero: a share of calls then
    /// has both of its sides.
    pub(super) fn new(name: &str, exporter: &E) -> Self {
        let operation = Self {
            name: name.into(),
            calls: array::from_fn(|_| array::from_fn(|_| OnceLock::new())),
            retries: array::from_fn(|_| array::from_fn(|_| OnceLock::new())),
            call_retries: OnceLock::new(),
            retry_delay: OnceLock::new(),
            call_durations: array::from_fn(|_| OnceLock::new()),
            attempt_durations: array::from_fn(|_| OnceLock::new()),
            in_flight: OnceLock::new(),
        };
        for success in [CallResult::Success, CallResult::SuccessAfterRetry] {
            operation.calls(success, None, exporter);
        }
        operation
    }

    /// Returns the counter of calls with this result.
    #[inline]
    pub(super) fn calls(
        &self,
        result: CallResult,
        class: Option<ErrorClass>,
        exporter: &E,
    ) -> Option<&E::Counter> {
        let counters = self.calls.get(result.index())?;
        let counter = counters.get(class_index(class))?;
        Some(counter.get_or_init(|| {
            exporter.counter(&CALLS, &[&self.name, result.as_str(), class_name(class)])
        }))
    }

    pub(super) fn retries(&self, event: &Event<'_>, exporter: &E) -> Option<&E::Counter> {
        let (class, cause) = (event.class(), event.cause());
        let counters = self.retries.get(class_index(class))?;
        let counter = counters.get(cause.map_or(0, |cause| 1 + cause.index()))?;
        Some(counter.get_or_init(|| {
            let cause = cause.map_or("", Cause::as_str);
            exporter.counter(&RETRIES, &[&self.name, class_name(class), cause])
        }))
    }

    pub(super) fn call_retries(&self, exporter: &E) -> &E::Histogram {
        let histogram = || exporter.histogram(&CALL_RETRIES, &[&self.name]);
        self.call_retries.get_or_init(histogram)
    }

    pub(super) fn retry_delay(&self, exporter: &E) -> &E::Histogram {
        let histogram = || exporter.histogram(&RETRY_DELAY, &[&self.name]);
        self.retry_delay.get_or_init(histogram)
    }

    #[inline]
    pub(super) fn call_duration(&self, call: &CallEnd<'_>, exporter: &E) -> Option<&E::Histogram> {
        let end = usize::from(!call.result().is_success());
        self.duration(
            &CALL_DURATION,
            &self.call_durations,
            &CALL_ENDS,
            end,
            exporter,
        )
    }

    #[inline]
    pub(super) fn attempt_duration(
        &self,
        attempt: &AttemptEnd<'_>,
        exporter: &E,
    ) -> Option<&E::Histogram> {
        let end = match (attempt.status(), attempt.cause()) {
            (AttemptStatus::Succeeded, _) => 0,
            (AttemptStatus::Failed, Some(Cause::Timeout)) => 2,
            (AttemptStatus::Failed | AttemptStatus::Aborted, _) => 1,
            (AttemptStatus::Cancelled, _) => 3,
        };
        let durations = &self.attempt_durations;
        self.duration(&ATTEMPT_DURATION, durations, &ATTEMPT_ENDS, end, exporter)
    }

    #[inline]
    fn duration<'s>(
        &self,
        metric: &'static Metric,
        histograms: &'s [OnceLock<E::Histogram>],
        ends: &[&'static str],
        end: usize,
        exporter: &E,
    ) -> Option<&'s E::Histogram> {
        let (histogram, end) = (histograms.get(end)?, ends.get(end)?);
        Some(histogram.get_or_init(|| exporter.histogram(metric, &[&self.name, end])))
    }

    #[inline]
    pub(super) fn in_flight(&self, exporter: &E) -> &E::Gauge {
        let gauge = || exporter.gauge(&CALLS_IN_FLIGHT, &[&self.name]);
        self.in_flight.get_or_init(gauge)
    }
}

fn class_index(class: Option<ErrorClass>) -> usize {
    class.map_or(0, |class| 1 + class as usize)
}

fn class_name(class: Option<ErrorClass>) -> &'static str {
    class.map_or("", ErrorClass::as_str)
}

//! Observers as a program would write them for itself.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Meter};
use redress::observe::{AttemptEnd, CallEnd, CallResult, Event, EventName, Interest, Observer};

/// What is needed to time calls and attempts.
pub(crate) const ENDS: Interest = Interest::ALL.without_starts().without_end_events();

/// What is needed to count calls and retries.
pub(crate) const COUNTS: Interest = ENDS.without_attempts().without_times();

/// Sees failures, and does nothing with them.
pub(crate) struct Failures;

impl Observer for Failures {
    fn on_event(&self, event: &Event<'_>) {
        black_box(event.attempt());
    }

    fn interest(&self) -> Interest {
        Interest::FAILURES
    }
}

/// An atomic counter for each result and for retries, and for attempts if it reads the exact clock.
pub(crate) struct Counters {
    results: [AtomicU64; CallResult::ALL.len()],
    retries: AtomicU64,
    attempts: AtomicU64,
    interest: Interest,
}

impl Counters {
    pub(crate) fn new(interest: Interest) -> Self {
        Self {
            results: Default::default(),
            retries: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            interest,
        }
    }
}

impl Observer for Counters {
    fn on_event(&self, event: &Event<'_>) {
        if event.name() == EventName::Retry {
            self.retries.fetch_add(1, Relaxed);
        }
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        black_box(attempt.duration());
        self.attempts.fetch_add(1, Relaxed);
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.results[call.result().index()].fetch_add(1, Relaxed);
    }

    fn interest(&self) -> Interest {
        self.interest
    }
}

/// Instruments of OpenTelemetry, bound to their attributes.
pub(crate) struct Bound {
    results: Vec<BoundCounter<u64>>,
    retries: BoundCounter<u64>,
    delay: BoundHistogram<f64>,
    retried: BoundHistogram<f64>,
    durations: Option<[BoundHistogram<f64>; 2]>,
}

impl Bound {
    pub(crate) fn new(meter: &Meter, durations: bool) -> Self {
        let attributes = attributes(CallResult::Success);
        let calls = meter.u64_counter("redress.calls").build();
        let histogram = |name| meter.f64_histogram(name).build().bind(&attributes);
        Self {
            results: CallResult::ALL
                .iter()
                .map(|result| calls.bind(&self::attributes(*result)))
                .collect(),
            retries: meter
                .u64_counter("redress.retries")
                .build()
                .bind(&attributes),
            delay: histogram("redress.retry.delay"),
            retried: histogram("redress.call.retries"),
            durations: durations
                .then(|| ["redress.call.duration", "redress.attempt.duration"].map(histogram)),
        }
    }
}

impl Observer for Bound {
    fn on_event(&self, event: &Event<'_>) {
        if event.name() == EventName::Retry {
            self.retries.add(1);
            self.delay.record(event.sleep().as_secs_f64());
        }
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        if let Some([_, attempts]) = &self.durations {
            attempts.record(attempt.duration().as_secs_f64());
        }
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.results[call.result().index()].add(1);
        if call.retries() > 0 {
            self.retried.record(f64::from(call.retries()));
        }
        if let Some([calls, _]) = &self.durations {
            calls.record(call.duration().as_secs_f64());
        }
    }

    fn interest(&self) -> Interest {
        match self.durations {
            Some(_) => ENDS,
            None => COUNTS,
        }
    }
}

/// A counter of OpenTelemetry that is given its attributes each time.
pub(crate) struct Unbound(pub(crate) Counter<u64>);

impl Observer for Unbound {
    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.0.add(1, &attributes(call.result()));
    }

    fn interest(&self) -> Interest {
        COUNTS
    }
}

fn attributes(result: CallResult) -> [KeyValue; 2] {
    [
        KeyValue::new("redress.operation", "load"),
        KeyValue::new("redress.result", result.as_str()),
    ]
}

use ::opentelemetry_0_33::metrics::{Counter, Histogram, Meter, UpDownCounter};

use super::series::{CounterSeries, HistogramSeries, LevelSeries, attributes};
use crate::contrib::shared_metrics::{
    ATTEMPT_DURATION, BUDGET_REMAINING, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT,
    CIRCUIT_STATE, CIRCUIT_TRANSITIONS, Exporter, Metric, RETRIES, RETRY_DELAY, STATES, Shift,
    budgets, circuits,
};

#[derive(Clone)]
pub(super) struct Instruments {
    calls: Counter<u64>,
    retries: Counter<u64>,
    transitions: Counter<u64>,
    call_retries: Histogram<f64>,
    retry_delay: Histogram<f64>,
    call_duration: Histogram<f64>,
    attempt_duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        observe_states(meter);
        Self {
            calls: counter(meter, &CALLS),
            retries: counter(meter, &RETRIES),
            transitions: counter(meter, &CIRCUIT_TRANSITIONS),
            call_retries: histogram(meter, &CALL_RETRIES),
            retry_delay: histogram(meter, &RETRY_DELAY),
            call_duration: histogram(meter, &CALL_DURATION),
            attempt_duration: histogram(meter, &ATTEMPT_DURATION),
            in_flight: meter
                .i64_up_down_counter(CALLS_IN_FLIGHT.otel)
                .with_description(CALLS_IN_FLIGHT.help)
                .with_unit(CALLS_IN_FLIGHT.unit)
                .build(),
        }
    }
}

fn counter(meter: &Meter, metric: &Metric) -> Counter<u64> {
    let counter = meter.u64_counter(metric.otel);
    counter
        .with_description(metric.help)
        .with_unit(metric.unit)
        .build()
}

fn histogram(meter: &Meter, metric: &Metric) -> Histogram<f64> {
    let histogram = meter.f64_histogram(metric.otel);
    let histogram = histogram
        .with_description(metric.help)
        .with_unit(metric.unit);
    histogram.with_boundaries(metric.buckets.to_vec()).build()
}

/// Has the meter ask for the breakers and budgets whenever it is read.
fn observe_states(meter: &Meter) {
    let gauge = |metric: &'static Metric| {
        let gauge = meter.u64_observable_gauge(metric.otel);
        gauge.with_description(metric.help).with_unit(metric.unit)
    };
    let states = gauge(&CIRCUIT_STATE).with_callback(|gauge| {
        for (name, now) in circuits() {
            for state in STATES {
                let value = u64::from(state == now);
                gauge.observe(value, &attributes(&CIRCUIT_STATE, &[&name, state.as_str()]));
            }
        }
    });
    let remaining = gauge(&BUDGET_REMAINING).with_callback(|gauge| {
        for (name, left) in budgets() {
            gauge.observe(u64::from(left), &attributes(&BUDGET_REMAINING, &[&name]));
        }
    });
    // The meter keeps them.
    let _ = (states.build(), remaining.build());
}

impl Exporter for Instruments {
    type Counter = CounterSeries;
    type Gauge = LevelSeries;
    type Histogram = HistogramSeries;

    const PUSHES: bool = false;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> CounterSeries {
        let counter = match metric.name {
            name if name == CALLS.name => &self.calls,
            name if name == RETRIES.name => &self.retries,
            _ => &self.transitions,
        };
        CounterSeries::new(counter, attributes(metric, values))
    }

    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> LevelSeries {
        LevelSeries::new(&self.in_flight, attributes(metric, values))
    }

    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> HistogramSeries {
        let histogram = match metric.name {
            name if name == CALL_RETRIES.name => &self.call_retries,
            name if name == RETRY_DELAY.name => &self.retry_delay,
            name if name == CALL_DURATION.name => &self.call_duration,
            _ => &self.attempt_duration,
        };
        HistogramSeries::new(histogram, attributes(metric, values))
    }

    #[inline]
    fn count(&self, counter: &CounterSeries) {
        counter.add(1);
    }

    #[inline]
    fn shift(&self, gauge: &LevelSeries, by: Shift) {
        gauge.add(match by {
            Shift::Up => 1,
            Shift::Down => -1,
        });
    }

    /// Nothing asks for it: the meter does.
    fn set(&self, _gauge: &LevelSeries, _value: u32) {}

    #[inline]
    fn record(&self, histogram: &HistogramSeries, value: f64) {
        histogram.record(value);
    }
}

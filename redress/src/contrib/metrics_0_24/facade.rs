use ::metrics_0_24::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, with_recorder};

use crate::contrib::shared_metrics::{Exporter, Metric, Shift};

const METADATA: Metadata<'static> = Metadata::new("redress", Level::INFO, None);

/// The recorder that is installed when a handle is asked for.
#[derive(Clone, Copy)]
pub(super) struct Facade;

impl Exporter for Facade {
    type Counter = Counter;
    type Gauge = Gauge;
    type Histogram = Histogram;

    const PUSHES: bool = true;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> Counter {
        with_recorder(|recorder| recorder.register_counter(&key(metric, values), &METADATA))
    }

    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Gauge {
        with_recorder(|recorder| recorder.register_gauge(&key(metric, values), &METADATA))
    }

    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Histogram {
        with_recorder(|recorder| recorder.register_histogram(&key(metric, values), &METADATA))
    }

    #[inline]
    fn count(&self, counter: &Counter) {
        counter.increment(1);
    }

    #[inline]
    fn shift(&self, gauge: &Gauge, by: Shift) {
        match by {
            Shift::Up => gauge.increment(1),
            Shift::Down => gauge.decrement(1),
        }
    }

    fn set(&self, gauge: &Gauge, value: u32) {
        gauge.set(value);
    }

    #[inline]
    fn record(&self, histogram: &Histogram, value: f64) {
        histogram.record(value);
    }
}

fn key(metric: &'static Metric, values: &[&str]) -> Key {
    let labels = metric.label_names().zip(values);
    let labels = labels.map(|(name, value)| Label::new(name, (*value).to_owned()));
    Key::from_parts(metric.name, labels.collect::<Vec<_>>())
}

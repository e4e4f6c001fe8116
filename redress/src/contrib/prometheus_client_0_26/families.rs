use std::fmt::Error;
use std::sync::Arc;

use ::prometheus_client_0_26::encoding::{DescriptorEncoder, EncodeMetric};
use ::prometheus_client_0_26::metrics::counter::Counter;
use ::prometheus_client_0_26::metrics::exemplar::HistogramWithExemplars;
use ::prometheus_client_0_26::metrics::family::{Family, MetricConstructor};
use ::prometheus_client_0_26::metrics::gauge::Gauge;
use ::prometheus_client_0_26::registry::Unit;

use super::labels::Labels;
use crate::contrib::shared_metrics::{
    ATTEMPT_DURATION, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT, CIRCUIT_TRANSITIONS,
    Exporter, Metric, RETRIES, RETRY_DELAY, Shift,
};

/// The label of an exemplar.
type TraceId = [(&'static str, String); 1];
type Histogram = HistogramWithExemplars<TraceId>;
type Histograms = Family<Labels, Histogram, Buckets>;

/// The metrics that are recorded as they come, each with all its series.
#[derive(Clone)]
pub(super) struct Families {
    pub(super) trace_id: Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>,
    counters: Arc<[(&'static Metric, Family<Labels, Counter>); 3]>,
    histograms: Arc<[(&'static Metric, Histograms); 4]>,
    in_flight: Family<Labels, Gauge>,
}

/// Makes histograms with these buckets.
#[derive(Clone)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl Families {
    pub(super) fn new() -> Self {
        let histograms = [
            &CALL_RETRIES,
            &RETRY_DELAY,
            &CALL_DURATION,
            &ATTEMPT_DURATION,
        ];
        Self {
            trace_id: None,
            counters: Arc::new(
                [&CALLS, &RETRIES, &CIRCUIT_TRANSITIONS].map(|metric| (metric, Family::default())),
            ),
            histograms: Arc::new(histograms.map(|metric| {
                let buckets = Buckets(metric.buckets);
                (metric, Family::new_with_constructor(buckets))
            })),
            in_flight: Family::default(),
        }
    }

    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        for (metric, counters) in &*self.counters {
            encode(encoder, metric, counters)?;
        }
        for (metric, histograms) in &*self.histograms {
            encode(encoder, metric, histograms)?;
        }
        encode(encoder, &CALLS_IN_FLIGHT, &self.in_flight)
    }
}

/// Shows the series of a metric, if it has any. The suffixes are the encoder's.
pub(super) fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    metric: &Metric,
    all: &impl EncodeMetric,
) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    let name = metric.name.trim_end_matches("_total");
    let (name, unit) = match name.strip_suffix("_seconds") {
        Some(name) => (name, Some(&Unit::Seconds)),
        None => (name, None),
    };
    let kind = all.metric_type();
    all.encode(encoder.encode_descriptor(name, metric.help, unit, kind)?)
}

fn find<F>(families: &[(&'static Metric, F)], metric: &Metric) -> Option<F>
where
    F: Clone,
{
    let (_, family) = families
        .iter()
        .find(|(known, _)| known.name == metric.name)?;
    Some(family.clone())
}

/// A handle of a metric that is not one of the families is shown nowhere.
impl Exporter for Families {
    type Counter = Counter;
    type Gauge = Gauge;
    type Histogram = Histogram;

    const PUSHES: bool = false;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> Counter {
        let family = find(&*self.counters, metric).unwrap_or_default();
        family.get_or_create_owned(&Labels::new(metric, values))
    }

    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Gauge {
        let labels = Labels::new(metric, values);
        self.in_flight.get_or_create_owned(&labels)
    }

    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Histogram {
        let family = find(&*self.histograms, metric)
            .unwrap_or_else(|| Family::new_with_constructor(Buckets(metric.buckets)));
        family.get_or_create_owned(&Labels::new(metric, values))
    }

    #[inline]
    fn count(&self, counter: &Counter) {
        counter.inc();
    }

    #[inline]
    fn shift(&self, gauge: &Gauge, by: Shift) {
        match by {
            Shift::Up => gauge.inc(),
            Shift::Down => gauge.dec(),
        };
    }

    fn set(&self, gauge: &Gauge, value: u32) {
        gauge.set(i64::from(value));
    }

    #[inline]
    fn record(&self, histogram: &Histogram, value: f64) {
        let trace_id = self.trace_id.as_ref().and_then(|trace_id| trace_id());
        let exemplar = trace_id.map(|trace_id| [("trace_id", trace_id)]);
        histogram.observe(value, exemplar, None);
    }
}

use std::sync::Arc;

use ::prometheus_0_14::core::{Collector, Desc};
use ::prometheus_0_14::proto::MetricFamily;
use ::prometheus_0_14::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Result,
};

use crate::contrib::shared_metrics::{
    ATTEMPT_DURATION, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT, CIRCUIT_TRANSITIONS,
    Exporter, Metric, RETRIES, RETRY_DELAY, Shift,
};

/// The metrics that are recorded as they come, each with all its series.
#[derive(Clone)]
pub(super) struct Families(Arc<Vec<Family>>);

struct Family {
    metric: &'static Metric,
    kind: Kind,
}

enum Kind {
    Counter(IntCounterVec),
    Gauge(IntGaugeVec),
    Histogram(HistogramVec),
}

impl Families {
    pub(super) fn new() -> Result<Self> {
        let mut all = Vec::new();
        for metric in [&CALLS, &RETRIES, &CIRCUIT_TRANSITIONS] {
            let counter = IntCounterVec::new(opts(metric), &labels(metric))?;
            let kind = Kind::Counter(counter);
            all.push(Family { metric, kind });
        }
        for metric in [
            &CALL_RETRIES,
            &RETRY_DELAY,
            &CALL_DURATION,
            &ATTEMPT_DURATION,
        ] {
            let opts = HistogramOpts::from(opts(metric)).buckets(metric.buckets.to_vec());
            let kind = Kind::Histogram(HistogramVec::new(opts, &labels(metric))?);
            all.push(Family { metric, kind });
        }
        let kind = Kind::Gauge(gauges(&CALLS_IN_FLIGHT)?);
        let metric = &CALLS_IN_FLIGHT;
        all.push(Family { metric, kind });
        Ok(Self(Arc::new(all)))
    }

    pub(super) fn desc(&self) -> Vec<&Desc> {
        self.collectors().flat_map(Collector::desc).collect()
    }

    pub(super) fn collect(&self) -> Vec<MetricFamily> {
        self.collectors().flat_map(Collector::collect).collect()
    }

    fn collectors(&self) -> impl Iterator<Item = &dyn Collector> {
        self.0.iter().map(|family| match &family.kind {
            Kind::Counter(all) => all as &dyn Collector,
            Kind::Gauge(all) => all,
            Kind::Histogram(all) => all,
        })
    }

    fn kind(&self, metric: &Metric) -> Option<&Kind> {
        let family = self
            .0
            .iter()
            .find(|family| family.metric.name == metric.name)?;
        Some(&family.kind)
    }
}

/// Creates a metric that is a gauge.
pub(super) fn gauges(metric: &Metric) -> Result<IntGaugeVec> {
    IntGaugeVec::new(opts(metric), &labels(metric))
}

fn opts(metric: &Metric) -> Opts {
    Opts::new(metric.name, metric.help)
}

fn labels(metric: &Metric) -> Vec<&'static str> {
    metric.label_names().collect()
}

/// A handle is `None` only if the metric is not one of the families, or has other labels.
impl Exporter for Families {
    type Counter = Option<IntCounter>;
    type Gauge = Option<IntGauge>;
    type Histogram = Option<Histogram>;

    const PUSHES: bool = false;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> Option<IntCounter> {
        match self.kind(metric)? {
            Kind::Counter(all) => all.get_metric_with_label_values(values).ok(),
            Kind::Gauge(_) | Kind::Histogram(_) => None,
        }
    }

    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Option<IntGauge> {
        match self.kind(metric)? {
            Kind::Gauge(all) => all.get_metric_with_label_values(values).ok(),
            Kind::Counter(_) | Kind::Histogram(_) => None,
        }
    }

    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Option<Histogram> {
        match self.kind(metric)? {
            Kind::Histogram(all) => all.get_metric_with_label_values(values).ok(),
            Kind::Counter(_) | Kind::Gauge(_) => None,
        }
    }

    #[inline]
    fn count(&self, counter: &Option<IntCounter>) {
        if let Some(counter) = counter {
            counter.inc();
        }
    }

    #[inline]
    fn shift(&self, gauge: &Option<IntGauge>, by: Shift) {
        match (gauge, by) {
            (Some(gauge), Shift::Up) => gauge.inc(),
            (Some(gauge), Shift::Down) => gauge.dec(),
            (None, _) => {}
        }
    }

    fn set(&self, gauge: &Option<IntGauge>, value: u32) {
        if let Some(gauge) = gauge {
            gauge.set(i64::from(value));
        }
    }

    #[inline]
    fn record(&self, histogram: &Option<Histogram>, value: f64) {
        if let Some(histogram) = histogram {
            histogram.observe(value);
        }
    }
}

/// What is said of a metric, wherever it goes.
#[derive(Debug)]
pub(in crate::contrib) struct Metric {
    /// Its name for Prometheus, with the suffixes for its unit and for a counter.
    pub(in crate::contrib) name: &'static str,
    /// Its name for OpenTelemetry and StatsD.
    pub(in crate::contrib) otel: &'static str,
    /// Its unit, in UCUM as OpenTelemetry writes it: `s`, or what is counted in braces.
    pub(in crate::contrib) unit: &'static str,
    pub(in crate::contrib) help: &'static str,
    pub(in crate::contrib) labels: &'static [Label],
    /// The upper bounds of a histogram's buckets; none for a counter or a gauge.
    pub(in crate::contrib) buckets: &'static [f64],
}

/// The name of a label.
#[derive(Debug)]
pub(in crate::contrib) struct Label {
    pub(in crate::contrib) name: &'static str,
    pub(in crate::contrib) otel: &'static str,
}

impl Metric {
    /// Returns the names of its labels for Prometheus.
    pub(in crate::contrib) fn label_names(&self) -> impl Iterator<Item = &'static str> {
        self.labels.iter().map(|label| label.name)
    }
}

/// Makes handles of metrics, and records with them.
///
/// A handle is made once for each series and kept. Values of labels come in the order of
/// [`Metric::labels`]; one that is not known is empty.
pub(in crate::contrib) trait Exporter: Clone + Send + Sync + 'static {
    type Counter: Send + Sync;
    type Gauge: Send + Sync;
    type Histogram: Send + Sync;

    /// Its gauges of breakers and budgets have to be set: nothing asks for them.
    const PUSHES: bool;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> Self::Counter;
    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Self::Gauge;
    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Self::Histogram;

    /// Adds one.
    fn count(&self, counter: &Self::Counter);
    /// Adds one, or takes one away.
    fn shift(&self, gauge: &Self::Gauge, by: Shift);
    /// Sets a gauge of a breaker or a budget, if it [pushes](Self::PUSHES).
    fn set(&self, gauge: &Self::Gauge, value: u32);
    /// Adds a value: seconds, or a count.
    fn record(&self, histogram: &Self::Histogram, value: f64);
}

/// A change of a gauge by one.
#[derive(Debug, Clone, Copy)]
pub(in crate::contrib) enum Shift {
    Up,
    Down,
}

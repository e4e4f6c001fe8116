//! One series of an instrument each: bound to its attributes if the feature `opentelemetry-0_33-bound` is
//! on, else beside them.

use ::opentelemetry_0_33::KeyValue;
#[cfg(feature = "opentelemetry-0_33-bound")]
use ::opentelemetry_0_33::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter};
use ::opentelemetry_0_33::metrics::{Counter, Histogram, UpDownCounter};

use crate::contrib::shared_metrics::Metric;

/// Returns the attributes of a series: what has no value is left out.
pub(super) fn attributes(metric: &Metric, values: &[&str]) -> Vec<KeyValue> {
    let all = metric.labels.iter().zip(values);
    all.filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| KeyValue::new(label.otel, (*value).to_owned()))
        .collect()
}

/// A series without the attributes: an instrument that is bound to them, or both side by side.
macro_rules! series {
    ($series:ident, $instrument:ident, $bound:ident, $value:ty, $record:ident) => {
        #[cfg(not(feature = "opentelemetry-0_33-bound"))]
        pub(super) struct $series($instrument<$value>, Vec<KeyValue>);

        #[cfg(feature = "opentelemetry-0_33-bound")]
        pub(super) struct $series($bound<$value>);

        impl $series {
            #[cfg(not(feature = "opentelemetry-0_33-bound"))]
            fn of(instrument: &$instrument<$value>, attributes: Vec<KeyValue>) -> Self {
                Self(instrument.clone(), attributes)
            }

            #[cfg(feature = "opentelemetry-0_33-bound")]
            #[allow(clippy::needless_pass_by_value, reason = "the other one keeps them")]
            fn of(instrument: &$instrument<$value>, attributes: Vec<KeyValue>) -> Self {
                Self(instrument.bind(&attributes))
            }

            #[cfg(not(feature = "opentelemetry-0_33-bound"))]
            #[inline]
            pub(super) fn $record(&self, value: $value) {
                self.0.$record(value, &self.1);
            }

            #[cfg(feature = "opentelemetry-0_33-bound")]
            #[inline]
            pub(super) fn $record(&self, value: $value) {
                self.0.$record(value);
            }
        }
    };
}

series!(CounterSeries, Counter, BoundCounter, u64, add);
series!(LevelSeries, UpDownCounter, BoundUpDownCounter, i64, add);
series!(HistogramSeries, Histogram, BoundHistogram, f64, record);

impl CounterSeries {
    /// Creates the series at zero.
    pub(super) fn new(instrument: &Counter<u64>, attributes: Vec<KeyValue>) -> Self {
        let series = Self::of(instrument, attributes);
        series.add(0);
        series
    }
}

impl LevelSeries {
    pub(super) fn new(instrument: &UpDownCounter<i64>, attributes: Vec<KeyValue>) -> Self {
        Self::of(instrument, attributes)
    }
}

impl HistogramSeries {
    pub(super) fn new(instrument: &Histogram<f64>, attributes: Vec<KeyValue>) -> Self {
        Self::of(instrument, attributes)
    }
}

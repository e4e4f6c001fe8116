use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ::cadence_1::prelude::{Counted, Distributed, Gauged};
use ::cadence_1::{Metric as Sent, MetricBuilder, StatsdClient};

use crate::contrib::shared_metrics::{Exporter, Metric, Shift};

/// A tag with its colon, after which DogStatsD cuts it off.
const LONGEST_TAG: usize = 200;

#[derive(Clone)]
pub(super) struct Statsd(pub(super) Arc<StatsdClient>);

/// The name and the tags of a series.
pub(super) struct Series {
    name: &'static str,
    tags: Box<[(&'static str, String)]>,
}

/// A series with its value, which is sent whole: DogStatsD takes no differences.
pub(super) struct Level {
    series: Series,
    value: AtomicI64,
}

impl Series {
    fn new(metric: &'static Metric, values: &[&str]) -> Self {
        let tags = metric.label_names().zip(values);
        Self {
            name: metric.otel,
            tags: tags
                .filter(|(_, value)| !value.is_empty())
                .map(|(tag, value)| (tag, clean(tag, value)))
                .collect(),
        }
    }

    fn send<'s, T: Sent + From<String>>(&'s self, metric: MetricBuilder<'s, 's, T>) {
        let tagged = self
            .tags
            .iter()
            .fold(metric, |metric, (tag, value)| metric.with_tag(tag, value));
        tagged.send();
    }
}

/// Returns a value as DogStatsD takes it: a name given by code may have commas, bars or line ends, which
/// would end the tag or the datagram.
fn clean(tag: &str, value: &str) -> String {
    let longest = LONGEST_TAG - tag.len() - 1;
    let taken = |c: char| c.is_ascii_alphanumeric() || "_-:./".contains(c);
    let clean = value.chars().map(|c| if taken(c) { c } else { '_' });
    clean.take(longest).collect()
}

impl Exporter for Statsd {
    type Counter = Series;
    type Gauge = Level;
    type Histogram = Series;

    const PUSHES: bool = true;

    fn counter(&self, metric: &'static Metric, values: &[&str]) -> Series {
        Series::new(metric, values)
    }

    fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Level {
        Level {
            series: Series::new(metric, values),
            value: AtomicI64::new(0),
        }
    }

    fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Series {
        Series::new(metric, values)
    }

    fn count(&self, counter: &Series) {
        counter.send(self.0.count_with_tags(counter.name, 1_i64));
    }

    fn shift(&self, gauge: &Level, by: Shift) {
        let by = match by {
            Shift::Up => 1,
            Shift::Down => -1,
        };
        gauge.value.fetch_add(by, Ordering::Relaxed);
        self.send_level(gauge);
    }

    fn set(&self, gauge: &Level, value: u32) {
        gauge.value.store(i64::from(value), Ordering::Relaxed);
        self.send_level(gauge);
    }

    fn record(&self, histogram: &Series, value: f64) {
        histogram.send(self.0.distribution_with_tags(histogram.name, value));
    }
}

impl Statsd {
    /// Sends a value until it is the present one: of threads that change it at once, the last to send has
    /// sent what is left.
    fn send_level(&self, gauge: &Level) {
        let mut sent = None;
        loop {
            let value = gauge.value.load(Ordering::Relaxed);
            if sent == Some(value) {
                return;
            }
            let shown = u64::try_from(value).unwrap_or(0);
            gauge
                .series
                .send(self.0.gauge_with_tags(gauge.series.name, shown));
            sent = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn nothing_of_a_value_ends_the_tag_or_the_datagram() {
        assert_eq!(clean("operation", "GET /users/{id}"), "GET_/users/_id_");
        assert_eq!(clean("operation", "a,b|c#d\ne:f"), "a_b_c_d_e:f");
        assert_eq!(clean("operation", "größe"), "gr__e");
        let long = clean("operation", &"x".repeat(500));
        assert_eq!(long.len() + "operation:".len(), 200);
    }
}

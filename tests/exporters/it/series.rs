//! Series in the text that Prometheus scrapes.

use std::collections::BTreeMap;

/// The samples of a text, each by its name with its labels in alphabetical order.
#[derive(Debug)]
pub(crate) struct Series(BTreeMap<String, f64>);

impl Series {
    /// Reads the lines that are no comments.
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut all = BTreeMap::new();
        for line in lines {
            // An exemplar follows the value.
            let (sample, _) = line.split_once(" # ").unwrap_or((line, ""));
            let (series, value) = sample.rsplit_once(' ').unwrap();
            let known = all.insert(sorted(series), value.parse().unwrap());
            assert!(known.is_none(), "two samples of {series}");
        }
        Self(all)
    }

    pub(crate) fn get(&self, series: &str) -> Option<f64> {
        self.0.get(&sorted(series)).copied()
    }

    /// Asserts the value of each of the series, and that the metrics of these names have no others.
    #[track_caller]
    pub(crate) fn assert_only(&self, metrics: &[&str], expected: &[(&str, f64)]) {
        let of_metrics = |series: &&String| {
            let name = series.split('{').next().unwrap();
            metrics.contains(&name)
        };
        let here: BTreeMap<_, _> = self
            .0
            .iter()
            .filter(|(series, _)| of_metrics(series))
            .collect();
        let expected: BTreeMap<_, _> = expected
            .iter()
            .map(|(s, value)| (sorted(s), value))
            .collect();
        assert_eq!(
            here,
            expected
                .iter()
                .map(|(series, value)| (series, *value))
                .collect()
        );
    }

    /// Returns the names of the labels of each series of a metric.
    pub(crate) fn label_names(&self, metric: &str) -> Vec<Vec<&str>> {
        let of_metric = self
            .0
            .keys()
            .filter_map(|series| series.strip_prefix(metric)?.strip_prefix('{'));
        of_metric
            .map(|labels| {
                labels
                    .split(',')
                    .map(|label| label.split('=').next().unwrap())
                    .collect()
            })
            .collect()
    }

    /// Returns the samples of a metric, each with the value of one of its labels.
    pub(crate) fn by_label<'s>(
        &'s self,
        metric: &'s str,
        label: &'s str,
    ) -> impl Iterator<Item = (&'s str, f64)> {
        self.0.iter().filter_map(move |(series, value)| {
            let labels = series.strip_prefix(metric)?.strip_prefix('{')?;
            let labels = labels.strip_suffix('}')?.split(',');
            let mut of_name = labels.filter_map(|pair| pair.strip_prefix(label)?.strip_prefix('='));
            Some((of_name.next()?.trim_matches('"'), *value))
        })
    }

    /// Counts the series of calls. Those of breakers and budgets are of the whole process, so there may be
    /// some of a test that runs beside this one.
    pub(crate) fn count_of_calls(&self) -> usize {
        let of_calls = |series: &&String| series.contains("operation=");
        self.0.keys().filter(of_calls).count()
    }
}

/// Sorts the labels of a series. No value in the tests has a comma.
fn sorted(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else {
        return series.to_owned();
    };
    let mut labels: Vec<_> = labels.strip_suffix('}').unwrap().split(',').collect();
    labels.sort_unstable();
    format!("{name}{{{}}}", labels.join(","))
}

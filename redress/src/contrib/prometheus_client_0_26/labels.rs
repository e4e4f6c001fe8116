use std::fmt::Error;

use ::prometheus_client_0_26::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};

use crate::contrib::shared_metrics::Metric;

/// The labels of a series: the values in the order in which the metric names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Labels(Vec<(&'static str, String)>);

impl Labels {
    pub(super) fn new(metric: &Metric, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned());
        Self(metric.label_names().zip(values).collect())
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), Error> {
        for label in &self.0 {
            (label.0, label.1.as_str()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

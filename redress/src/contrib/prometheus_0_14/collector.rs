use ::prometheus_0_14::core::{Collector, Desc};
use ::prometheus_0_14::proto::MetricFamily;
use ::prometheus_0_14::{IntGaugeVec, Result};

use super::families::{Families, gauges};
use crate::contrib::shared_metrics::{
    BUDGET_REMAINING, CIRCUIT_STATE, Recorder, STATES, budgets, circuits,
};

/// What a registry asks: the families, and the breakers and budgets as they are now.
pub(super) struct RedressCollector {
    recorder: Recorder<Families>,
    /// Of these, only the descriptions are used. Each scrape makes its own: there may be two at once, and
    /// a breaker that is gone must be gone there.
    described: [IntGaugeVec; 2],
}

impl RedressCollector {
    pub(super) fn new(recorder: Recorder<Families>) -> Result<Self> {
        let described = [gauges(&CIRCUIT_STATE)?, gauges(&BUDGET_REMAINING)?];
        Ok(Self {
            recorder,
            described,
        })
    }
}

impl Collector for RedressCollector {
    fn desc(&self) -> Vec<&Desc> {
        let mut all = self.recorder.exporter.desc();
        all.extend(self.described.iter().flat_map(Collector::desc));
        all
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.recorder.meet_breakers();
        let mut all = self.recorder.exporter.collect();
        // They were made before, so there is no error to tell of.
        all.extend(states().unwrap_or_default());
        all
    }
}

fn states() -> Result<Vec<MetricFamily>> {
    let (states, remaining) = (gauges(&CIRCUIT_STATE)?, gauges(&BUDGET_REMAINING)?);
    for (name, now) in circuits() {
        for state in STATES {
            let gauge = states.get_metric_with_label_values(&[name.as_str(), state.as_str()])?;
            gauge.set(i64::from(state == now));
        }
    }
    for (name, left) in budgets() {
        let gauge = remaining.get_metric_with_label_values(&[name])?;
        gauge.set(i64::from(left));
    }
    let mut all = states.collect();
    all.extend(remaining.collect());
    Ok(all)
}

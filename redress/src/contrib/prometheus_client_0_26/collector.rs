use std::fmt::{self, Error};

use ::prometheus_client_0_26::collector::Collector;
use ::prometheus_client_0_26::encoding::DescriptorEncoder;
use ::prometheus_client_0_26::metrics::family::Family;
use ::prometheus_client_0_26::metrics::gauge::Gauge;

use super::families::{Families, encode};
use super::labels::Labels;
use crate::contrib::shared_metrics::{
    BUDGET_REMAINING, CIRCUIT_STATE, Recorder, STATES, budgets, circuits,
};

/// What a registry asks: the families, and the breakers and budgets as they are now.
pub(super) struct RedressCollector {
    recorder: Recorder<Families>,
}

impl RedressCollector {
    pub(super) const fn new(recorder: Recorder<Families>) -> Self {
        Self { recorder }
    }
}

impl Collector for RedressCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        self.recorder.meet_breakers();
        self.recorder.exporter.encode(&mut encoder)?;
        let states = Gauges::default();
        for (name, now) in circuits() {
            for state in STATES {
                let labels = Labels::new(&CIRCUIT_STATE, &[&name, state.as_str()]);
                states.get_or_create(&labels).set(i64::from(state == now));
            }
        }
        encode(&mut encoder, &CIRCUIT_STATE, &states)?;
        let remaining = Gauges::default();
        for (name, left) in budgets() {
            let labels = Labels::new(&BUDGET_REMAINING, &[&name]);
            remaining.get_or_create(&labels).set(i64::from(left));
        }
        encode(&mut encoder, &BUDGET_REMAINING, &remaining)
    }
}

/// Made for each scrape: a breaker that is gone must be gone there.
type Gauges = Family<Labels, Gauge>;

impl fmt::Debug for RedressCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedressCollector").finish_non_exhaustive()
    }
}

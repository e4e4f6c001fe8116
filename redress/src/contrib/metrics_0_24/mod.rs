//! Metrics for whatever records for the facade [`metrics`](::metrics_0_24) 0.24, such as
//! `metrics-exporter-prometheus` and `metrics-exporter-dogstatsd`. Feature `metrics-0_24`.
//!
//! In `main`, once the recorder is installed and before the first call:
//!
//! ```
//! use redress::contrib::metrics_0_24::Metrics;
//! use redress::observe;
//!
//! # fn main() -> Result<(), observe::DefaultIsSet> {
//! // let prometheus = PrometheusBuilder::new().install_recorder()?;
//! observe::set_default(Metrics::new())?;
//! # Ok(())
//! # }
//! ```
//!
//! The handles are asked for once for each series and kept, never looked up when something is recorded.
//! So the recorder has to be there first: a handle that was asked for without one records nothing, ever.
//! For the same reason leave `idle_timeout` of `metrics-exporter-prometheus` alone: a series that it has
//! dropped does not come back.
//!
//! # Buckets
//!
//! `metrics-exporter-prometheus` shows a histogram as a summary unless it is told its buckets, and the
//! panels and alerts of `redress/observability` need buckets. It is told before it is installed:
//!
//! ```ignore
//! use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
//! use redress::contrib::metrics_0_24::BUCKETS;
//!
//! let mut builder = PrometheusBuilder::new();
//! for (histogram, buckets) in BUCKETS {
//!     builder = builder.set_buckets_for_metric(Matcher::Full(histogram.to_owned()), buckets)?;
//! }
//! let prometheus = builder.install_recorder()?;
//! ```
//!
//! # Gauges of breakers and budgets
//!
//! Nothing asks this facade's gauges for a value: they are what they were last set to. The state of a
//! breaker is set whenever it changes, if this is the [default observer](crate::observe::set_default).
//! What budgets allow changes with each call; [`refresh`](Metrics::refresh) sets all of them, so call it
//! right before each scrape, or every few seconds where an exporter pushes.
//!
//! # What is recorded
//!
//! The metrics have the names, the labels and the meaning that they have in
//! `redress/observability/metrics.tsv`:
//!
//! | metric | labels | when |
//! |---|---|---|
//! | `redress_calls_total` | `operation`, `result`, `class` | always |
//! | `redress_retries_total` | `operation`, `class`, `cause` | always |
//! | `redress_call_retries`, a histogram | `operation` | always, but for calls without a retry |
//! | `redress_retry_delay_seconds`, a histogram | `operation` | always |
//! | `redress_call_duration_seconds`, a histogram | `operation`, `result`: `success` or `failure` | [`durations`](Metrics::durations) |
//! | `redress_attempt_duration_seconds`, a histogram | `operation`, `result`: `success`, `failure`, `timeout` or `cancelled` | [`durations`](Metrics::durations) |
//! | `redress_calls_in_flight` | `operation` | [`in_flight`](Metrics::in_flight) |
//! | `redress_circuit_state` | `breaker`, `state` | of breakers with a [name](crate::CircuitBreaker::name) |
//! | `redress_circuit_transitions_total` | `breaker`, `to` | the same, if it is the [default](crate::observe::set_default) observer |
//! | `redress_budget_remaining` | `budget` | of budgets with a [name](crate::Budget::name), by [`refresh`](Metrics::refresh) |
//!
//! Every label is there in every series, and empty where there is nothing to say. An observer tells 200
//! names of operations apart; any further one is `other`. With the feature `tracing-0_1` or `log-0_4` the
//! log says once which name was the first of them.

mod facade;

use ::metrics_0_24::{Unit, with_recorder};

use self::facade::Facade;
use super::shared_metrics::{
    ATTEMPT_DURATION, BUDGET_REMAINING, CALL_DURATION, CALL_RETRIES, CALLS, CALLS_IN_FLIGHT,
    CIRCUIT_STATE, CIRCUIT_TRANSITIONS, Metric, RETRIES, RETRY_DELAY, Recorder, metrics_observer,
};

/// The upper bounds of the buckets of each histogram: see the [module](self#buckets).
pub const BUCKETS: [(&str, &[f64]); 4] = [
    (CALL_RETRIES.name, CALL_RETRIES.buckets),
    (RETRY_DELAY.name, RETRY_DELAY.buckets),
    (CALL_DURATION.name, CALL_DURATION.buckets),
    (ATTEMPT_DURATION.name, ATTEMPT_DURATION.buckets),
];

/// Records calls with the recorder that is installed. See the [module](self).
///
/// A clone records to the same series.
#[derive(Clone)]
pub struct Metrics {
    recorder: Recorder<Facade>,
}

impl Metrics {
    /// Creates the observer, and describes its metrics to the recorder.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::contrib::metrics_0_24::Metrics;
    ///
    /// let metrics = Metrics::new().durations().in_flight();
    /// let first = Policy::builder().operation("load_order").on_event(metrics.clone()).build()?;
    /// let second = Policy::builder().operation("save_order").on_event(metrics).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        describe();
        Self {
            recorder: Recorder::new(Facade),
        }
    }

    /// Sets the gauges of all breakers and budgets that have a name to what they are now, and makes the
    /// counters of the breakers' changes, so that these start at zero.
    ///
    /// ```
    /// use redress::contrib::metrics_0_24::Metrics;
    ///
    /// let metrics = Metrics::new();
    /// // Where the program answers a scrape:
    /// metrics.refresh();
    /// // prometheus.render()
    /// ```
    pub fn refresh(&self) {
        self.recorder.meet_breakers();
        self.recorder.push_states();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

metrics_observer!(Metrics);

fn describe() {
    let unit = |metric: &Metric| match metric.unit {
        "s" => Unit::Seconds,
        _ => Unit::Count,
    };
    with_recorder(|recorder| {
        for metric in [&CALLS, &RETRIES, &CIRCUIT_TRANSITIONS] {
            recorder.describe_counter(metric.name.into(), Some(unit(metric)), metric.help.into());
        }
        for metric in [
            &CALL_RETRIES,
            &RETRY_DELAY,
            &CALL_DURATION,
            &ATTEMPT_DURATION,
        ] {
            recorder.describe_histogram(metric.name.into(), Some(unit(metric)), metric.help.into());
        }
        for metric in [&CALLS_IN_FLIGHT, &CIRCUIT_STATE, &BUDGET_REMAINING] {
            recorder.describe_gauge(metric.name.into(), Some(unit(metric)), metric.help.into());
        }
    });
}
